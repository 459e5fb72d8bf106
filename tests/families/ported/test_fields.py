"""The data types and what declarations become: the SDK's descriptions, quirks included."""

import ast
import base64
import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from families.ported.uris import picture, pixels, to_uri
from taxiway.families.ported.sdk import runway
from taxiway.families.ported.sdk.runway import palette
from taxiway.families.ported.sdk.runway.ages import advice
from taxiway.families.ported.sdk.runway.commands import Command, formats
from taxiway.families.ported.sdk.runway.exceptions import (
    InferenceError,
    InvalidArgumentError,
    MissingArgumentError,
    SetupError,
)
from taxiway.families.ported.sdk.runway.fields import declared
from taxiway.families.ported.sdk.runway.model import RunwayModel
from taxiway.families.ported.sdk.runway.plain import to_json

SOURCES = sorted(Path(runway.__file__).parent.glob("*.py"))


def described(field: Any) -> dict[str, Any]:
    """A field's description without the keys that every field has."""
    shown = declared(field, "it").to_dict()
    assert shown.pop("name") == "it"
    assert shown.pop("description") is None
    return shown


def command(function: Any, inputs: Any = None, outputs: Any = None) -> Command:
    return Command("do", function, inputs or {"x": runway.any}, outputs or {"y": runway.any}, None)


def answers(made: Command, given: Any) -> list[Any]:
    return list(made.answers("model", given, True))


def test_a_command_is_described_as_the_sdk_described_it() -> None:
    inputs = {
        "z": runway.vector(length=512, sampling_std=0.5),
        "style": runway.category(choices=["day", "night"]),
        "map": runway.segmentation(label_to_id={"background": 0, "person": 1}),
    }
    outputs = {"image": runway.image(width=512, height=512)}
    made = Command("generate", None, inputs, outputs, "Gen")
    assert made.describe() == {
        "name": "generate",
        "description": "Gen",
        "inputs": [
            {
                "name": "z",
                "type": "vector",
                "description": None,
                "length": 512,
                "samplingMean": 0,
                "samplingStd": 0.5,
                "default": None,
            },
            {
                "name": "style",
                "type": "category",
                "description": None,
                "oneOf": ["day", "night"],
                "default": "day",
            },
            {
                "name": "map",
                "type": "segmentation",
                "description": None,
                "labels": ["background", "person"],
                "defaultLabel": "background",
                "labelToId": {"background": 0, "person": 1},
                "labelToColor": {"background": [214, 0, 0], "person": [140, 59, 255]},
            },
        ],
        "outputs": [
            {
                "name": "image",
                "type": "image",
                "description": None,
                "channels": 3,
                "width": 512,
                "height": 512,
                "defaultOutputFormat": "JPEG",
            }
        ],
    }


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        (runway.any, {"type": "any"}),
        (runway.text, {"type": "text", "default": "", "minLength": 0}),
        (
            runway.text(max_length=9),
            {"type": "text", "default": "", "minLength": 0, "maxLength": 9},
        ),
        (runway.number, {"type": "number", "default": 0}),
        (
            runway.number(default=0, min=-5, max=5),
            {"type": "number", "default": -5, "min": -5, "max": 5},
        ),
        (
            runway.number(min=0, max=10, step=1),
            {"type": "number", "default": 10, "min": 0, "max": 10, "step": 1},
        ),
        (runway.boolean, {"type": "boolean", "default": False}),
        (
            runway.array(runway.image_bounding_box),
            {
                "type": "array",
                "minLength": 0,
                "itemType": {
                    "name": "image_bounding_box_array_item",
                    "type": "image_bounding_box",
                    "description": None,
                },
            },
        ),
        (
            runway.image(channels=4, min_width=8),
            {"type": "image", "channels": 4, "minWidth": 8, "defaultOutputFormat": "PNG"},
        ),
        (runway.file(extension=".pkl"), {"type": "file", "extension": ".pkl"}),
        (runway.directory, {"type": "file", "isDirectory": True}),
        (runway.image_landmarks(2), {"type": "image_landmarks", "length": 2}),
    ],
)
def test_a_type_shows_what_the_sdk_showed(field: Any, shown: dict[str, Any]) -> None:
    assert described(field) == shown


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: runway.category(),
        lambda: runway.category(choices=["a"], default="b"),
        lambda: runway.vector(),
        lambda: runway.array(),
        lambda: runway.image(channels=2),
        lambda: runway.segmentation(),
        lambda: runway.segmentation(label_to_id={"a": 256}),
        lambda: runway.image_landmarks(2, labels=["one"]),
        lambda: runway.command("none", inputs={}, outputs={"y": runway.any})(print),
        lambda: runway.command("none", inputs={"x": runway.any}, outputs={})(print),
        lambda: runway.command("twice", inputs=[runway.any, runway.any()], outputs=[runway.any])(
            print
        ),
        lambda: runway.vector(length=3, default=[1, 2]),
        lambda: runway.segmentation(label_to_id={"a": "b"}),
        lambda: runway.image_landmarks(),
    ],
)
def test_a_wrong_declaration_is_told_where_it_is_made(wrong: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"^(Invalid|Missing) argument: \w+\. .*\.$"):
        wrong()


