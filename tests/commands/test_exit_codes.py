"""The exit codes that docs/commands.md tells; the others are tested with what ends so."""

import re
import subprocess
import sys

import pytest

from command_line import taxiway
from paths import ROOT
from taxiway.commands import doctor

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")


def test_all_are_told() -> None:
    told = (ROOT / "docs" / "commands.md").read_text().partition("## Exit codes")[2]
    assert re.findall(r"^\| (\d+) \|", told, re.MULTILINE) == ["0", "1", "2", "130"]


def test_ctrl_c_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(parsed: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "run", interrupted)
    assert taxiway("doctor") == (130, "", "")


@POSIX
def test_whoever_stops_reading_is_no_error() -> None:
    command = f"{sys.executable} -m taxiway --help | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: taxiway")
