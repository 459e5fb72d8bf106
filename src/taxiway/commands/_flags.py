"""From declared fields to flags, and from what was typed back to values."""

import argparse
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taxiway.core.datatypes import AnyDataType
    from taxiway.core.tool import Flag

Fields = Mapping[str, "AnyDataType"]
SEEDS = re.compile(r"[0-9, -]+")
YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def add_options(parser: Any, fields: Fields) -> None:
    """A flag for each declared option of a parser, or a group of one; none has to be given here."""
    from taxiway.core.tool import Flag

    for name, field in fields.items():
        add_flag(parser, Flag(input=name, names=names_of(name), is_option=True), field)


def given_options(parsed: argparse.Namespace, fields: Fields) -> dict[str, Any]:
    """The options that were typed, as the wire has them; a file is its path.

    One that the command has as a flag of its own is taken from there. Raises InvalidArgument for
    a value out of bounds.
    """
    typed = vars(parsed)
    given = {}
    for name, field in fields.items():
        value = typed.get(place(name, names_of(name)), typed.get(name))
        if value is not None:
            given[name] = str(value) if isinstance(value, Path) else value
            field.decode_option(name, given[name])
    return given


def add_force(parser: argparse.ArgumentParser) -> None:
    """The flag of every command that writes files."""
    parser.add_argument("--force", action="store_true", help="also over files that others made")


def flags_of(fields: Fields, said: Iterable["Flag"]) -> "list[Flag]":
    """How each field is written: as its tool says, else `--its-name`."""
    from taxiway.core.tool import Flag

    said = list(said)
    return [
        flag
        for name in fields
        for flag in [each for each in said if each.input == name] or [Flag(input=name)]
        if not flag.is_hidden
    ]


def add_flag(parser: argparse.ArgumentParser, flag: "Flag", field: "AnyDataType") -> None:
    """One flag of the parser; what it gives is under `place(...)`, None if it was not typed."""
    from taxiway.core.datatypes import Boolean

    names = flag.names or names_of(flag.input)
    shown: dict[str, Any] = {"help": help_of(flag, field)}
    if isinstance(field, Boolean):
        add_switch(parser, flag, names, field.default is True, shown)
        return
    shown["type"] = checked(reader(flag, field))
    shown["metavar"] = flag.metavar or metavar_of(field)
    if flag.many or is_list_of_files(field):
        shown |= {"nargs": "+", "action": "extend"}
    if not names[0].startswith("-"):
        parser.add_argument(place(flag.input, flag.names), **{**shown, "metavar": names[0]})
        return
    shown["required"] = flag.is_required or (is_needed(field) and not flag.names and not flag.usual)
    parser.add_argument(*names, dest=place(flag.input, flag.names), **shown)


def add_switch(
    parser: argparse.ArgumentParser,
    flag: "Flag",
    names: Iterable[str],
    is_on: bool,
    shown: dict[str, Any],
) -> None:
    """`--name` and `--no-name`; and `--name true`, unless the tool says what is usual."""
    where: dict[str, Any] = {"dest": place(flag.input, flag.names), "default": None}
    more: dict[str, Any]
    more = (
        {"action": "store_const"}
        if flag.usual is not None
        else {"nargs": "?", "type": yes_no, "metavar": "true|false"}
    )
    off = [f"--no-{name.removeprefix('--')}" for name in names]
    # Help shows the one that changes something.
    usual = is_on if flag.usual is None else bool(flag.usual)
    hidden = {"help": argparse.SUPPRESS}
    parser.add_argument(*names, const=True, **where, **more, **(hidden if usual else shown))
    parser.add_argument(
        *off, const=False, action="store_const", **where, **(shown if usual else hidden)
    )


def place(name: str, names: Iterable[str]) -> str:
    """Where the parser puts what was typed for an input's flag of these names."""
    return f"{name}:{'/'.join(names)}"


def names_of(name: str) -> tuple[str, ...]:
    """`--noise-mode` of `noise_mode`; a short one before it where there is one: `--psi`."""
    from taxiway.core.command import ALIASES

    short = [alias for alias, meant in ALIASES.items() if meant == name]
    return tuple(f"--{each.replace('_', '-')}" for each in (*short, name))


def is_needed(field: "AnyDataType") -> bool:
    """Whether the field has to be given."""
    from msgspec import UNSET

    return field.fallback is UNSET


def gathered(flags: Iterable["Flag"], fields: Fields, parsed: argparse.Namespace) -> dict[str, Any]:
    """What was typed, by the inputs' names; several flags of one input are one list.

    Files that it names are read. Raises OSError or InvalidArgument.
    """
    given: dict[str, Any] = {}
    for flag in flags:
        value = getattr(parsed, place(flag.input, flag.names))
        value = flag.usual if value is None else value
        if value is not None:
            value = content(flag, fields[flag.input], value)
            before = given.get(flag.input)
            given[flag.input] = value if before is None else [*listed(before), *listed(value)]
    return given


