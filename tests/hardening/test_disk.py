"""A disk that is full and a folder that may not be written: nothing is lost, and it is said."""

import errno
import io
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from taxiway import cli
from taxiway.core import locks
from taxiway.core.files import write_whole
from taxiway.core.locks import is_held
from taxiway.hosting.database import StoreError
from taxiway.hosting.store import Store

GENERATE = ["generate", "painter", "--size", "32", "--seeds", "1", "--out"]


def fail(number: int) -> Any:
    def failing(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    return failing


@pytest.mark.parametrize("step", ["fsync", "replace", "open"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EDQUOT])
def test_at_whatever_step_writing_fails_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    file = tmp_path / "work.safetensors"
    write_whole(file, b"a day's work")
    with monkeypatch.context() as broken:
        broken.setattr(Path if step == "open" else os, step, fail(number))
        with pytest.raises(OSError, match=os.strerror(number)):
            write_whole(file, b"newer")
    assert file.read_bytes() == b"a day's work"
    assert os.listdir(tmp_path) == [file.name]
    write_whole(file, b"newer")
    assert file.read_bytes() == b"newer"


def test_a_disk_that_fills_up_while_writing_leaves_no_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "work.npz"
    write_whole(file, b"old")

    class Full(io.FileIO):
        def write(self, data: Any) -> int:
            super().write(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as broken:
        broken.setattr(Path, "open", lambda path, mode: Full(path, mode.replace("b", "")))
        with pytest.raises(OSError, match="No space left"):
            write_whole(file, b"new" * 1000)
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == [file.name]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
@pytest.mark.smoke
def test_generate_says_in_one_sentence_that_it_cannot_write(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
) -> None:
    monkeypatch.setattr(os, "fsync", fail(number))
    out = tmp_path / "pictures"
    assert cli.main([*GENERATE, str(out)]) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert os.strerror(number) in said
    assert "None" not in said
    assert str(out) in said
    assert not list(out.rglob("*.png"))


def test_a_folder_that_cannot_be_made_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    out = tmp_path / "file" / "pictures"
    assert cli.main([*GENERATE, str(out)]) == 1
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert str(tmp_path / "file") in said


def test_a_store_on_a_read_only_disk_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store(tmp_path).close()
    there = sorted(os.listdir(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with Store(tmp_path) as store:
        assert store.models() == []
        with pytest.raises(StoreError, match="readonly database"):
            store.remove("a")
    assert sorted(os.listdir(tmp_path)) == there
    assert not is_held(tmp_path / "some.lock")


@pytest.mark.parametrize(
    ("code", "message"),
    [(sqlite3.SQLITE_FULL, "No space left"), (sqlite3.SQLITE_READONLY, "Read-only file system"),
     (sqlite3.SQLITE_IOERR, "Input/output error")],
)  # fmt: skip
def test_a_lock_that_the_disk_refuses_is_not_held_by_another(code: int, message: str) -> None:
    class Refusing:
        def execute(self, statement: str) -> None:
            error = sqlite3.OperationalError("refused")
            error.sqlite_errorcode = code
            raise error

    with pytest.raises(OSError, match=message):
        locks._take(Refusing())  # type: ignore[arg-type]
