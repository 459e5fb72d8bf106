"""Files are written whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from taxiway.core.errors import InvalidArgument
from taxiway.core.files import (
    MANIFEST,
    GrowingFile,
    check_free,
    guarding,
    place_free,
    whole_file,
    write_whole,
)


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "picture.png"
    write_whole(target, b"old")
    write_whole(target, b"new")
    assert target.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["picture.png"]


def test_the_old_file_stays_when_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "picture.png"
    write_whole(target, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(target, b"new")
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["picture.png"]


def test_an_error_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "none" / "picture.png", tmp_path / "folder"):
        with pytest.raises(OSError) as caught:
            write_whole(path, b"new")
        assert caught.value.filename == str(path)
    assert os.listdir(tmp_path) == ["folder"]


@pytest.mark.skipif(os.name == "nt", reason="no such permissions there")
def test_permissions_are_the_umasks_or_those_of_before(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "new", b"")
        write_whole(tmp_path / "private", b"")
        (tmp_path / "private").chmod(0o600)
        write_whole(tmp_path / "private", b"again")
    finally:
        os.umask(before)
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("new", "private")]
    assert modes == [0o640, 0o600]


def test_nothing_is_written_over_its_source_even_by_force(tmp_path: Path) -> None:
    source, link = tmp_path / "a.zip", tmp_path / "b.zip"
    source.write_bytes(b"mine")
    link.symlink_to(source)
    for out in (source, link):
        with pytest.raises(InvalidArgument, match="is what is read; take another name"):
            check_free(out, [tmp_path / "none", source], force=True)
    check_free(tmp_path / "new.zip", [source])


def test_a_file_of_others_is_kept_unless_forced(tmp_path: Path) -> None:
    out = tmp_path / "a.zip"
    out.write_bytes(b"theirs")
    with pytest.raises(InvalidArgument, match=r"is there already.*add --force"):
        check_free(out, is_ours=lambda path: path.read_bytes() == b"ours")
    check_free(out, force=True)
    check_free(out, is_ours=lambda path: path.read_bytes() == b"theirs")


def test_a_guarded_folder_keeps_what_was_there_and_lets_go_of_what_we_wrote(tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs.png", tmp_path / "more" / "ours.png"
    theirs.write_bytes(b"theirs")
    ours.parent.mkdir()
    for text in (b"one", b"two"):  # the second time by another run of the same command
        with guarding(tmp_path):
            write_whole(ours, text)
            with pytest.raises(InvalidArgument, match=r"theirs\.png' was there before.*--force"):
                write_whole(theirs, b"ours")
    assert (ours.read_bytes(), theirs.read_bytes()) == (b"two", b"theirs")
    ours.write_bytes(b"changed by hand")
    with guarding(tmp_path), pytest.raises(InvalidArgument, match=r"ours\.png' was there before"):
        write_whole(ours, b"three")
    with guarding(tmp_path, force=True):
        write_whole(theirs, b"forced")
    assert theirs.read_bytes() == b"forced"
    write_whole(ours, b"outside of the block")


def test_a_guard_survives_its_own_list_and_lets_other_folders_alone(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / MANIFEST).write_bytes(b"\xff\n[1]\n{}\nnull\n")
    (tmp_path / "out.txt").write_bytes(b"theirs")
    with guarding(tmp_path / "in"):
        write_whole(tmp_path / "out.txt", b"new")
        write_whole(tmp_path / "in" / "a.txt", b"a")
    with guarding(tmp_path / "in", force=True), whole_file(tmp_path / "in" / "a.txt") as file:
        file.write(b"b")
    assert (tmp_path / "in" / "a.txt").read_bytes() == b"b"


@pytest.mark.parametrize("has_links", [True, False], ids=["with links", "without"])
def test_a_file_takes_the_first_name_that_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    if not has_links:
        monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "film.mp4").write_text("another's")
    (tmp_path / "film-2.mp4").symlink_to("nowhere")
    (tmp_path / "new").write_text("ours")
    assert place_free(tmp_path / "new", tmp_path / "film.mp4") == tmp_path / "film-3.mp4"
    assert (tmp_path / "film-3.mp4").read_text() == "ours"
    assert (tmp_path / "film.mp4").read_text() == "another's"
    assert sorted(os.listdir(tmp_path)) == ["film-2.mp4", "film-3.mp4", "film.mp4"]


def test_a_growing_file_is_hidden_until_it_is_whole(tmp_path: Path) -> None:
    growing = GrowingFile(tmp_path / "folder" / "film.mp4")
    growing.file.write(b"some")
    (hidden,) = (tmp_path / "folder").iterdir()
    assert (hidden.name[0], hidden.read_bytes()) == (".", b"some")
    assert growing.finish() == tmp_path / "folder" / "film.mp4"
    assert growing.path.read_bytes() == b"some"
    other = GrowingFile(tmp_path / "folder" / "film.mp4")
    other.discard()
    assert os.listdir(tmp_path / "folder") == ["film.mp4"]


def test_a_growing_file_that_finds_no_name_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    growing = GrowingFile(tmp_path / "film.mp4")
    growing.file.write(b"an hour")
    monkeypatch.setattr(os, "link", full)
    with pytest.raises(OSError, match="No space left"):
        growing.finish()
    (hidden,) = tmp_path.iterdir()
    assert hidden.read_bytes() == b"an hour"
