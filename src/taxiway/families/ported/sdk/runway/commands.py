"""What a port declares: commands and options, checked and converted as the SDK did."""

import contextlib
import inspect
from typing import Any, Dict, Iterator, Optional, Tuple

from .exceptions import InferenceError, InvalidArgumentError, MissingInputError, RunwayError
from .fields import BaseType, array, declared, is_number, vector
from .files import file
from .pictures import FORMATS, image, segmentation
from .places import image_point


def fields(given: Any) -> Dict[str, BaseType]:
    """The declared types by name: from a dictionary, or the oldest SDK's list of types.

    In a list one without a name= is called as its type is. Raises InvalidArgumentError.
    """
    pairs = given.items() if isinstance(given, dict) else ((None, field) for field in given or ())
    made: Dict[str, BaseType] = {}
    for name, field in pairs:
        ready = declared(field, name)
        ready.name = ready.name or ready.type
        if ready.name in made:
            raise InvalidArgumentError(ready.name, "Two of a list have this name; give a name=.")
        made[ready.name] = ready
    return made


def decode(
    declaration: Dict[str, BaseType], given: Any, missing: Any, at_home: bool
) -> Dict[str, Any]:
    """Every declared value from `given` or its default; further ones are ignored.

    Raises `missing(name)`, or InvalidArgumentError. Files are opened for callers of this machine
    (`at_home`) only.
    """
    values = {}
    for name, field in declaration.items():
        value = given.get(name)
        if value is None:
            value = field.default
        elif isinstance(field, file) and not at_home:
            raise InvalidArgumentError(name, "Files are taken from programs of this machine only.")
        if value is None:
            raise missing(name)
        values[name] = field.deserialize(value)
    return values


def formats(header: Optional[str]) -> Dict[str, str]:
    """`X-Runway-Output-Format: image=PNG; mask=JPEG` by output; what is not known is left out."""
    pairs = (part.partition("=") for part in (header or "").split(";"))
    asked = {name.strip(): format.strip().upper() for name, _, format in pairs}
    return {name: format for name, format in asked.items() if format in FORMATS}


class Command:
    """One function of the port with its typed inputs and outputs."""

    def __init__(
        self, name: str, function: Any, inputs: Any, outputs: Any, description: Optional[str]
    ) -> None:
        self.name, self.function, self.description = name, function, description
        self.inputs, self.outputs = fields(inputs), fields(outputs)
        if not self.inputs or not self.outputs:
            missing = "outputs" if self.inputs else "inputs"
            raise InvalidArgumentError(missing, f"The command '{name}' needs one at least.")
        self.positional = not isinstance(inputs, dict)

    def describe(self) -> Dict[str, Any]:
        streams = {"streams": True} if inspect.isgeneratorfunction(self.function) else {}
        return {
            "name": self.name,
            "description": self.description,
            "inputs": [field.to_dict() for field in self.inputs.values()],
            "outputs": [field.to_dict() for field in self.outputs.values()],
            **streams,
        }

    def answers(
        self, model: Any, given: Any, at_home: bool, asked: Optional[Dict[str, str]] = None
    ) -> Iterator[Tuple[Dict[str, Any], Optional[float]]]:
        """Run the command: (outputs as JSON, progress or None), once, or as often as it yields.

        Raises RunwayError. Closing this generator closes the port's own.
        """
        inputs = decode(self.inputs, given, MissingInputError, at_home)
        try:
            returned = self._call(model, inputs)
            if not inspect.isgenerator(returned):
                yield self._answer(returned, asked or {})
                return
            nothing = True
            with contextlib.closing(returned):
                for value in returned:
                    nothing = False
                    yield self._answer(value, asked or {})
            if nothing:
                raise ValueError("it yielded nothing")
        except RunwayError:
            raise
        except (Exception, SystemExit) as error:
            raise InferenceError.of(error) from error

    def _call(self, model: Any, inputs: Dict[str, Any]) -> Any:
        if self.positional:
            return self.function(model, *inputs.values())
        return self.function(model, inputs)

    def _answer(
        self, returned: Any, asked: Dict[str, str]
    ) -> Tuple[Dict[str, Any], Optional[float]]:
        progress = None
        if self._has_progress(returned):
            returned, progress = returned
        outputs = self._by_name(returned)
        try:
            encoded = {
                name: _serialized(field, outputs[name], asked.get(name))
                for name, field in self.outputs.items()
                if name in outputs
            }
        except InvalidArgumentError as error:
            raise InferenceError(error.message.replace("argument", "output", 1)[:-1]) from error
        return encoded, progress

    def _has_progress(self, returned: Any) -> bool:
        """Whether it is (outputs, progress) and not a pair of numbers that is an output itself."""
        if not isinstance(returned, tuple) or len(returned) != 2:
            return False
        first, second = returned
        if second is not None and not (is_number(second) and 0 <= second <= 1):
            return False
        only = next(iter(self.outputs.values())) if len(self.outputs) == 1 else None
        return not (is_number(first) and isinstance(only, (image_point, vector, array)))

    def _by_name(self, returned: Any) -> Dict[str, Any]:
        name = next(iter(self.outputs))
        named = isinstance(returned, dict) and (len(self.outputs) > 1 or name in returned)
        if named:
            return dict(returned)
        if len(self.outputs) == 1:
            return {name: returned}
        raise TypeError(f"'{self.name}' returns a dictionary of its outputs, got {returned!r:.60}.")


def _serialized(field: BaseType, value: Any, format: Optional[str]) -> Any:
    if isinstance(field, (image, segmentation)):
        return field.serialize(value, format)
    return field.serialize(value)
