import json
import os
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import av
import numpy as np
import pytest
from PIL import Image

from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.images import Unusable
from taxiway.training.datasets.pictures.sources import open_source
from training.datasets.pictures.folders import fill, noise


def names(path: Path, **options: object) -> list[str]:
    with open_source(path, **options) as source:
        return [item.name for item in source.items]


def film(path: Path, seconds: int, rate: int = 24, still: bool = False, turned: int = 0) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        if turned:
            stream.set_display_rotation(turned)
        for i in range(seconds * rate):
            picture = noise(0 if still else i // rate, (64, 48))
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode())
    return path


def test_a_folder_is_listed_by_name_without_what_is_hidden(tmp_path) -> None:
    fill(tmp_path / "b", 1)
    fill(tmp_path / "a", 2)
    fill(tmp_path / ".cache", 1)
    (tmp_path / "a" / "._p000.png").write_bytes(b"a Mac's")
    (tmp_path / "notes.txt").write_text("x")
    assert names(tmp_path) == ["a/p000.png", "a/p001.png", "b/p000.png"]
    with open_source(tmp_path, labels=True) as source:
        assert (source.count, source.others, source.classes) == (3, 1, ("a", "b"))
        assert [item.label for item in source.items] == [0, 0, 1]
    with open_source(tmp_path) as source:
        assert {item.label for item in source.items} == {None}


def test_a_zip_is_read_without_being_unpacked(tmp_path) -> None:
    fill(tmp_path / "x", 2)
    with ZipFile(tmp_path / "p.zip", "w", ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "x" / "p000.png", "../../cats/p.png")
        archive.write(tmp_path / "x" / "p001.png", "__MACOSX/p.png")
        archive.writestr("read.me", "x")
    with open_source(tmp_path / "p.zip") as source:
        (item,) = source.items
        assert (item.read().size, source.others) == ((40, 32), 1)


def test_labels_of_the_stylegan_tools_are_read(tmp_path) -> None:
    path = tmp_path / "p.zip"
    fill(tmp_path / "x", 2)
    with ZipFile(path, "w") as archive:
        for i in range(2):
            archive.write(tmp_path / "x" / f"p00{i}.png", f"00000/img0000000{i}.png")
        archive.writestr("dataset.json", json.dumps({"labels": [["00000/img00000001.png", 7]]}))
    with ZipFile(path) as archive:
        archive.extractall(tmp_path / "unpacked")
    for where in (path, tmp_path / "unpacked"):
        with open_source(where) as source:
            assert [item.label for item in source.items] == [None, 7]
            assert source.others == 0


@pytest.mark.parametrize("text", ['{"labels": null}', "{}", '{"images": [{"labels": 3}]}'])
def test_a_description_without_labels_does_no_harm(tmp_path, text) -> None:
    with ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.writestr("dataset.json", text)
        archive.writestr("a.png", b"")
    assert names(tmp_path / "p.zip") == ["a.png"]


def test_a_member_that_cannot_be_taken_out_is_unusable(tmp_path) -> None:
    path = tmp_path / "p.zip"
    fill(tmp_path / "x", 1)
    with ZipFile(path, "w") as archive:
        archive.write(tmp_path / "x" / "p000.png", "p.png")
    data = bytearray(path.read_bytes())
    data[80] ^= 255  # within the picture: its checksum fails
    path.write_bytes(data)
    with open_source(path) as source, pytest.raises(Unusable, match="zip file"):
        next(iter(source.items)).read()


def test_what_is_no_source_is_said(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "a.mp4").write_text("x")
    (tmp_path / "a.zip").write_bytes(b"PK half")
    for name, message in (
        ("a.txt", "neither a folder nor a zip"),
        ("a.mp4", "is no film that can be read"),
        ("a.zip", "no whole zip file"),
    ):
        with pytest.raises(InvalidArgument, match=message):
            names(tmp_path / name)
    with pytest.raises(NotFound, match="no folder or file"):
        names(tmp_path / "none")


def test_names_that_cannot_be_shown_are_written_so_that_they_can(tmp_path) -> None:
    if sys.platform != "linux":
        pytest.skip("names of files are text here")
    for name in (b"line\nbreak.png", b"\xff.png", "\u202fé🌈.png".encode()):
        noise(0).save(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    found = names(tmp_path)
    assert found == ["line\\nbreak.png", "\u202fé🌈.png", "\\udcff.png"]
    with open_source(tmp_path) as source:
        assert {item.read().size for item in source.items} == {(40, 32)}


def test_a_film_of_a_telephone_held_upright_is_turned(tmp_path) -> None:
    path = film(tmp_path / "film.mp4", seconds=1, turned=-90)
    with open_source(path) as source:
        image = next(iter(source.items)).read()
    lying = noise(0, (64, 48)).transpose(Image.Transpose.ROTATE_270)  # clockwise
    assert image.size == lying.size
    assert np.abs(np.asarray(image, float) - np.asarray(lying)).mean() < 16


def test_a_video_gives_so_many_pictures_a_second(tmp_path) -> None:
    path = film(tmp_path / "film.mp4", seconds=2)
    with open_source(path, rate=5) as source:
        items = list(source.items)
        assert source.moving
        assert len(items) == source.count == 10
        assert items[0].name == "film-000000.000s.png"
        apart = np.abs(np.asarray(items[0].read(), float) - np.asarray(noise(0, (64, 48))))
        assert apart.mean() < 16
    with pytest.raises(InvalidArgument, match="'fps' takes a number above 0"):
        names(path, rate=0)
