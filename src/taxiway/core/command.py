"""A command's declaration: its typed inputs and outputs, decoded and encoded by name."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, Struct

from taxiway.core.datatypes import AnyDataType, Image, OutputFormat, Wire, names
from taxiway.core.errors import InvalidArgument, ModelFailed, NotFound
from taxiway.core.images import ImageFormat

Values = dict[str, Any]
"""Decoded inputs or outputs by name: numbers, text, numpy arrays; never a tensor."""

ALIASES = {"psi": "truncation"}
"""Short names of inputs, for every command that has such an input and none of the short name."""


class Command(Struct, frozen=True, kw_only=True):
    """What can be asked of a model: typed inputs, typed outputs and the largest batch.

    `needs_one_of` names inputs of which at least one must be given, and which have no default then
    (StyleGAN: z, seed or w). `aliases` are other names of inputs: those that old sketches send.
    What is `by_caller` answers by what the same caller showed before, whom each call names as
    `caller` then.
    """

    name: str
    inputs: dict[str, AnyDataType]
    outputs: dict[str, AnyDataType]
    description: str | None = None
    max_batch: int = 1
    needs_one_of: tuple[str, ...] = ()
    aliases: dict[str, str] = {}
    by_caller: bool = False

    def decode(self, wire: Mapping[str, Wire]) -> Values:
        """Decode every input; absent ones take their default, unknown keys are ignored.

        Raises InvalidArgument naming the input, with what was given and what is expected.
        """
        wire = self.named(wire)
        values = {name: self._decode_one(name, field, wire) for name, field in self.inputs.items()}
        if self.needs_one_of and all(values[name] is None for name in self.needs_one_of):
            wanted = " or ".join(f"'{name}'" for name in self.needs_one_of)
            raise InvalidArgument(f"Give {wanted}.", self.needs_one_of[0])
        return values

    def named(self, wire: Mapping[str, Wire]) -> Mapping[str, Wire]:
        """What was given with the inputs' own names beside short and old ones."""
        if wire.keys() <= self.inputs.keys():
            return wire
        for other, name in self.other_names.items():
            if other in wire and wire.get(name) is None:
                wire = {**wire, name: wire[other]}
        return wire

    @property
    def other_names(self) -> dict[str, str]:
        """The inputs that short and old names stand for, by those names."""
        known = {**ALIASES, **self.aliases}
        return {
            other: name
            for other, name in known.items()
            if name in self.inputs and other not in self.inputs
        }

    def input_of(self, name: str) -> str | None:
        """The input that a name, perhaps a short or old one, stands for; None if it is none's."""
        return name if name in self.inputs else self.other_names.get(name)

    def unknown(self, wire: Mapping[str, Wire]) -> list[str]:
        """The names in `wire` that are no inputs, which `decode` ignores as Runway did."""
        return [name for name in wire if self.input_of(name) is None]

    def encode(
        self, outputs: Mapping[str, Any], formats: Mapping[str, ImageFormat]
    ) -> dict[str, Wire]:
        """Encode every output; `formats` overrides the file format of images by output name.

        Raises ModelFailed where one is missing, or is no value of its type.
        """
        if absent := [name for name in self.outputs if name not in outputs]:
            raise ModelFailed(f"The model's answer has no output '{absent[0]}'.")
        return self.encode_some(outputs, formats)

    def encode_some(
        self, outputs: Mapping[str, Any], formats: Mapping[str, ImageFormat]
    ) -> dict[str, Wire]:
        """Encode what there is of the outputs, as a part of an answer may lack some."""
        return {
            name: self._encode_one(name, field, outputs[name], formats.get(name))
            for name, field in self.outputs.items()
            if name in outputs
        }

    def _encode_one(
        self, name: str, field: AnyDataType, value: Any, format: ImageFormat | None
    ) -> Wire:
        try:
            return field.encode(value, format)
        except ModelFailed:
            raise
        except Exception:
            tag, given = type(field).__struct_config__.tag, f"{value!r:.60}"
            raise ModelFailed(f"The model gave {given} as '{name}', which is no {tag}.") from None

    def encode_jpegs(
        self, outputs: Mapping[str, Any], formats: Mapping[str, ImageFormat]
    ) -> dict[str, str]:
        """The data URIs of those outputs that are sent as JPEG; errors as of `encode`.

        A JPEG is made in less time than its pixels take from one process to another. A picture that
        goes by several names is encoded once.
        """
        made: dict[int, str] = {}
        uris = {}
        for name, field in self.outputs.items():
            if not isinstance(field, Image) or name not in outputs:
                continue
            if formats.get(name, field.default_output_format) == "JPEG":
                value = outputs[name]
                if id(value) not in made:
                    made[id(value)] = self._encode_one(name, field, value, "JPEG")
                uris[name] = made[id(value)]
        return uris

    def formats(self, inputs: Values, header: str | None = None) -> dict[str, ImageFormat]:
        """The image format asked for per output, by an input of that type or Runway's header.

        `header` is `X-Runway-Output-Format`: `image=PNG; mask=JPEG`.
        """
        images = [name for name, field in self.outputs.items() if isinstance(field, Image)]
        chosen: dict[str, ImageFormat] = {}
        for name, field in self.inputs.items():
            if isinstance(field, OutputFormat) and inputs.get(name):
                chosen.update((image, inputs[name]) for image in images)
        for part in header.split(";") if header else ():
            name, _, format = (piece.strip() for piece in part.partition("="))
            if name in images and format in ("PNG", "JPEG"):
                chosen[name] = format  # type: ignore[assignment]
        return chosen

    def describe(self) -> dict[str, Any]:
        """The command as Runway's `/info` shows it: a name and lists of fields."""
        return {
            "name": self.name,
            "description": self.description,
            "inputs": [field.describe(name) for name, field in self.inputs.items()],
            "outputs": [field.describe(name) for name, field in self.outputs.items()],
        }

    def _decode_one(self, name: str, field: AnyDataType, wire: Mapping[str, Wire]) -> Any:
        value = wire.get(name)
        if value is None:
            value = None if name in self.needs_one_of else field.fallback
        if value is UNSET:
            raise InvalidArgument(f"'{name}' is missing.", name)
        return None if value is None else field.decode(name, value)


def first_command(commands: Mapping[str, Command], name: str | None = None) -> Command:
    """The command of that name, or the first for None; NotFound lists what there is."""
    if name is None:
        return next(iter(commands.values()))
    if name not in commands:
        raise NotFound(f"No command named '{name}'. There are: {names(list(commands))}.")
    return commands[name]
