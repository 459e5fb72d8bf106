"""A command's declaration: what is missing, what is extra, what form pictures take."""

import numpy as np
import pytest

from taxiway.core.command import Command, first_command
from taxiway.core.datatypes import Image, Number, OutputFormat, Text, Vector
from taxiway.core.errors import InvalidArgument, NotFound

COMMAND = Command(
    name="generate",
    inputs={
        "z": Vector(length=2),
        "seed": Number(default=None, optional=True, whole=True),
        "truncation": Number(default=0.8),
        "caption": Text(default=None),
        "format": OutputFormat(),
    },
    outputs={"image": Image()},
    needs_one_of=("z", "seed"),
)
PIXELS = np.zeros((2, 2, 3), np.uint8)


def test_absent_inputs_take_their_default_and_unknown_keys_are_ignored() -> None:
    values = COMMAND.decode({"seed": 3, "caption": "x", "colour": "red"})
    assert values == {"z": None, "seed": 3, "truncation": 0.8, "caption": "x", "format": None}


def test_a_short_name_is_as_good_as_the_inputs_own() -> None:
    assert COMMAND.decode({"seed": 3, "caption": "", "psi": 0.3})["truncation"] == 0.3
    assert COMMAND.named({"psi": 0.3, "truncation": 1})["truncation"] == 1
    own = Command(name="c", inputs={"psi": Number(), "truncation": Number()}, outputs={})
    assert own.decode({"psi": 2}) == {"psi": 2, "truncation": 0}


def test_a_command_may_have_inputs_under_the_names_of_old_sketches() -> None:
    old = {"input_image": "image", "psi": "image"}
    command = Command(name="c", inputs={"image": Text()}, outputs={}, aliases=old)
    assert command.decode({"input_image": "x"}) == {"image": "x"}
    assert command.decode({"input_image": "x", "image": "y"}) == {"image": "y"}
    assert (command.input_of("input_image"), command.input_of("picture")) == ("image", None)
    assert command.unknown({"input_image": "x", "picture": "y"}) == ["picture"]


def test_null_stands_for_an_input_that_was_not_given() -> None:
    assert COMMAND.decode({"seed": 3, "truncation": None, "caption": "x"})["truncation"] == 0.8


def test_one_of_several_inputs_must_be_given() -> None:
    with pytest.raises(InvalidArgument, match="Give 'z' or 'seed'") as raised:
        COMMAND.decode({"caption": "x"})
    assert raised.value.name == "z"


def test_an_input_without_default_is_missed_by_name() -> None:
    with pytest.raises(InvalidArgument, match="'caption' is missing"):
        COMMAND.decode({"seed": 1})


@pytest.mark.parametrize(
    ("asked", "header", "start"),
    [
        (None, None, "data:image/jpeg;base64,"),
        ("PNG", None, "data:image/png;base64,"),
        (None, "image=PNG", "data:image/png;base64,"),
        (None, "mask=JPEG; image=PNG", "data:image/png;base64,"),
        (None, "image=EXE", "data:image/jpeg;base64,"),
        (None, "image", "data:image/jpeg;base64,"),
    ],
)
def test_pictures_are_answered_in_the_format_asked_for(
    asked: str | None, header: str | None, start: str
) -> None:
    formats = COMMAND.formats({"format": asked}, header)
    assert COMMAND.encode({"image": PIXELS}, formats)["image"].startswith(start)


def test_the_first_command_is_meant_where_none_is_named() -> None:
    commands = {"generate": COMMAND}
    assert first_command(commands) is COMMAND
    assert first_command(commands, "generate") is COMMAND
    with pytest.raises(NotFound, match="No command named 'paint'. There are: generate."):
        first_command(commands, "paint")