def listed(value: Any) -> list[Any]:
    """A value as a list of one, or the list that it is."""
    return value if isinstance(value, list) else [value]


def checked(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """A type for argparse: its error is the one sentence of ours."""
    from taxiway.core.errors import TaxiwayError

    def typed(text: str) -> Any:
        try:
            return read(text)
        except TaxiwayError as error:
            raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None

    return typed


def reader(flag: "Flag", field: "AnyDataType") -> Callable[[str], Any]:
    """What a typed word means to a field: a number, text, a path, or JSON."""
    from taxiway.core.datatypes import AnyType, Category, File, Image, Number, Text
    from taxiway.core.text_values import json_or_text, number_of

    match field:
        case Number():
            decode = field.decode_option if flag.is_option else field.decode
            return lambda text: decode(flag.input, number_of(flag.input, text))
        case Category():
            return lambda text: field.decode(flag.input, text)
        case Text():
            return lambda text: named(text, flag.files)
        case File() | Image():
            return Path
        case _ if is_list_of_files(field):
            return Path
        case AnyType():
            return anything
    return json_or_text


def is_list_of_files(field: "AnyDataType") -> bool:
    """Whether a field takes several files."""
    from taxiway.core.datatypes import Array, File, Image

    return isinstance(field, Array) and isinstance(field.item_type, (File, Image))


def named(text: str, suffixes: tuple[str, ...]) -> str | Path:
    """The text, or the file of that name where a flag says that names end so."""
    is_name = len(text) < 200 and "\n" not in text and text.endswith(suffixes or ("\0",))
    return Path(text) if is_name else text


def content(flag: "Flag", field: "AnyDataType", value: Any) -> Any:
    """A typed value with the files that it names read, as a field takes them. Raises OSError."""
    from taxiway.core.datatypes import AnyType, Text
    from taxiway.jobs.inputs import value_of

    paths = value if isinstance(value, list) else [value]
    if isinstance(field, AnyType) or not all(isinstance(path, Path) for path in paths):
        return value
    if flag.is_option:
        return field.decode_option(flag.input, str(value))
    return value.read_text("utf-8") if isinstance(field, Text) else value_of(field, paths)


def anything(text: str) -> Any:
    """Seeds as text, JSON, a path (also as @FILE), or plain text.

    Digits are seeds even where there is a file of that name.
    """
    from taxiway.core.text_values import json_or_text

    if SEEDS.fullmatch(text):
        return text
    if text.startswith("@"):
        return Path(text[1:])
    value = json_or_text(text)
    is_path = text == value != "" and (Path(text).suffix or "/" in text or Path(text).exists())
    return Path(text) if is_path else value


def yes_no(text: str) -> bool:
    """A type for argparse: true or false."""
    if text.lower() not in YES_NO:
        raise argparse.ArgumentTypeError(f"true or false is needed, got {text[:40]!r}")
    return YES_NO[text.lower()]


def metavar_of(field: "AnyDataType") -> str:
    """What help shows in place of a value."""
    from taxiway.core.datatypes import AnyType, Category, File, Image, Number, Text

    match field:
        case Category():
            return f"{{{','.join(field.one_of)}}}"
        case Number():
            return "N" if field.whole is True else "X"
        case File() | Image():
            return "FILE"
        case Text():
            return "TEXT"
        case AnyType():
            return "VALUE"
    return "FILE" if is_list_of_files(field) else "JSON"


def help_of(flag: "Flag", field: "AnyDataType") -> str:
    """What an input is for, its range and its default."""
    text = (flag.help or field.description or "").rstrip(".")
    notes = ", ".join(notes_of(flag, field))
    text = f"{text} ({notes})" if text and notes else text or notes
    return text.replace("%", "%%")


def notes_of(flag: "Flag", field: "AnyDataType") -> Iterator[str]:
    """The range and the default, where they say something."""
    from msgspec import UNSET

    low, high = getattr(field, "min", UNSET), getattr(field, "max", UNSET)
    if low is not UNSET and high is not UNSET:
        yield f"{low:.10g} to {high:.10g}"
    if flag.is_option and is_needed(field):
        yield "needed"
    usual = getattr(field, "default", None) if flag.usual is None else flag.usual
    usual = " ".join(map(str, usual)) if isinstance(usual, (list, tuple)) else usual
    if usual not in (None, "", UNSET) and not isinstance(usual, bool):
        yield f"else {usual:.10g}" if isinstance(usual, float) else f"else {usual}"
