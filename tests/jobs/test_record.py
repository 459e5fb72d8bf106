"""Records: whatever lies in a folder is a job, or a sentence about why it is none."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taxiway.jobs.record import (
    Broken,
    JobRecord,
    is_file_name,
    is_id,
    listed_files,
    parse_record,
    read_record,
    write_record,
)

NAME = "mix-12345678"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Strategies of text are slow to begin with on a busy machine."""
FIELDS = st.sampled_from([*msgspec.structs.asdict(JobRecord(id="a", tool="b")), "secondsLeft"])


def is_sane(record: JobRecord) -> bool:
    files = [*record.files, *(name for names in record.attached.values() for name in names)]
    return record.id == NAME and not record.is_broken and all(map(is_file_name, files))


@FUZZ
@given(st.binary())
def test_any_bytes_are_a_record_or_are_refused(data: bytes) -> None:
    try:
        assert is_sane(parse_record(data, NAME))
    except Broken as reason:
        assert str(reason).startswith("it ")


@FUZZ
@given(st.dictionaries(FIELDS, VALUES))
def test_any_object_is_a_record_or_is_refused(fields: dict[str, Any]) -> None:
    content = msgspec.json.encode({"id": NAME, "tool": "mix", **fields})
    try:
        assert is_sane(parse_record(content, NAME))
    except Broken as reason:
        assert str(reason).startswith("it ")


def test_a_deep_record_is_refused() -> None:
    deep = b'{"id": "mix-12345678", "tool": "mix", "inputs": {"a": ' + b"[" * 10_000
    with pytest.raises(Broken, match="nested too deeply|not a job's"):
        parse_record(deep, NAME)


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    record = JobRecord(id=NAME, tool="mix", inputs={"a": [1, "b"]}, files=["a/b.png"], done=2)
    write_record(tmp_path / NAME, record)
    assert read_record(tmp_path / NAME) == record
    with pytest.raises(Broken, match="that of another job"):
        parse_record((tmp_path / NAME / "job.json").read_bytes(), "mix-87654321")


def test_a_record_of_an_earlier_taxiway_is_read() -> None:
    old = {
        "id": NAME, "tool": "mix", "model": "rainbow", "checkpoint": "/x", "inputs": {},
        "state": "done", "done": 3, "total": 3, "message": "Done.", "secondsLeft": None,
        "outputs": {"made": 3}, "files": ["grid.png"], "other": "",
    }  # fmt: skip
    assert parse_record(msgspec.json.encode(old), NAME).files == ["grid.png"]


@pytest.mark.parametrize("name", ["a.png", "frames/000001.png", "ä b.txt", "a..b"])
def test_plain_names_of_files(name: str) -> None:
    assert is_file_name(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../a", "a/../b", "/a", "a//b", "a/", ".a", "a/.b", "a\\b", "a\0", "a\nb",
     "C:a", "a" * 201, "/".join("a" * 9)],
)  # fmt: skip
def test_other_names_of_files(name: str) -> None:
    assert not is_file_name(name)


@FUZZ
@given(st.text())
def test_an_id_is_a_plain_name(text: str) -> None:
    assert not is_id(text) or is_file_name(text)


def test_links_hidden_files_and_what_was_given_are_no_files_of_a_job(tmp_path: Path) -> None:
    for name in ("a.png", ".hidden", "job.json", "inputs/photo.png", "sub/b.png", "sub/.c", "j"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "door").symlink_to("/etc")
    assert listed_files(tmp_path) == ["a.png", "j", "sub/b.png"]
