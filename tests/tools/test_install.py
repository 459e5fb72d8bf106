"""Installing what an extra brings: how far it is, how it ends, and where it must not begin."""

import signal
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from taxiway.core.errors import MissingDependency, TaxiwayError
from taxiway.core.extras import INSTALLED
from taxiway.core.tool import QuietJob, Stopped
from taxiway.tools import install
from taxiway.tools.install import Install

SAID: list[tuple[float, float, str]] = []


class Told(QuietJob):
    """A job that keeps what it is told, and is stopped by a word of it."""

    def __init__(self, folder: Path, until: str = "never") -> None:
        super().__init__(folder)
        self.until = until
        SAID.clear()

    def progress(self, done: float, total: float, message: str = "", preview: Any = None) -> None:
        SAID.append((done, total, message))
        if self.until in message:
            raise Stopped("Stopped.")


@pytest.fixture
def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Has a script stand for pip; its arguments go into a file."""

    def made(script: str) -> Path:
        asked = tmp_path / "asked"
        text = f"import sys\nopen({str(asked)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
        (tmp_path / "pip.py").write_text(text + script)
        python = tmp_path / "python"
        paths = f"PYTHONPATH={tmp_path} PYTHONUNBUFFERED=1"
        python.write_text(f'#!/bin/sh\n{paths} exec {sys.executable} "$@"\n')
        python.chmod(0o755)
        monkeypatch.setattr(install.sys, "executable", str(python))
        return asked

    monkeypatch.setattr(install, "check_pip", lambda extra: None)
    monkeypatch.setattr(install, "wanted", lambda extra, package: "")
    return made


LINES = """
print("Collecting torch==2.13.0")
print("  Downloading torch-2.13.0-cp311-linux.whl (190 MB)")
print("Progress 0 of 190"); print("Progress 95 of 190")
print("Successfully installed torch-2.13.0")
"""


def test_what_pip_says_is_told(pip: Any, tmp_path: Path) -> None:
    asked = pip(LINES)
    assert Install().run(None, {"extra": "train"}, Told(tmp_path)) == {"installed": "train"}
    assert (95, 190, "Downloads torch.") in SAID
    assert (0, 1, "Collecting torch==2.13.0") in SAID
    assert SAID[-1] == (1, 1, "Installed.")
    assert asked.read_text().endswith("taxiway[train]\n")


def test_a_failure_is_pips_last_word(pip: Any, tmp_path: Path) -> None:
    pip("print('ERROR: No matching distribution found for torch.'); sys.exit(1)")
    with pytest.raises(TaxiwayError, match=r"pip could not install it: No matching .* torch\.$"):
        Install().run(None, {"extra": "train"}, Told(tmp_path))


def test_a_network_that_is_not_there_is_said(pip: Any, tmp_path: Path) -> None:
    """pip's last word is then that there is no such package."""
    pip(
        "print('WARNING: Retrying (Retry(total=0)) after connection broken by NewConn...')\n"
        "print('ERROR: No matching distribution found for torch'); sys.exit(1)"
    )
    with pytest.raises(TaxiwayError, match=r"network does not answer\. .* No matching distr"):
        Install().run(None, {"extra": "train"}, Told(tmp_path))


@pytest.mark.skipif(sys.platform == "win32", reason="pip is killed there")
def test_a_stop_ends_pip_as_ctrl_c_does(pip: Any, tmp_path: Path) -> None:
    # As in the process of a job, which leaves Ctrl-C to the server.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    ended = tmp_path / "ended"
    pip(
        "import time\ntry: print('Collecting torch', flush=True); time.sleep(60)\n"
        f"except KeyboardInterrupt: open({str(ended)!r}, 'w').close()\n"
    )
    try:
        with pytest.raises(Stopped):
            Install().run(None, {"extra": "train"}, Told(tmp_path, "Collecting"))
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.exists()


def test_builds_without_cuda_come_from_their_own_index(
    pip: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = pip("sys.exit('--index-url' in sys.argv)")  # which cannot be reached
    monkeypatch.setattr(install, "wanted", lambda extra, package: "torch==2.13.0")
    monkeypatch.setattr(install, "is_here", lambda module: False)
    monkeypatch.setattr(install, "wants_processor_build", lambda: True)
    Install().run(None, {"extra": "torch"}, Told(tmp_path))
    first, second = asked.read_text().splitlines()
    assert f"torch==2.13.0 --index-url {install.PROCESSORS}" in first
    assert second.endswith("taxiway[torch]")
    assert any(message.endswith("brings the usual one, up to 5 GB.") for _, _, message in SAID)
    monkeypatch.setattr(install, "USUAL", 10**9)
    with pytest.raises(TaxiwayError, match="takes 1000000000 MB of disk"):
        Install().run(None, {"extra": "torch"}, Told(tmp_path))
    assert "taxiway[torch]" not in asked.read_text().splitlines()[-1]


def test_where_it_must_not_begin_it_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pip", None)
    with pytest.raises(MissingDependency, match="pip is missing: .* -m ensurepip"):
        Install().run(None, {"extra": "train"}, Told(tmp_path))
    monkeypatch.delitem(sys.modules, "pip")
    (tmp_path / "EXTERNALLY-MANAGED").touch()
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    with pytest.raises(MissingDependency, match="Your system manages the packages"):
        Install().run(None, {"extra": "train"}, Told(tmp_path))
    monkeypatch.setattr(install, "check_pip", lambda extra: None)
    monkeypatch.setitem(INSTALLED, "train", ("training", 10**9, 0))
    with pytest.raises(TaxiwayError, match="takes 1000000000 MB of disk"):
        Install().run(None, {"extra": "train"}, Told(tmp_path))
    assert SAID == []


def test_what_an_extra_asks_for_is_read_from_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ['torch==2.13.0; extra == "train"', "torchvision; extra == 'train'", "numpy>=1.26"]
    monkeypatch.setattr(install, "requires", lambda name: lines)
    assert install.wanted("train", "torch") == "torch==2.13.0"
    assert install.wanted("video", "torch") == ""
