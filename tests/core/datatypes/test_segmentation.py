"""Label maps: read by the nearest colour, written in the labels' colours, whatever is missing."""

import io
import json

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from taxiway.core.datatypes import Segmentation
from taxiway.core.datatypes.segmentation import ids_of
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import open_image, to_data_uri

ROOM = Segmentation(
    label_to_id={"wall": 3, "floor": 200},
    label_to_color={"wall": [0, 0, 0], "floor": [255, 255, 255]},
)


def test_runways_own_description_of_one() -> None:
    # As recorded from the Model SDK 0.6.1.
    field = Segmentation(label_to_id={"background": 0, "person": 1})
    assert json.loads(json.dumps(field.describe("map"))) == {
        "name": "map",
        "type": "segmentation",
        "description": None,
        "labels": ["background", "person"],
        "defaultLabel": "background",
        "labelToId": {"background": 0, "person": 1},
        "labelToColor": {"background": [214, 0, 0], "person": [140, 59, 255]},
    }


def test_a_map_to_start_from_and_the_labels_to_paint_with_are_told() -> None:
    start = to_data_uri(np.full((2, 2), 200, np.uint8), "PNG")
    field = msgspec.structs.replace(ROOM, default=start, offered=("floor",))
    assert field.fallback == field.describe("map")["default"] == start
    assert field.describe("map")["offered"] == ("floor",)
    assert (field.decode("map", field.fallback) == 200).all()


def test_every_spare_colour_is_another_one() -> None:
    labels = tuple(str(number) for number in range(256))
    colours = Segmentation(labels=labels).label_to_color
    assert len({tuple(colour) for colour in colours.values()}) == 256


@pytest.mark.parametrize("labels", [(), {"a": 256}, {"a": -1}])
def test_a_description_without_sense_is_refused(labels: object) -> None:
    wire = {"type": "segmentation", "labelToId": labels or {}}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wire, Segmentation)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_a_map_of_labels_comes_back_as_it_went_out(width: int, height: int, seed: int) -> None:
    field = Segmentation(labels=tuple("abcdefg"))
    ids = np.random.default_rng(seed).integers(0, 7, (height, width)).astype(np.uint8)
    np.testing.assert_array_equal(field.decode("map", field.encode(ids)), ids)


def test_a_colour_is_read_as_the_nearest_label() -> None:
    pixels = np.array([[[9, 30, 0], [200, 180, 240]]], np.uint8)
    assert ROOM.decode("map", to_data_uri(pixels, "PNG")).tolist() == [[3, 200]]


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_pictures_in_colour_of_every_kind_are_read(mode: str) -> None:
    picture = PillowImage.new("RGB", (2, 1), "white").convert(mode)
    assert ROOM.pixels(picture).tolist() == [[200, 200]]


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_a_grey_picture_is_taken_as_ids(mode: str) -> None:
    buffer = io.BytesIO()
    PillowImage.new("L", (2, 1), 77).convert(mode).save(buffer, "PNG")
    assert ROOM.pixels(open_image(buffer.getvalue(), "map", colours=False)).tolist() == [[77, 77]]


def test_ids_of_no_label_are_painted_as_the_default_one() -> None:
    wire = ROOM.encode(np.array([[200, 9, 70000]]))
    assert wire.startswith("data:image/png;base64,")
    assert ROOM.decode("map", wire).tolist() == [[200, 3, 3]]


def test_a_large_noisy_picture_is_read_in_blocks() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (1200, 1000, 3), np.uint8)
    colours = rng.integers(0, 256, (5, 3)).astype(np.float32)
    ids = np.arange(5, dtype=np.uint8)
    sample = pixels[::97, ::89].astype(np.float32)
    distances = ((sample[:, :, None] - colours) ** 2).sum(-1)
    chosen = ids_of(pixels, colours, ids)[::97, ::89]
    best = np.take_along_axis(distances, chosen[..., None].astype(int), -1)[..., 0]
    np.testing.assert_array_equal(best, distances.min(-1))


def test_what_is_no_picture_is_refused_by_name() -> None:
    with pytest.raises(InvalidArgument, match="'map' is not a readable picture"):
        ROOM.decode("map", "data:image/png;base64,aGVsbG8=")
