"""Pictures of a folder and frames of a film."""

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taxiway.core.errors import InvalidArgument
from taxiway.core.images import encode_png
from taxiway.live.inputs import sources
from taxiway.sources.frames import Frames

MEMBERS = sources()


def source(path: Path, **settings: Any) -> Frames:
    return Frames(MEMBERS.decode("frames", {"path": str(path), "fps": 240, **settings}))


def level(pixels: Any) -> int:
    return int(pixels[0, 0, 0])


def save(path: Path, value: int) -> None:
    path.write_bytes(encode_png(np.full((2, 3, 3), value, np.uint8)))


def test_a_folder_is_read_in_the_order_of_its_numbers_again_and_again(tmp_path: Path) -> None:
    for number in (10, 9, 1):
        save(tmp_path / f"shot {number}.png", number)
    (tmp_path / "notes.txt").write_text("not a picture")
    assert [level(one) for one in islice(source(tmp_path).read(), 5)] == [1, 9, 10, 1, 9]
    assert [level(one) for one in source(tmp_path, loop=False).read()] == [1, 9, 10]


def test_a_stop_ends_it_at_once(tmp_path: Path) -> None:
    save(tmp_path / "a.png", 1)
    reading = source(tmp_path, fps=1)
    pictures = reading.read()
    next(pictures)
    reading.stopping.set()
    assert list(pictures) == []


def test_a_film_is_read_frame_by_frame(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "film.mp4"), "w") as film:
        stream = film.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        for value in (40, 200):
            frame = av.VideoFrame.from_ndarray(np.full((16, 32, 3), value, np.uint8), "rgb24")
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    frames = list(source(tmp_path / "film.mp4", loop=False).read())
    assert [frame.shape for frame in frames] == [(16, 32, 3)] * 2
    assert level(frames[0]) == pytest.approx(40, abs=4)
    assert level(frames[1]) == pytest.approx(200, abs=4)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "there is none at"),
        (lambda path: path.mkdir(), "There are no pictures in"),
        (lambda path: path.write_text("no film"), "is no film that can be read"),
    ],
)
def test_what_is_neither_is_a_sentence(tmp_path: Path, make: Any, sentence: str) -> None:
    pytest.importorskip("av")
    make(tmp_path / "it")
    with pytest.raises(InvalidArgument, match=sentence):
        next(source(tmp_path / "it").read())


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(InvalidArgument, match=r"'a.png' is not a readable picture"):
        next(source(tmp_path).read())
