"""What a pickle stream can become here: plain values, and inert records of what it named."""

from dataclasses import dataclass, field
from typing import TypeGuard

from taxiway.checkpoint.limits import MAX_DIMENSIONS
from taxiway.checkpoint.source import Text

Values = dict[object, object]
Args = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Global:
    """A name that the file refers to. It is never looked up."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(slots=True)
class Record:
    """An instance of a class of the file's own, as the dictionary it would have had."""

    kind: str
    state: Values = field(default_factory=dict)


@dataclass(slots=True)
class Module:
    """One network or layer as NVIDIA's persistence writes it, with the text of its class."""

    name: str
    text: str | Text
    state: Values


@dataclass(slots=True)
class Opaque:
    """The place of something refused, in a stream that is only looked at."""

    wanted: str


def is_size(value: object) -> TypeGuard[int]:
    """A whole number from 0 on; True and False are none."""
    return type(value) is int and value >= 0


def is_sizes(value: object) -> TypeGuard[tuple[int, ...]]:
    """A shape or strides: a short tuple of sizes."""
    if not isinstance(value, tuple) or len(value) > MAX_DIMENSIONS:
        return False
    return all(is_size(item) for item in value)
