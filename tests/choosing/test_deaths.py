"""A backend that ends its process is left out by the next start, which says why."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from taxiway.choosing import deaths
from taxiway.choosing.deaths import DAYS, Deaths

START = """
import os, signal, sys
from pathlib import Path
import numpy as np
from taxiway.backends import Graph
from taxiway.choosing import choose
from taxiway.choosing.answers import Answers
from taxiway.core import slots

class Sound:
    device, distributions = "cpu", ()
    def __init__(self, device): pass
    def available(self): return None
    def precisions(self): return ["float32"]
    def threads(self): return [1]
    def compile(self, graph, precision, threads): return self
    def run(self, inputs): return {"y": inputs["x"]}

class Deadly(Sound):
    def compile(self, graph, precision, threads):
        os.kill(os.getpid(), int(sys.argv[2]))

kinds = {"deadly": Deadly, "sound": Sound}
slots.members = lambda slot: list(kinds)
slots.load = lambda slot, name: kinds[name]
answers = Answers(Path(sys.argv[1]) / "measured")
graph = Graph("some", {}, {}, {"x": np.zeros(1, np.float32)}, key="its key")
_, choice = choose([graph], answers=answers)
print(choice.setting.backend, choice.left_out.get("deadly", ""))
"""


def start(folder: Path, ending: int) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", START, str(folder), str(ending)],
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    return done.returncode, done.stdout.strip() or done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_one_that_ends_the_process_is_left_out_and_named(tmp_path: Path) -> None:
    killed = signal.SIGKILL  # by somebody else, of which nothing is to be learnt
    assert [start(tmp_path, killed)[0] for _ in range(2)] == [-killed] * 2
    assert start(tmp_path, signal.SIGILL)[0] == -signal.SIGILL
    code, said = start(tmp_path, signal.SIGILL)
    assert code == 0, said
    assert said.startswith("sound deadly ended the process at an earlier start (Illegal instructi")


def test_a_note_counts_for_its_machine_and_its_days(tmp_path: Path) -> None:
    noted = Deaths(tmp_path, {"libraries": {"one": "1"}})
    path = tmp_path / f"{noted._key('one')}-1.died"
    for nothing in (b"", b"Fatal Pyth", b"it: \x1b[31mcannot\n", b"Fatal Python error: \x1b[31m"):
        path.write_bytes(nothing)
        assert noted.of("one") == ""
    path.write_bytes(b"Fatal Python error: Segmentation fault\n\nCurrent thread ...\n")
    assert "(Segmentation fault)" in noted.of("one")
    assert noted.of("other") == ""
    assert Deaths(tmp_path, {"libraries": {"one": "2"}}).of("one") == ""
    old = time.time() - (DAYS + 1) * 86400
    os.utime(path, (old, old))
    assert noted.of("one") == ""
    assert not path.exists()


def test_nothing_stays_of_one_that_works_and_a_disk_that_takes_none_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deaths.faulthandler, "is_enabled", lambda: False)
    monkeypatch.setattr(deaths.faulthandler, "enable", lambda *_, **__: None)
    monkeypatch.setattr(deaths.faulthandler, "disable", lambda: None)
    with Deaths(tmp_path / "notes", {}).noted("one"):
        assert len(list((tmp_path / "notes").iterdir())) == 1
    assert not list((tmp_path / "notes").iterdir())
    (tmp_path / "file").touch()
    with Deaths(tmp_path / "file", {}).noted("one"):
        pass
