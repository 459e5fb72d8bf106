"""Files sent for a job: kept under names of our own, bounded, and gone when nobody takes them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taxiway.core.errors import InvalidArgument, NotFound, Unavailable
from taxiway.jobs import uploads as module
from taxiway.jobs.record import is_file_name
from taxiway.jobs.uploads import Uploads, safe_name


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_files_of_one_name_are_taken_side_by_side(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    ids = [(await uploads.put("a b.png", chunks(b"1", b"2"))).id for _ in range(2)]
    assert uploads.take(ids, tmp_path / "job") == ["a-b.png", "a-b-2.png"]
    assert (tmp_path / "job" / "a-b-2.png").read_bytes() == b"12"
    assert list((tmp_path / ".uploads").iterdir()) == []
    with pytest.raises(NotFound, match="A file was not sent"):
        uploads.take(ids, tmp_path / "job")


async def test_a_long_file_comes_in_pieces(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    first = await uploads.put("model.pkl", chunks(b"12"))
    whole = await uploads.more(first.id, chunks(b"34", b"5"))
    assert (whole.id, whole.size) == (first.id, 5)
    with uploads.taken(whole.id) as file:
        assert (file.name, file.read_bytes()) == ("model.pkl", b"12345")
    assert not file.parent.exists()
    with pytest.raises(NotFound, match="A file was not sent"):
        await uploads.more(first.id, chunks(b"6"))


async def test_only_so_many_bytes_and_files_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = Uploads(tmp_path)
    monkeypatch.setattr(module, "MOST_BYTES", 5)
    await uploads.put("a", chunks(b"123"))
    with pytest.raises(InvalidArgument, match="take more than"):
        await uploads.put("b", chunks(b"45", b"6"))
    assert len(list((tmp_path / ".uploads").iterdir())) == 1
    monkeypatch.setattr(module, "MOST_FILES", 1)
    with pytest.raises(InvalidArgument, match="1 files wait"):
        await uploads.put("c", chunks())
    monkeypatch.setattr(module, "KEPT_SECONDS", -1)
    await uploads.put("c", chunks())  # the first one is too old by now


async def test_what_is_broken_off_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"1"
        raise ConnectionResetError(104, "Connection reset by peer")

    uploads = Uploads(tmp_path)
    with pytest.raises(Unavailable, match="'a.png' cannot be kept"):
        await uploads.put("a.png", broken())
    assert list((tmp_path / ".uploads").iterdir()) == []


async def test_a_new_start_knows_no_files_of_the_one_before(tmp_path: Path) -> None:
    upload = await Uploads(tmp_path).put("a.png", chunks(b"1"))
    with pytest.raises(NotFound):
        Uploads(tmp_path).take([upload.id], tmp_path / "job")
    assert not (tmp_path / ".uploads").exists()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text())
def test_any_name_becomes_a_plain_one(text: str) -> None:
    assert is_file_name(safe_name(text))


@pytest.mark.parametrize(
    ("text", "name"),
    [("photo.jpg", "photo.jpg"), ("../../x.png", "x.png"), ("C:\\a\\b c.npz", "b-c.npz"),
     (".hidden", "hidden"), ("", "file"), ("..", "file"), ("ä.png", "png"), ("a" * 300, "a" * 80)],
)  # fmt: skip
def test_names_look_like_what_was_given(text: str, name: str) -> None:
    assert safe_name(text) == name
