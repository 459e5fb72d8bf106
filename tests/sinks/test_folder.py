"""Pictures in a folder: numbered on, whole, and never over what is there."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from taxiway.core.errors import InvalidArgument
from taxiway.core.frame import Frame
from taxiway.core.images import read_metadata
from taxiway.core.sink import SinkDone
from taxiway.live.outputs import sinks
from taxiway.sinks import folder as folder_sink
from taxiway.sinks.folder import Folder

MEMBERS = sinks()


def sink(path: Path, **settings: Any) -> Folder:
    made = Folder(MEMBERS.decode("folder", {"path": str(path), **settings}))
    made.open(4, 3, 30)
    return made


def frame(level: int, alpha: bool = False, **values: Any) -> Frame:
    pixels = np.full((3, 4, 4 if alpha else 3), level, np.uint8)
    return Frame(pixels=pixels, index=1, time=0.0, values=values)


def test_numbers_go_on_after_what_is_there(tmp_path: Path) -> None:
    there = tmp_path / "out"
    for level in (10, 20):
        sink(there).send(frame(level))
    assert sorted(os.listdir(there)) == ["frame000001.png", "frame000002.png"]
    (there / "frame000041.jpg").write_bytes(b"mine")
    (there / "frame9.txt").write_bytes(b"mine too")
    sink(there).send(frame(30))
    assert np.asarray(Image.open(there / "frame000042.png"))[0, 0, 0] == 30
    assert (there / "frame000041.jpg").read_bytes() == b"mine"


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    writing = sink(tmp_path)
    (tmp_path / "frame000001.png").write_bytes(b"somebody else's")
    writing.send(frame(1))
    assert (tmp_path / "frame000001.png").read_bytes() == b"somebody else's"
    assert sorted(os.listdir(tmp_path)) == ["frame000001.png", "frame000002.png"]


@pytest.mark.smoke
def test_a_png_says_what_made_it(tmp_path: Path) -> None:
    z = np.arange(4, dtype=np.float32)
    photo = np.zeros((2, 2, 3), np.uint8)
    sink(tmp_path).send(
        frame(1, z=z, truncation=0.5, label=3, photo=photo, off=None, uri="data:,x")
    )
    told = read_metadata((tmp_path / "frame000001.png").read_bytes())
    assert told == {"z": [0, 1, 2, 3], "truncation": 0.5, "label": 3}
    assert json.dumps(told)


def test_jpeg_where_it_can_be_and_png_where_it_is_transparent(tmp_path: Path) -> None:
    writing = sink(tmp_path, format="JPEG", quality=50)
    writing.send(frame(100))
    writing.send(frame(100, alpha=True))
    with Image.open(tmp_path / "frame000001.jpg") as jpeg:
        assert jpeg.format == "JPEG"
    with Image.open(tmp_path / "frame000002.png") as png:
        assert png.mode == "RGBA"


def test_it_is_done_at_its_limit(tmp_path: Path) -> None:
    writing = sink(tmp_path, limit=2)
    writing.send(frame(1))
    with pytest.raises(SinkDone, match=f"2 pictures are in {tmp_path}"):
        writing.send(frame(2))


def test_a_full_disk_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writing = sink(tmp_path)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder_sink.os, "link", full)
    with pytest.raises(OSError, match="No space left"):
        writing.send(frame(1))
    assert os.listdir(tmp_path) == []


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="exists"):
        sink(tmp_path / "file")
    with pytest.raises(InvalidArgument, match="'path' takes a folder, got nothing."):
        sink(Path(" "))
