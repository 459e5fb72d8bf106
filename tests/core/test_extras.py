"""What an extra brings is missed in one sentence, before anything begins."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from taxiway.core import extras
from taxiway.core.errors import MissingDependency
from taxiway.core.faults import failure
from taxiway.jobs.worker import offer

BLOCKER = """
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = classmethod(
    lambda cls, name, path=None, target=None:
        None if name.partition(".")[0] in ("torch", "av") else find(name, path, target)
)
from taxiway.cli import main
for line in {lines!r}:
    print(main(line.split()), flush=True)
"""
NEEDING = (
    "project nowhere.pkl photo.png --out OUT",
    "metrics a b",
    "train nowhere.zip --out OUT",
)


def test_without_pytorch_every_command_says_what_brings_it(tmp_path: Path) -> None:
    lines = [line.replace("OUT", str(tmp_path / "out")) for line in NEEDING]
    done = subprocess.run(
        [sys.executable, "-c", BLOCKER.format(lines=lines)],
        capture_output=True, text=True, timeout=100, cwd=tmp_path,
    )  # fmt: skip
    said = done.stderr.splitlines()
    assert done.stdout.split() == ["1"] * len(NEEDING), done.stderr
    assert len(said) == len(NEEDING), done.stderr
    assert all(re.search("needs PyTorch: .*taxiway install ", line) for line in said), said


@pytest.mark.skipif(sys.platform == "win32", reason="its programs end with .exe")
def test_the_line_is_for_the_taxiway_that_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for whichever pip a shell finds, which nobody has told of this environment."""
    environment = tmp_path / "its own"
    environment.mkdir()
    monkeypatch.setattr(sys, "executable", str(environment / "python"))
    monkeypatch.setattr(sys, "prefix", str(environment))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert extras.install_line("torch") == f"'{environment}/python' -m taxiway install torch"
    for folder in (tmp_path, environment):
        (folder / "taxiway").touch()
        (folder / "taxiway").chmod(0o755)
    assert extras.install_line("torch") == f"'{environment}/taxiway' install torch"
    monkeypatch.setenv("PATH", str(environment))
    assert extras.install_line("torch") == "taxiway install torch"


def test_all_that_may_be_missing_can_be_installed() -> None:
    asked = tomllib.loads((extras.HOME / "pyproject.toml").read_text())["project"]
    others = {"all", "bench", "dev", "docs"}  # what several bring, and what no player needs
    assert set(extras.INSTALLED) == set(asked["optional-dependencies"]) - others
    assert {extra for extra, _ in extras.PACKAGES.values()} <= set(extras.INSTALLED)


def test_tools_that_lack_a_package_are_told_before_they_are_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not offer(["project"]).broken
    monkeypatch.setattr(extras, "is_here", lambda module: module != "torch")
    found = offer(["project", "generate", "batch"])
    assert found.broken["project"].startswith("'project' needs PyTorch: ")
    # Declared all the same, for a form that says what is missing.
    assert sorted(found.tools) == ["batch", "generate", "project"]
    assert found.broken["train"].startswith("Training needs PyTorch: ")
    assert "stylegan" in found.trainers
    assert not {"batch", "generate"} & set(found.broken)
    with pytest.raises(MissingDependency, match="'it' needs PyTorch"):
        raise failure(ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn"), "it", "x")
    assert offer(["video"]).tools["video"].lacks == ""
    monkeypatch.setattr(extras, "is_here", lambda module: module != "av")
    found = offer(["video", "batch"])
    assert found.tools["video"].lacks.startswith("A film as .mp4 or .webm needs PyAV: ")
    assert "video" not in found.broken
    assert found.tools["batch"].lacks == ""
