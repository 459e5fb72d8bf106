"""A manifest for a file without one: what can be told from the shapes of its tensors, and no more.

Nobody knows what its numbers mean: pictures are taken as 0 to 1 in red, green and blue (whole
numbers as levels), lists of lists stay what they are.
"""

import re
from typing import Any

from taxiway.catalog.manifest import Licence, Manifest, Onnx
from taxiway.catalog.processing import OnnxInput, OnnxOutput
from taxiway.core.datatypes import AnyDataType, AnyType, Boolean, Image, Number, Text, Vector
from taxiway.core.errors import InvalidArgument
from taxiway.onnx_files.before import axes
from taxiway.onnx_files.reading import OnnxFile, Tensor

CHANNELS: dict[int, Any] = {1: "grey", 3: "RGB", 4: "RGBA"}
GUESSED = "no manifest says what its numbers mean"


def manifest_of(file: OnnxFile) -> Manifest:
    """Raises InvalidArgument where the shapes do not tell enough."""
    names = named([*file.inputs]), named([*file.outputs])
    given = [input_of(names[0][each.name], each) for each in file.inputs.values()]
    wanted = [output_of(names[1][each.name], each) for each in file.outputs.values()]
    told = [each for each in wanted if not isinstance(each.field, AnyType)] or wanted
    title = file.facts.get("title") or file.path.stem
    return Manifest(
        taxiway=1,
        name=re.sub(r"[^a-z0-9._-]+", "-", file.path.stem.lower()).strip("-._")[:60] or "network",
        title=title[:120] or "Network",
        summary=f"The ONNX network in {file.path.name}; {GUESSED}."[:400],
        licence=Licence(weights=file.facts.get("licence") or "That of its author."),
        onnx=Onnx(path="", input=given, output=told),
    )


def named(tensors: list[str]) -> dict[str, str]:
    """Names for inputs or outputs that are identifiers and differ."""
    found: dict[str, str] = {}
    for tensor in tensors:
        plain = re.sub(r"\W+", "_", tensor, flags=re.ASCII).strip("_")[-48:] or "value"
        plain = f"_{plain}" if plain[0].isdigit() else plain
        taken = {*found.values()}
        free = (plain, *(f"{plain}_{number}" for number in range(2, len(tensors) + 2)))
        found[tensor] = next(name for name in free if name not in taken)
    return found


def input_of(name: str, tensor: Tensor) -> OnnxInput:
    """A picture, a vector, a number, or lists of numbers."""
    channels = picture_channels(tensor)
    if channels:
        return OnnxInput(name=name, tensor=tensor.name, field=Image(), channels=channels)
    return OnnxInput(name=name, tensor=tensor.name, field=plain(tensor))


def plain(tensor: Tensor) -> AnyDataType:
    """The data type of what is no picture."""
    sides = [side for side in tensor.shape[1:] if side != 1] if len(tensor.shape) > 1 else []
    if tensor.dtype == "str":
        return Text()
    if tensor.dtype == "bool" and not sides:
        return Boolean()
    if len(tensor.shape) < 2 and tensor.shape not in ((), (0,), (1,)):
        return Vector(length=tensor.shape[0])
    if not sides:
        # Of a StyleGAN in the form in which we write it: at 0 all pictures would be the same.
        default = 1 if tensor.name == "truncation" else 0
        return Number(whole="int" in tensor.dtype, default=default)
    if len(sides) == 1 and sides[0] and tensor.dtype.startswith("float"):
        return Vector(length=sides[0])
    return AnyType(description=f"Lists of numbers, {tensor.words}.")


def output_of(name: str, tensor: Tensor) -> OnnxOutput:
    channels = picture_channels(tensor)
    if channels == "grey" and tensor.dtype != "uint8":
        return OnnxOutput(name=name, tensor=tensor.name, field=Image(), post=["minmax"])
    if channels:
        return OnnxOutput(name=name, tensor=tensor.name, field=Image())
    field = plain(tensor)
    return OnnxOutput(name=name, tensor=tensor.name, field=field)


def picture_channels(tensor: Tensor) -> Any:
    """How a tensor is a picture, if its shape is that of one: [N, C, H, W], [N, H, W, C]."""
    numeric = tensor.dtype in ("float32", "float16", "uint8")
    if len(tensor.shape) != 4 or tensor.shape[0] not in (0, 1) or not numeric:
        return None
    channel, height, width = axes(None, tensor.shape)
    sides = tensor.shape[height], tensor.shape[width]
    if any(0 < side < 8 for side in sides):
        return None
    return CHANNELS.get(tensor.shape[channel])


def check_plain(file: OnnxFile) -> None:
    """Raise InvalidArgument for a file of which shapes do not tell what it takes."""
    for tensor in file.inputs.values():
        if (
            isinstance(plain(tensor), AnyType)
            and not picture_channels(tensor)
            and 0 in tensor.shape[1:]
        ):
            raise InvalidArgument(
                f"'{file.path.name}' takes '{tensor.name}', {tensor.words} numbers: what they are, "
                f"a manifest must say; put {file.path.stem}.toml beside it (docs/manifests.md)."
            )
