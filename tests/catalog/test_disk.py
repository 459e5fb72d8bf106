"""What takes the room is told part by part, and only what is made anew is deleted."""

from pathlib import Path

import pytest

from command_line import taxiway
from taxiway.catalog import disk
from taxiway.core.errors import InvalidArgument


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name, size in {
        "store/blobs/a": 5000,
        "compiled/b.compiled": 3000,
        "hosted.db": 100,
        "hosted.db-wal": 200,
        "hosted-before-2026-11-01-101112-1.db": 50,
        "remotes.json": 7,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))
    (tmp_path / "compiled" / "link").symlink_to(tmp_path / "store" / "blobs" / "a")
    return tmp_path


def test_all_parts_are_told_the_largest_first(data: Path) -> None:
    used = disk.use(data)
    assert [(part.name, part.bytes) for part in used.parts] == [
        ("store", 5000),
        ("compiled", 3000),
        ("hosted.db", 300),
        ("hosted-before", 50),
        ("other", 7),
    ]
    assert used.free > 0
    assert disk.use(data / "none" / "yet").parts == []


def test_only_what_is_made_anew_is_deleted(data: Path) -> None:
    assert disk.clear(data, "compiled") == 3000
    for name in ("store", "hosted.db", "..", "other", ""):
        with pytest.raises(InvalidArgument, match="compiled, measured, dials"):
            disk.clear(data, name)
    assert {part.name for part in disk.use(data).parts if part.bytes} == {
        "store", "hosted.db", "hosted-before", "other",
    }  # fmt: skip
    assert (data / "store" / "blobs" / "a").stat().st_size == 5000


def test_the_command_tells_it(data: Path) -> None:
    done = taxiway("disk", "--clear", "compiled", TAXIWAY_DATA=str(data))
    assert done.returncode == 0
    assert "store: Fetched models" in done.stdout
    assert "0.0 MB are free again." in done.stdout
