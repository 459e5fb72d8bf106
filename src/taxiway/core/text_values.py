"""Values that a person typed: text becomes what a declared field takes on the wire."""

import json
from collections.abc import Iterable, Mapping

from taxiway.core.datatypes import AnyDataType, Category, File, Text, Wire
from taxiway.core.errors import InvalidArgument


def json_or_text(text: str) -> Wire:
    """Text that reads as JSON is that, else text."""
    try:
        value: Wire = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value


def value_of(field: AnyDataType | None, text: str) -> Wire:
    """Text as a value of the wire: as it is where the field takes text, else by JSON if it is.

    A choice is found whatever its capitals: `png` is as good as `PNG`.
    """
    if isinstance(field, Category):
        return next((one for one in field.one_of if one.lower() == text.lower()), text)
    return text if isinstance(field, (Text, File)) else json_or_text(text)


def number_of(name: str, text: str) -> float:
    """A number in text, whole where it is written so. Raises InvalidArgument naming the input."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    raise InvalidArgument(f"'{name}' takes a number, got {text[:40]!r}.", name)


def named_values(
    words: Iterable[str],
    fields: Mapping[str, AnyDataType] | None = None,
    whose: str = "An option",
) -> dict[str, Wire]:
    """Values from `NAME=VALUE` words, each as its field takes it; `-` in a name may stand for `_`.

    Raises InvalidArgument for a word without a name or a `=`, which says `whose` it is.
    """
    chosen: dict[str, Wire] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not (name and equals):
            raise InvalidArgument(f"{whose} takes NAME=VALUE, got '{word}'.")
        known = name.replace("-", "_")
        name = known if fields and known in fields else name
        chosen[name] = value_of((fields or {}).get(name), text)
    return chosen
