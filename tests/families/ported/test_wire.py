"""Fields and values of foreign servers: taken as they are where they are like none of ours."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taxiway.core.command import Command
from taxiway.core.datatypes import AnyType, Array, Category, File, Image, Number, Segmentation
from taxiway.core.errors import InvalidArgument, ModelFailed
from taxiway.families.ported.wire import from_json, picture_formats, to_command, to_field, to_json

X = {"name": "x", "type": "number", "default": 1}


@pytest.mark.parametrize(
    "described",
    [
        {"name": "size", "type": "category", "oneOf": [64, 128], "default": 64},
        {"name": "own", "type": "of_my_own", "description": "Mine."},
        {"name": "depth", "type": "image", "channels": 1, "defaultOutputFormat": "EXR"},
    ],
)
def test_a_field_like_none_of_ours_goes_through_as_it_is(described: dict[str, Any]) -> None:
    field = to_field(described)
    assert isinstance(field, AnyType)
    assert field.description == described.get("description")
    # Left out, so that the port takes its own default.
    command = Command(name="do", inputs={"it": field}, outputs={})
    assert to_json(command, command.decode({}), "PNG", Path()) == {}
    assert to_json(command, command.decode({"it": 64}), "PNG", Path()) == {"it": 64}


def test_the_first_choice_is_the_default_and_further_keys_do_not_matter() -> None:
    assert to_field({"name": "a", "type": "category", "oneOf": ["b", "c"], "new": 1}) == Category(
        one_of=("b", "c")
    )


@pytest.mark.parametrize(
    "described",
    [
        {},
        {"name": "do", "inputs": None, "outputs": []},
        {"name": "do", "inputs": [{"type": "any"}], "outputs": []},
        {"name": "do", "inputs": ["x"], "outputs": []},
    ],
)
def test_a_description_that_is_none_is_told(described: dict[str, Any]) -> None:
    with pytest.raises(ModelFailed, match="The model server's description is not readable"):
        to_command(described)


def test_whole_numbers_are_sent_as_such(tmp_path: Path) -> None:
    command = Command(name="do", inputs={"n": Number(), "f": Number()}, outputs={})
    sent = to_json(command, command.decode({"n": 3.0, "f": 0.5}), "PNG", tmp_path)
    assert sent == {"n": 3, "f": 0.5}
    assert isinstance(sent["n"], int)


def test_pictures_are_asked_for_in_a_format_that_holds_them() -> None:
    outputs = {
        "photo": Image(),
        "cutout": Image(channels=4),
        "map": Segmentation(labels=("a",)),
        "n": Number(),
    }
    command = Command(name="do", inputs={}, outputs=outputs)
    assert picture_formats(command, "BMP") == {"photo": "BMP", "cutout": "PNG", "map": "BMP"}


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("format", ["BMP", "PNG"])
def test_pictures_in_lists_cross_both_ways_without_loss(channels: int, format: str) -> None:
    shape = (5, 7) if channels == 1 else (5, 7, channels)
    pixels = np.random.RandomState(0).randint(0, 256, shape).astype(np.uint8)
    field = Array(item_type=Image(channels=channels))  # type: ignore[arg-type]
    command = Command(name="do", inputs={"them": field}, outputs={"them": field})
    wire = to_json(command, {"them": [pixels, pixels]}, format, Path())
    back = from_json(command, wire)
    np.testing.assert_array_equal(back["them"], [pixels, pixels])


def test_files_are_written_where_the_port_can_read_them(tmp_path: Path) -> None:
    files = Array(item_type=File(extension=".txt"))
    command = Command(name="do", inputs={"files": files}, outputs={})
    sent = to_json(command, {"files": [b"one", b"two"]}, "PNG", tmp_path)
    assert [Path(path).read_bytes() for path in sent["files"]] == [b"one", b"two"]
    assert all(path.endswith(".txt") for path in sent["files"])
    folder = Command(name="do", inputs={"it": File(is_directory=True)}, outputs={})
    with pytest.raises(InvalidArgument, match="'it' takes a folder"):
        to_json(folder, {"it": b"tar"}, "PNG", tmp_path)


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (None, "'do' gave no output 'image'"),
        ([1], "'do' gave no output 'image'"),
        ({"other": 1}, "'do' gave no output 'image'"),
        ({"image": "nothing"}, "'do' gave a bad output: 'image' is not"),
        ({"image": 3}, "'do' gave a bad output: 'image' takes a picture"),
    ],
)
def test_outputs_that_are_none_are_told(outputs: Any, message: str) -> None:
    command = Command(name="do", inputs={}, outputs={"image": Image()})
    with pytest.raises(ModelFailed, match=message):
        from_json(command, outputs)