@pytest.mark.parametrize(
    ("declare", "name"),
    [
        (runway.category, "choices"),
        (runway.vector, "length"),
        (runway.array, "item_type"),
        (runway.segmentation, "label_to_id"),
        (runway.image_landmarks, "length"),
    ],
)
def test_what_a_type_cannot_be_without_is_missing(declare: Any, name: str) -> None:
    with pytest.raises(MissingArgumentError, match=f"^Missing argument: {name}"):
        declare()


def test_what_is_no_type_is_told() -> None:
    with pytest.raises(InvalidArgumentError, match="x. It takes a data type of .*, got 3"):
        command(print, {"x": 3})


def test_a_vectors_default_has_its_length() -> None:
    assert described(runway.vector(default=[0.5, 1, 2])) == {
        **{"type": "vector", "length": 3, "samplingMean": 0, "samplingStd": 1},
        "default": [0.5, 1, 2],
    }


def test_in_a_list_the_types_name_is_the_name() -> None:
    made = Command("list", print, [runway.vector(length=2), runway.number], [runway.image], None)
    assert [field["name"] for field in made.describe()["inputs"]] == ["vector", "number"]
    assert [field["name"] for field in made.describe()["outputs"]] == ["image"]
    assert made.positional


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_one_channel_is_sent_as_grey(mode: str) -> None:
    sent = runway.image(channels=1).serialize(Image.new(mode, (2, 2)))
    assert (picture(sent).mode, picture(sent).format) == ("L", "PNG")


def test_pictures_come_in_as_they_are_seen() -> None:
    grey = Image.fromarray(np.array([[0, 32768, 65535]], np.uint16))
    clear = Image.new("RGBA", (1, 1), (255, 0, 0, 0))
    for field, sent, wanted in [
        (runway.image(), grey, [[[0] * 3, [128] * 3, [255] * 3]]),
        (runway.image(channels=1), grey, [[0, 128, 255]]),
        (runway.image(), clear, [[[255, 255, 255]]]),
        (runway.image(channels=4), clear, [[[255, 0, 0, 0]]]),
    ]:
        buffer = io.BytesIO()
        sent.save(buffer, "PNG")
        taken = field.deserialize(base64.b64encode(buffer.getvalue()).decode())
        np.testing.assert_array_equal(np.asarray(taken), wanted)


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (AttributeError("module 'PIL.Image' has no attribute 'ANTIALIAS'"), "'pillow<10'"),
        (AttributeError("'ImageDraw' object has no attribute 'textsize'"), "'pillow<10'"),
        (ImportError("cannot import name 'PILLOW_VERSION' from 'PIL'"), "'pillow<7'"),
        (AttributeError("module 'numpy' has no attribute 'float'.\n`np.float` was"), "numpy<1.24"),
        (ModuleNotFoundError("No module named 'tensorflow.contrib'"), "'tensorflow<2'"),
        (AttributeError("module 'PIL.Image' has no attribute 'imaginary'"), None),
        (ValueError("textsize"), None),
    ],
)
def test_what_libraries_dropped_is_told_with_their_version(
    error: Exception, wanted: str | None
) -> None:
    assert (wanted in advice(error)) if wanted else advice(error) == ""


