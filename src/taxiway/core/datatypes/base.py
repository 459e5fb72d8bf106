"""What every data type has: a wire value in, a wire value out, a description, a schema."""

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from taxiway.core.images import ImageFormat

Wire = Any
"""What JSON can carry: None, bool, int, float, str, list, dict."""


class DataType(Struct, frozen=True, kw_only=True, tag_field="type", rename="camel"):
    """Parent of all types. `optional` inputs may be left out; the model then sees None.

    Inputs of one `group` are shown together, under its name.
    """

    description: str | None = None
    optional: bool | UnsetType = UNSET
    group: str | UnsetType = UNSET

    plainest: ClassVar[Wire] = ""
    """A value that it takes, for examples, where it has no default."""
    holds_pictures: ClassVar[bool] = False
    """Whether to decode one value may take half a second and a hundred megabytes."""

    @property
    def fallback(self) -> Wire:
        """The value of an input that was not given, or UNSET if it must be given."""
        value = getattr(self, "default", None)
        if value is not None and value is not UNSET:
            return value
        return None if self.optional is True else UNSET

    @property
    def example(self) -> Wire:
        """A wire value to show in documents: the default, or the plainest there is."""
        value = self.fallback
        return self.plainest if value is UNSET or value is None else value

    def decode(self, name: str, wire: Wire) -> Any:
        """Turn a wire value into what the model takes; InvalidArgument names the input.

        What was decoded already comes back as it is.
        """
        return wire

    def decode_option(self, name: str, wire: Wire) -> Any:
        """Decode a set-up option, which comes from the person at the machine, not from a client."""
        return self.decode(name, wire)

    def encode(self, value: Any, format: ImageFormat | None = None) -> Wire:
        """Turn what the model gave into a wire value. `format` concerns images only."""
        return value

    def describe(self, name: str) -> dict[str, Any]:
        """The field as Runway's `/info` shows it."""
        return {"name": name, **msgspec.to_builtins(self)}

    def schema(self) -> dict[str, Any]:
        """The wire value as JSON Schema (2020-12), for OpenAPI; null stands for "not given"."""
        schema = self.wire_schema()
        if schema:
            schema = {"anyOf": [schema, {"type": "null"}]}
        if self.description:
            schema["description"] = self.description
        default = getattr(self, "default", UNSET)
        if default is not UNSET and default is not None:
            schema["default"] = default
        return schema

    def wire_schema(self) -> dict[str, Any]:
        """The schema of a value that was given."""
        return {}


def kind(wire: Wire) -> str:
    """What a wire value is, in the words of an error message."""
    names = {
        bool: "true or false",
        str: "text",
        dict: "an object",
        list: "a list",
        bytes: "bytes",
    }
    return "nothing" if wire is None else names.get(type(wire), "a number")


def names(values: Sequence[str]) -> str:
    """`a, b, c` for an error message, or `none` for an empty list."""
    return ", ".join(sorted(values)) or "none"
