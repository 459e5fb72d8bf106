"""docs/interop.md: its rows are what the tests run, with the versions that npm brings."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from interop.collected import COLLECTED
from interop.npm import HERE, LOCK, version

ROOT = HERE.parents[1]
PAGE = (ROOT / "docs" / "interop.md").read_text()
ROWS = [
    (cells[1].strip(), *re.findall("`([^`]+)`", cells[4]))
    for cells in re.findall(r"^\|(.+?)\|(.+?)\|(.+?)\|(.+?)\|(.+?)\|$", PAGE, re.MULTILINE)[2:]
]
"""Of each row its version, the file of its test, and a word of the test's name."""


@pytest.fixture(scope="module")
def tests(request: pytest.FixtureRequest) -> list[str]:
    """The names of all tests here, as pytest has them; asked anew where only some are collected."""
    names: list[str] = request.config.stash[COLLECTED]
    if {file.name for file in HERE.glob("test_*.py")} - {name.partition("::")[0] for name in names}:
        command = [sys.executable, "-m", "pytest", "--collect-only", "-o", "addopts="]
        options = ["-q", "--import-mode=importlib", "-p", "no:cacheprovider", str(HERE)]
        told = subprocess.check_output([*command, *options], cwd=ROOT, text=True).splitlines()
        names = [
            line.rpartition("interop/")[2]
            for line in told
            if "::" in line and not line.startswith("not run")
        ]
    return names


def covers(file: str, word: str, test: str) -> bool:
    """Whether a row is about a test; a word is whole between brackets, hyphens and underscores."""
    of, _, name = test.partition("::")
    return of == file and re.search(rf"(^|[\[_-]){re.escape(word)}($|[\]_-])", name) is not None


def test_every_row_is_run(tests: list[str]) -> None:
    assert len(ROWS) > 15
    for _, file, word in ROWS:
        assert any(covers(file, word, test) for test in tests), (file, word)


def test_every_test_of_a_client_has_a_row(tests: list[str]) -> None:
    ours = [test for test in tests if "/" not in test and not test.startswith(Path(__file__).name)]
    rest = [test for test in ours if not any(covers(*row[1:], test) for row in ROWS)]
    assert rest == [
        f"test_socketio_clients.py::test_clients_of_all_ages_rest_and_stay_connected[{one}]"
        for one in ("polling", "websocket")
    ]


def test_the_versions_are_those_that_npm_brings() -> None:
    locked = LOCK.read_text()
    told = {word: said for said, _, word in ROWS if f'"node_modules/{word}"' in locked}
    assert set(told) == {"p5", "p5-08", "sio1", "sio20", "sio23", "sio3", "sio4", "osc"}
    assert told == {word: version(word) for word in told}
    hosted = {said for said, file, _ in ROWS if file.startswith("hosted/")}
    assert hosted == {version("@runwayml/hosted-models", HERE / "hosted")}