def test_a_command_of_another_day_says_what_it_wants() -> None:
    def shrink(model: Any, inputs: Any) -> Any:
        return Image.new("RGB", (4, 4)).resize((2, 2), Image.ANTIALIAS)  # type: ignore[attr-defined]

    made = Command("shrink", shrink, {"x": runway.number}, {"y": runway.image}, None)
    with pytest.raises(InferenceError, match=r"^Error during inference: Attr.* pip install 'pillo"):
        list(made.answers(None, {}, True))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (runway.boolean, 1),
        (runway.vector(length=2), [1, [2]]),
        (runway.vector(length=2), ["1", "2"]),
        (runway.vector(length=2), [True]),
        (runway.array(runway.text), "text"),
        (runway.image_point, [0.5]),
        (runway.image_point, 3),
        (runway.image_point, [0.5, True]),
        (runway.image_bounding_box, [0.5, 0.1, 0.4, 0.2]),
        (runway.image_bounding_box, [0.1, 0.2, 0.4, 0.2]),
        (runway.image_landmarks(2), [[0, 0]]),
        (runway.image, "data:image/png;base64,AAAA"),
    ],
)
def test_a_value_of_another_kind_names_its_argument(field: Any, value: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"^Invalid argument: it\. "):
        declared(field, "it").deserialize(value)


def test_one_instance_may_stand_under_many_names() -> None:
    shared = runway.number(default=1)
    made = command(print, {"a": shared, "b": shared})
    assert [field["name"] for field in made.describe()["inputs"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("mode", "format", "wanted"),
    [
        ("RGB", "JPEG", ("JPEG", "RGB")),
        ("RGBA", "JPEG", ("JPEG", "RGB")),
        ("RGBA", "PNG", ("PNG", "RGBA")),
        ("RGBA", "BMP", ("PNG", "RGBA")),
        ("L", "BMP", ("BMP", "L")),
        ("P", "PNG", ("PNG", "RGB")),
        ("CMYK", "PNG", ("PNG", "RGB")),
    ],
)
def test_pictures_of_every_mode_go_out(mode: str, format: str, wanted: tuple[str, str]) -> None:
    sent = picture(runway.image().serialize(Image.new(mode, (4, 3)), format))
    assert (sent.format, sent.mode) == wanted


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 1), (3, 4, 3), (3, 4, 4)])
def test_arrays_of_every_shape_are_pictures(shape: tuple[int, ...]) -> None:
    made = np.arange(np.prod(shape)).reshape(shape)
    sent = pixels(runway.image().serialize(made, "PNG"))
    np.testing.assert_array_equal(sent, made.squeeze())
    assert pixels(runway.image().serialize(made > 5, "PNG")).max() == 255


def test_a_map_that_is_coloured_already_stays_so() -> None:
    field = runway.segmentation(label_to_id={"a": 0})
    drawn = np.full((2, 2, 3), (1, 2, 3), np.uint8)
    np.testing.assert_array_equal(pixels(field.serialize(drawn)), drawn)


@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=20))
def test_the_nearest_colour_wins(colours: list[tuple[int, int, int]]) -> None:
    labels = {"a": [0, 0, 0], "b": [255, 255, 255], "c": [250, 10, 10]}
    ids = {"a": 3, "b": 200, "c": 0}
    field = runway.segmentation(label_to_id=ids, label_to_color=labels)
    found = np.asarray(field.deserialize(to_uri([colours])))[0]
    for colour, number in zip(colours, found, strict=True):
        far = {
            ids[label]: np.sum((np.array(colour) - np.array(theirs)) ** 2)
            for label, theirs in labels.items()
        }
        assert far[number] == min(far.values())


def test_spare_colours_are_all_different(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "colorcet", None)
    assert len({tuple(palette.colour(number)) for number in range(256)}) == 256


