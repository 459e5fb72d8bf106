"""JSON that somebody else wrote: bounded before it is parsed, and one exception for what is wrong.

A parser has an exception for everything (nesting, numbers, text that is no UTF-8...); a list of
some of them misses the next one. So all are turned here, once.
"""

import codecs
import re
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
MOST_BYTES = 64_000_000
MOST_MEMORY = 1_000_000_000
"""Bytes that the values of a text may take once they are read."""
_COSTS = {b",": 40, b"[": 64, b"{": 240}
"""About the bytes that CPython takes for a value, a list and an object."""
_NOT_FINITE = re.compile(rb"(?<=[\[:,\s])(NaN|-?Infinity)\b")


class Malformed(ValueError):
    """What is wrong with a text, as a clause without a full stop, such as `it is nested...`."""


def from_json(
    data: bytes | str, kind: type[T] | Any = Any, most: int = MOST_BYTES, strict: bool = True
) -> T:
    """The value in a JSON text, of that type. Raises Malformed, and nothing else.

    `most` is in bytes; one that would take very much memory is refused before it is parsed.
    """
    text = data if isinstance(data, bytes) else data.encode(errors="surrogatepass")
    text = text.removeprefix(codecs.BOM_UTF8)  # as Windows' editors write
    if len(text) > most:
        raise Malformed(f"it is larger than {max(most // 1_000_000, 1)} MB")
    if sum(cost * text.count(mark) for mark, cost in _COSTS.items()) > MOST_MEMORY:
        raise Malformed("it holds too many values")
    try:
        found: T = msgspec.json.decode(text, type=kind, strict=strict)
        return found
    except RecursionError:
        raise Malformed("it is nested too deeply") from None
    except Exception as error:
        if not is_utf8(text):
            raise Malformed("it is not valid UTF-8") from None
        told = " ".join(str(error).split()).rstrip(".")
        number = _NOT_FINITE.search(text)
        also = f" ({number[0].decode()} is not JSON)" if number else ""
        raise Malformed(told + also) from None


def is_utf8(data: bytes) -> bool:
    """Whether it is text. What a parser says of one that is not changes with its version."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
