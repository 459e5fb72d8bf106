"""Remembered answers: believed as far as their fields go, bounded, and safe to delete."""

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.choosing.answers import BYTES, KEPT, Answer, Answers, Setting

QUESTION: dict[str, Any] = {"model": "abc", "machine": {"cores": 2}}
TAKEN = Setting("one", "float32", 1)
ANSWER = Answer(QUESTION, TAKEN, "cpu", [(TAKEN, 2.5)], {"two": "It failed."}, True)


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return Answers(tmp_path / "below" / "measured")


def written(answers: Answers) -> Path:
    answers.keep(ANSWER)
    [path] = answers.folder.iterdir()
    return path


def test_an_answer_comes_back_as_it_was(answers: Answers) -> None:
    assert answers.find(QUESTION) is None
    answers.keep(ANSWER)
    assert answers.find(QUESTION) == ANSWER
    assert answers.find({**QUESTION, "model": "other"}) is None
    answers.clear()
    assert answers.find(QUESTION) is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_folder_is_its_owners(answers: Answers) -> None:
    written(answers)
    assert stat.S_IMODE(answers.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "change",
    [
        {"question": {"model": "other"}},
        {"taken": ["one", "float32", 2]},  # never measured
        {"taken": ["one", "float32"]},
        {"measured": [[["one", "float32", 1], -1]]},
        {"measured": [[["one", "float32", 1], 1e999]]},
        {"measured": [["one", 1]]},
        {"left_out": {"two": 2}},
        {"whole": "yes"},
        {"more": 1},
    ],
)
def test_what_is_not_sound_is_no_answer(change: dict[str, Any], answers: Answers) -> None:
    path = written(answers)
    path.write_text(json.dumps(json.loads(path.read_bytes()) | change))
    assert answers.find(QUESTION) is None
    assert answers.backends(QUESTION["machine"]) <= {"one"}


@given(st.one_of(st.binary(max_size=200), st.recursive(st.none() | st.text(), st.lists)))
def test_no_file_breaks_anything(content: Any) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        answers = Answers(Path(folder))
        path = written(answers)
        path.write_bytes(content if isinstance(content, bytes) else msgspec.json.encode(content))
        assert answers.find(QUESTION) is None
        assert answers.backends(QUESTION["machine"]) == set()


def test_a_huge_file_is_none_of_ours(answers: Answers) -> None:
    path = written(answers)
    path.write_bytes(path.read_bytes() + b" " * BYTES)
    assert answers.find(QUESTION) is None


def test_the_oldest_go(answers: Answers) -> None:
    questions = [{"model": str(number)} for number in range(KEPT + 2)]
    for number, question in enumerate(questions):
        answers.keep(msgspec.structs.replace(ANSWER, question=question))
        os.utime(max(answers.folder.iterdir(), key=os.path.getmtime), (number, number))
    assert sum(answers.find(question) is not None for question in questions) == KEPT
    assert answers.find(questions[-1]) is not None


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answers = Answers(tmp_path / "file" / "measured")
    answers.keep(ANSWER)
    assert answers.find(QUESTION) is None


def test_backends_are_those_of_this_machine(answers: Answers) -> None:
    answers.keep(ANSWER)
    other = {"model": "x", "machine": {"cores": 4}}
    taken = Setting("two", "float32", 1)
    answers.keep(Answer(other, taken, "cpu", [(taken, 1.0)], {}, False))
    assert answers.backends({"cores": 2}) == {"one"}
    assert answers.backends({"cores": 4}) == {"two"}