@pytest.mark.parametrize(
    ("returned", "outputs", "answer"),
    [
        (3, {"y": runway.number}, ({"y": 3}, None)),
        ({"y": 3}, {"y": runway.number}, ({"y": 3}, None)),
        ({"y": 3, "more": 4}, {"y": runway.number}, ({"y": 3}, None)),
        ((3, 0.5), {"y": runway.number}, ({"y": 3}, 0.5)),
        (({"y": 3}, None), {"y": runway.number}, ({"y": 3}, None)),
        (({"a": 1, "b": 2}, 1), {"a": runway.any, "b": runway.any}, ({"a": 1, "b": 2}, 1)),
        ((0.5, 0.25), {"y": runway.image_point}, ({"y": [0.5, 0.25]}, None)),
        (((0.5, 0.25), 0.75), {"y": runway.image_point}, ({"y": [0.5, 0.25]}, 0.75)),
        ((3, 4), {"y": runway.array(runway.number)}, ({"y": [3, 4]}, None)),
        (np.float32(0.5), {"y": runway.number}, ({"y": 0.5}, None)),
        (None, {"y": runway.text}, ({"y": "None"}, None)),
    ],
)
def test_what_a_command_may_return(returned: Any, outputs: Any, answer: Any) -> None:
    assert answers(command(lambda model, inputs: returned, None, outputs), {"x": 1}) == [answer]


def test_several_outputs_need_their_names() -> None:
    made = command(lambda model, inputs: 3, None, {"a": runway.any, "b": runway.any})
    with pytest.raises(InferenceError, match="'do' returns a dictionary of its outputs, got 3"):
        answers(made, {"x": 1})


def test_closing_the_answers_closes_the_ports_generator() -> None:
    closed = []

    def endless(model: Any, inputs: Any) -> Any:
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    running = command(endless).answers("model", {"x": 1}, True)
    assert next(running) == ({"y": 1}, None)
    running.close()
    assert closed == [True]


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        (None, {}),
        ("image=PNG; mask=jpeg", {"image": "PNG", "mask": "JPEG"}),
        ("image=EXR;;=;x=;PNG", {}),
    ],
)
def test_the_format_header_is_read(header: str | None, asked: dict[str, str]) -> None:
    assert formats(header) == asked


def test_numbers_that_json_has_not_become_null() -> None:
    value = {"a": [float("nan"), np.float32("inf"), np.array([1, np.nan])], "b": (1, "é")}
    assert to_json(value) == '{"a": [null, null, [1.0, null]], "b": [1, "\\u00e9"]}'


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_the_module_suits_an_old_python_and_needs_nothing_else(source: Path) -> None:
    text = source.read_text()
    tree = ast.parse(text, feature_version=(3, 7))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imported.add(str(node.module).partition(".")[0])
    # The last two are imported where they are needed, and done without.
    known = {*sys.stdlib_module_names, "numpy", "PIL", "colorcet", "websockets"}
    assert imported <= known
    for newer in ("__future__", "| None", "list[", "dict[", "tuple[", "removeprefix", "strict="):
        assert newer not in text


@pytest.mark.parametrize("options", [{"size": runway.number(default=3)}, None])
def test_a_set_up_may_be_declared_in_every_form(options: Any) -> None:
    ways = [lambda model: model.setup(options=options), lambda model: model.setup(options)]
    if options is None:
        ways += [lambda model: model.setup, lambda model: model.setup()]
    for way in ways:
        model = RunwayModel()
        way(model)(lambda given: given)
        model.set_up({})
        assert model.model == ({} if options is None else {"size": 3})
        way(model)(lambda: "made")
        model.set_up({})
        assert model.model == "made"


def test_a_set_up_that_fails_leaves_the_model_that_there_is() -> None:
    model = RunwayModel()
    model.setup(options={"fine": runway.boolean(default=True)})(
        lambda given: "made" if given["fine"] else 1 / 0
    )
    model.set_up({})
    with pytest.raises(SetupError, match="ZeroDivisionError"):
        model.set_up({"fine": False})
    assert (model.model, model.status) == ("made", "RUNNING")
