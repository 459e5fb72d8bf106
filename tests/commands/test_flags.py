"""Flags made of inputs: every type, every way to write it, and one sentence for what is wrong."""

import argparse
from pathlib import Path
from typing import Any

import pytest

from taxiway.commands import _flags
from taxiway.commands.run import origin
from taxiway.core.datatypes import (
    AnyDataType,
    AnyType,
    Array,
    Boolean,
    Category,
    File,
    Number,
    Text,
)
from taxiway.core.errors import InvalidArgument
from taxiway.core.tool import Flag

FIELDS: dict[str, AnyDataType] = {
    "truncation": Number(default=0.8, min=0, max=1),
    "count": Number(default=3, whole=True, min=1, max=9, description="How many."),
    "noise_mode": Category(one_of=("const", "none")),
    "keys": AnyType(optional=True),
    "note": Text(),
    "centred": Boolean(),
    "film": Boolean(default=True),
    "loop": Boolean(default=True),
    "files": Array(item_type=File()),
    "weights": File(default=None, optional=True),
}
FLAGS = (
    Flag(input="keys", names=("--keys", "--latents"), many=True, usual=["0-4"]),
    Flag(input="note", files=(".txt",)),
    Flag(input="loop", usual=False),
    Flag(input="weights", is_option=True),
)
USUAL = {"keys": ["0-4"], "loop": False}


def typed(*words: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser(exit_on_error=False)
    flags = _flags.flags_of(FIELDS, FLAGS)
    for flag in flags:
        field = FIELDS[flag.input]
        _flags.add_flag(parser, flag, field)
    required = [] if "--files" in words else ["--files", __file__]
    given = _flags.gathered(flags, FIELDS, parser.parse_args([*words, *required]))
    return given if "--files" in words else {k: v for k, v in given.items() if k != "files"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], {}),
        (["--psi", "0.5"], {"truncation": 0.5}),
        (["--truncation=-1"], {"truncation": -1.0}),
        (["--count", "9"], {"count": 9}),
        (["--noise-mode", "none"], {"noise_mode": "none"}),
        (["--keys", "1,5", "a.npz", "7"], {"keys": ["1,5", Path("a.npz"), "7"]}),
        (["--keys", "1", "--latents", "[0.5, 1]"], {"keys": ["1", [0.5, 1]]}),
        (["--keys", "@notes"], {"keys": [Path("notes")]}),
        (["--note", "12"], {"note": "12"}),
        (["--centred"], {"centred": True}),
        (["--centred", "false"], {"centred": False}),
        (["--no-film"], {"film": False}),
        (["--loop"], {"loop": True}),
        (["--files", "x.zip", "y.zip"], {"files": [Path("x.zip"), Path("y.zip")]}),
    ],
)
def test_words_become_inputs(words: list[str], expected: dict[str, Any]) -> None:
    assert typed(*words) == USUAL | expected


def test_a_text_may_be_in_a_file_and_an_option_is_a_path(tmp_path: Path) -> None:
    (tmp_path / "bends.txt").write_text("b16 rotate 30")
    given = typed("--note", str(tmp_path / "bends.txt"), "--weights", str(tmp_path / "bends.txt"))
    assert given["note"] == "b16 rotate 30"
    assert given["weights"] == str(tmp_path / "bends.txt")
    with pytest.raises(FileNotFoundError):
        typed("--note", str(tmp_path / "none.txt"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--count", "10"], "'count' takes 1 to 9, got 10"),
        (["--count", "0.5"], "'count' takes a whole number, got 0.5"),
        (["--psi", "nan"], "'truncation' takes a finite number"),
        (["--psi", "much"], "'truncation' takes a number, got 'much'"),
        (["--noise-mode", "loud"], "'noise_mode' takes one of"),
        (["--centred", "perhaps"], "true or false is needed, got 'perhaps'"),
    ],
)
def test_what_is_wrong_is_one_sentence(words: list[str], said: str) -> None:
    with pytest.raises(argparse.ArgumentError, match=said):
        typed(*words)


def test_help_tells_the_range_and_the_default() -> None:
    [flag] = _flags.flags_of({"count": FIELDS["count"]}, ())
    assert _flags.help_of(flag, FIELDS["count"]) == "How many (1 to 9, else 3)"


def options(*words: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--size", type=int)
    fields = {name: field for name, field in FIELDS.items() if name != "keys"}
    _flags.add_options(parser, fields)
    size = {"size": Number(whole=True, max=9)}
    return _flags.given_options(parser.parse_args(words), {**fields, **size})


def test_options_need_not_be_given_and_files_are_paths() -> None:
    assert options() == {}
    given = options("--psi", "1", "--no-film", "--weights", __file__, "--note", "7", "--size", "4")
    assert given == {"truncation": 1, "film": False, "weights": __file__, "note": "7", "size": 4}
    with pytest.raises(InvalidArgument, match="'size'"):
        options("--size", "10")


def test_an_origin_is_taken_as_browsers_tell_it() -> None:
    """They tell no slash and no path, and a page would be refused for either."""
    assert origin("https://Editor.p5js.org/") == "https://editor.p5js.org"
    assert [origin(each) for each in ("null", "*", "http://localhost:3000")] == [
        "null", "*", "http://localhost:3000",
    ]  # fmt: skip
    for wrong in ("editor.p5js.org", "https://a.b/sketch", "", "https://"):
        with pytest.raises(argparse.ArgumentTypeError, match="an origin is written as https://"):
            origin(wrong)
