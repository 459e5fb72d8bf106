"""Frames kept while a film is made."""

from pathlib import Path

import numpy as np
import pytest

from taxiway.core.errors import InvalidArgument
from taxiway.core.images import encode_png
from taxiway.film.frames import Frames


def test_only_frames_of_the_same_making_count(tmp_path: Path) -> None:
    frames = Frames(tmp_path / "film", ["a", "b", "c"])
    picture = np.full((4, 5, 3), 7, np.uint8)
    for index in range(3):
        frames.put(index, picture + index, {"seed": index})
    assert frames.missing() == []
    assert Frames(tmp_path / "film", ["a", "other", "c"]).missing() == [1]
    frames.path(2).write_bytes(frames.path(2).read_bytes()[:50])
    frames.path(0).unlink()
    assert frames.missing() == [0, 2]
    assert (frames.read(1) == picture + 1).all()


def test_pictures_of_others_are_not_overwritten(tmp_path: Path) -> None:
    mine = encode_png(np.zeros((2, 2, 3), np.uint8))
    (tmp_path / "frame00001.png").write_bytes(mine)
    with pytest.raises(InvalidArgument, match="frame00001.png' is not Taxiway's"):
        Frames(tmp_path, ["a", "b"]).missing()


def test_frames_of_another_film_stay_unless_forced(tmp_path: Path) -> None:
    older, black = Frames(tmp_path, ["a", "b", "c"]), np.zeros((2, 2, 3), np.uint8)
    for index in range(3):
        older.put(index, black, {})
    older.check_alone(force=False)
    for newer in (Frames(tmp_path, ["a", "b"]), Frames(tmp_path, ["a", "other", "c", "d"])):
        with pytest.raises(InvalidArgument, match="frames of another film; add --force"):
            newer.check_alone(force=False)
    newer.check_alone(force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frame00000.png", "frame00002.png"]


def test_clearing_leaves_what_is_not_ours(tmp_path: Path) -> None:
    black, longer = np.zeros((2, 2, 3), np.uint8), Frames(tmp_path / "film", ["a", "b"])
    for index in (0, 1):
        longer.put(index, black, {})
    mine = {"notes.txt", "frame-of-mind.png", "frame00007.png"}
    for name in mine:
        (tmp_path / "film" / name).write_bytes(encode_png(black))
    Frames(tmp_path / "film", ["a"]).clear()
    assert {path.name for path in (tmp_path / "film").iterdir()} == mine
    for name in mine:
        (tmp_path / "film" / name).unlink()
    Frames(tmp_path / "film", ["a"]).clear()
    assert not (tmp_path / "film").exists()
