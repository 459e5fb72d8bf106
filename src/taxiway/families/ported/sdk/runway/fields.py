"""The data types that JSON carries as they are; keys and quirks are those of SDK 0.6.1."""

import copy
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from .exceptions import InvalidArgumentError, MissingArgumentError


class BaseType:
    """A typed input, output or option. `name` is set by the declaration that it stands in.

    `SHOWN` are the attributes that a description shows where they are set, in camel case.
    """

    SHOWN: Tuple[str, ...] = ()
    default: Any = None

    def __init__(self, data_type: str, description: Optional[str] = None, name: Any = None) -> None:
        self.type = data_type
        self.description = description
        self.name = name

    def deserialize(self, value: Any) -> Any:
        """From JSON to what a command gets; InvalidArgumentError names the argument."""
        return value

    def serialize(self, value: Any) -> Any:
        """From what a command returns to JSON."""
        return value

    def to_dict(self) -> Dict[str, Any]:
        """The description that `/meta` shows."""
        shown = {"name": self.name, "type": self.type, "description": self.description}
        for attribute in self.SHOWN:
            if getattr(self, attribute) is not None:
                first, *rest = attribute.split("_")
                shown[first + "".join(map(str.title, rest))] = getattr(self, attribute)
        return shown

    def refuse(self, message: str) -> InvalidArgumentError:
        return InvalidArgumentError(self.name or self.type, message)


def declared(field: Any, name: Optional[str] = None) -> BaseType:
    """The instance of a type or instance, under that name; an instance may stand in many places."""
    made = field() if isinstance(field, type) else copy.copy(field)
    if not isinstance(made, BaseType):
        raise InvalidArgumentError(
            name, f"It takes a data type of runway.data_types, got {field!r:.60}."
        )
    made.name = name or made.name
    return made


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


class any(BaseType):
    """Whatever JSON carries."""

    def __init__(self, description: Optional[str] = None, name: Optional[str] = None) -> None:
        super().__init__("any", description, name)


class text(BaseType):
    """A string; lengths are told, not enforced."""

    SHOWN = ("default", "min_length", "max_length")

    def __init__(
        self,
        default: str = "",
        description: Optional[str] = None,
        min_length: int = 0,
        max_length: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        super().__init__("text", description, name)
        self.default, self.min_length, self.max_length = default, min_length, max_length

    def serialize(self, value: Any) -> str:
        return str(value)


class number(BaseType):
    """A number; bounds are told, not enforced. Without a default it is `min`, `max` or 0.

    As in the SDK a default of 0 counts as none.
    """

    SHOWN = ("default", "min", "max", "step")

    def __init__(
        self,
        default: Optional[float] = None,
        description: Optional[str] = None,
        min: Optional[float] = None,
        max: Optional[float] = None,
        step: Optional[float] = None,
        name: Optional[str] = None,
    ) -> None:
        super().__init__("number", description, name)
        self.default = default or min or max or 0
        self.min, self.max, self.step = min, max, step

    def serialize(self, value: Any) -> Any:
        return value.item() if hasattr(value, "item") else value


class boolean(BaseType):
    """True or false, and nothing that merely looks like it."""

    SHOWN = ("default",)

    def __init__(
        self, default: bool = False, description: Optional[str] = None, name: Optional[str] = None
    ) -> None:
        super().__init__("boolean", description, name)
        self.default = default

    def deserialize(self, value: Any) -> bool:
        if not isinstance(value, (bool, np.bool_)):
            raise self.refuse(f"It takes true or false, got {value!r:.40}.")
        return bool(value)

    serialize = deserialize


class category(BaseType):
    """One of a few values; the first is the default unless another is named."""

    SHOWN = ("one_of", "default")

    def __init__(
        self,
        choices: Optional[Sequence[Any]] = None,
        default: Any = None,
        description: Optional[str] = None,
        name: Optional[str] = None,
    ) -> None:
        super().__init__("category", description, name)
        if not choices:
            raise MissingArgumentError("choices", "A category needs at least one.")
        self.one_of = list(choices)
        self.default = self.one_of[0] if default is None else default
        if self.default not in self.one_of:
            raise InvalidArgumentError("default", f"{default!r:.60} is none of the choices.")

    def deserialize(self, value: Any) -> Any:
        if value not in self.one_of:
            shown = str(value)[:40]
            raise self.refuse(f'category value "{shown}" does not appear in choices list.')
        return value


class vector(BaseType):
    """A numpy array of numbers; the length is told, not enforced."""

    SHOWN = ("length", "sampling_mean", "sampling_std")

    def __init__(
        self,
        length: Optional[int] = None,
        description: Optional[str] = None,
        sampling_mean: float = 0,
        sampling_std: float = 1,
        default: Optional[Sequence[float]] = None,
        name: Optional[str] = None,
    ) -> None:
        super().__init__("vector", description, name)
        self.default = None if default is None else np.asarray(default).tolist()
        if length is None and self.default is None:
            raise MissingArgumentError("length", "A vector needs one, or a default.")
        self.length = len(self.default or ()) if length is None else length
        if self.default is not None and len(self.default) != self.length:
            raise InvalidArgumentError(
                "default", f"It has {len(self.default)} numbers, and the length is {self.length}."
            )
        self.sampling_mean, self.sampling_std = sampling_mean, sampling_std

    def deserialize(self, value: Any) -> Any:
        try:
            made = np.array(value)
        except ValueError:
            raise self.refuse("It takes a list of numbers.") from None
        if made.dtype.kind not in "iuf":
            raise self.refuse("It takes a list of numbers.")
        return made

    def serialize(self, value: Any) -> Any:
        return np.asarray(value).tolist()

    def to_dict(self) -> Dict[str, Any]:
        return {**super().to_dict(), "default": self.default}


class array(BaseType):
    """A list of values of one type."""

    SHOWN = ("min_length", "max_length")

    def __init__(
        self,
        item_type: Any = None,
        description: Optional[str] = None,
        min_length: int = 0,
        max_length: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        super().__init__("array", description, name)
        if item_type is None:
            raise MissingArgumentError("item_type", "An array needs the type of its items.")
        self.item_type = declared(item_type)
        self.item_type.name = f"{self.item_type.type}_array_item"
        self.min_length, self.max_length = min_length, max_length

    def deserialize(self, value: Any) -> List[Any]:
        if not isinstance(value, list):
            raise self.refuse("It takes a list.")
        return [self.item_type.deserialize(item) for item in value]

    def serialize(self, value: Any) -> List[Any]:
        return [self.item_type.serialize(item) for item in value]

    def to_dict(self) -> Dict[str, Any]:
        return {**super().to_dict(), "itemType": self.item_type.to_dict()}
