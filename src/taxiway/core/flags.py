"""Flags of the command line made from declared fields: `--name VALUE`, typed by its data type."""

import argparse
import json
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import UNSET

from taxiway.core.datatypes import (
    AnyDataType,
    Array,
    Boolean,
    Category,
    File,
    Number,
    Text,
    Vector,
    Wire,
)
from taxiway.core.errors import InvalidArgument

METAVARS: dict[type, str] = {
    Boolean: "true|false",
    Category: "WORD",
    File: "FILE",
    Number: "N",
    Text: "TEXT",
}


def add_flags(parser: Any, fields: Mapping[str, AnyDataType]) -> None:
    """Give an argparse parser, or a group of one, a flag for every field.

    Values are checked by whoever decodes the fields, so that they are refused in the same words
    wherever they come from. A Boolean's may stand alone. What is not given is no attribute of the
    result.
    """
    for name, field in fields.items():
        switch = {"nargs": "?", "const": True} if isinstance(field, Boolean) else {}
        parser.add_argument(
            flag_of(name),
            dest=name,
            default=argparse.SUPPRESS,
            type=lambda text, field=field: value_of(field, text),
            metavar=METAVARS.get(type(field), "JSON"),
            help=words_of(field).replace("%", "%%"),
            **switch,
        )


def flag_of(name: str) -> str:
    """`--noise-mode` for `noise_mode`."""
    return f"--{name.replace('_', '-')}"


def value_of(field: AnyDataType | None, text: str) -> Wire:
    """Text as a value of the wire: as it is where the field takes text, else by JSON if it is."""
    if isinstance(field, (Text, Category, File)):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def number_of(name: str, text: str) -> float:
    """A number in text, whole where it is written so. Raises InvalidArgument naming the input."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    raise InvalidArgument(f"'{name}' takes a number, got {text[:40]!r}.", name)


def named_values(
    words: Iterable[str], fields: Mapping[str, AnyDataType] | None = None
) -> dict[str, Wire]:
    """Options from `name=value`, each as its field takes it. Raises InvalidArgument."""
    chosen: dict[str, Wire] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not (name and equals):
            raise InvalidArgument(f"An option takes name=value, got '{word}'.")
        chosen[name] = value_of((fields or {}).get(name), text)
    return chosen


def words_of(field: AnyDataType) -> str:
    """What a field takes: its description, range, and default."""
    said = (field.description or "").rstrip(".")
    default = field.fallback
    if default is UNSET:
        ending = "needed"
    elif default is None:
        ending = "optional"
    else:
        ending = f"{default if isinstance(default, str) else json.dumps(default)} if not given"
    return "; ".join(filter(None, (said, _range_of(field), ending)))


def _range_of(field: AnyDataType) -> str:
    if isinstance(field, Category):
        return f"one of {', '.join(field.one_of)}"
    if isinstance(field, Number):
        kind = "a whole number" if field.whole is True else "a number"
        low = "" if field.min is UNSET else f" from {field.min:g}"
        return kind + low + ("" if field.max is UNSET else f" to {field.max:g}")
    if isinstance(field, Vector):
        return f"{field.length} numbers"
    return "a list" if isinstance(field, Array) else ""
