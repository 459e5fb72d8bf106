"""A command declared by a manifest and a file: which input is which tensor, what comes out."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from msgspec import UNSET
from msgspec.structs import replace

from taxiway.catalog.manifest import Manifest, Onnx
from taxiway.catalog.processing import FOUND, OnnxInput, OnnxOutput
from taxiway.core.command import Command
from taxiway.core.datatypes import (
    AnyDataType,
    AnyType,
    Array,
    Image,
    ImageBoundingBox,
    ImagePoint,
    Number,
    OutputFormat,
    Text,
    names,
)
from taxiway.core.errors import InvalidArgument
from taxiway.onnx_files.before import check
from taxiway.onnx_files.reading import OnnxFile, Tensor

Each = TypeVar("Each", OnnxInput, OnnxOutput)
BATCH = 8
TEXTS, BOXES = Array(item_type=Text()), Array(item_type=ImageBoundingBox())
FOUND_TYPES: dict[str, AnyDataType] = {
    "boxes": BOXES, "bounding_boxes": BOXES, "bboxes": BOXES, "labels": TEXTS, "classes": TEXTS,
    "scores": Array(item_type=Number()), "results": Array(item_type=AnyType()), "label": Text(),
    "points": Array(item_type=ImagePoint()), "faces": AnyType(), "landmarks": AnyType(),
    "size": AnyType(),
}  # fmt: skip


def inputs_of(onnx: Onnx, file: OnnxFile, where: str) -> list[tuple[OnnxInput, Tensor]]:
    """Each input with its tensor. Raises InvalidArgument where they do not go together."""
    found = [
        (given, file.inputs[given.tensor]) for given in matched(onnx.input, file.inputs, where)
    ]
    taken = [tensor.name for _, tensor in found]
    if left := [name for name in file.inputs if name not in taken]:
        tensor = file.inputs[left[0]]
        raise InvalidArgument(
            f"The network takes '{left[0]}' too ({tensor.words}), for which {where} has no input."
        )
    if twice := [name for name in taken if taken.count(name) > 1]:
        raise InvalidArgument(f"{where} gives two inputs as '{twice[0]}'.")
    for given, tensor in found:
        check(given, tensor, where)
    return found


def outputs_of(onnx: Onnx, file: OnnxFile, where: str) -> list[tuple[OnnxOutput, list[Tensor]]]:
    """Each output with its tensors. Raises InvalidArgument for one that is not there."""
    singles = [each for each in onnx.output if not isinstance(each.tensor, list)]
    turns = order(singles, file, where)
    tensors = {id(each): [name] for each, name in zip(singles, turns, strict=True)}
    found = []
    for wanted in onnx.output:
        given = wanted.tensor if isinstance(wanted.tensor, list) else tensors[id(wanted)]
        if unknown := [name for name in given if name not in file.outputs]:
            raise missing(unknown[0], file.outputs, where)
        found.append((wanted, [file.outputs[name] for name in given]))
    return found


def order(singles: Sequence[OnnxOutput], file: OnnxFile, where: str) -> list[str]:
    """The tensor of each output that has one."""
    return [str(each.tensor) for each in matched(singles, file.outputs, where)]


def matched(wanted: Sequence[Each], there: Mapping[str, Tensor], where: str) -> list[Each]:
    """Inputs or outputs with the tensor of each: that named, of its own name, or next in turn."""
    named = {each.tensor or each.name for each in wanted} & {*there}
    left = [name for name in there if name not in named]
    found = []
    for each in wanted:
        name = str(each.tensor) or (each.name if each.name in there else "")
        if not name:
            name = left.pop(0) if left else each.name
        if name not in there:
            raise missing(name, there, where)
        found.append(replace(each, tensor=name))
    return found


def missing(name: str, there: Mapping[str, Tensor], where: str) -> InvalidArgument:
    return InvalidArgument(f"{where} names the tensor '{name}'. There are: {names([*there])}.")


def command_of(
    manifest: Manifest,
    inputs: Sequence[tuple[OnnxInput, Tensor]],
    outputs: Sequence[OnnxOutput],
    is_batched: bool,
) -> Command:
    """What can be asked of the network."""
    assert manifest.onnx is not None
    fields: dict[str, AnyDataType] = {given.name: taken(given, tensor) for given, tensor in inputs}
    fields |= manifest.options
    given_out: dict[str, AnyDataType] = {}
    for wanted in outputs:
        kinds = FOUND[wanted.find] if wanted.find else ()
        given_out |= {name: FOUND_TYPES[name] for name in kinds} or {wanted.name: given(wanted)}
    given_out |= {old: given_out[name] for old, name in manifest.aliases.outputs.items()}
    if any(isinstance(field, Image) for field in given_out.values()) and "format" not in fields:
        fields["format"] = OutputFormat()
    return Command(
        name=manifest.onnx.command,
        description=manifest.summary,
        inputs=fields,
        outputs=given_out,
        max_batch=BATCH if is_batched else 1,
        aliases=manifest.aliases.inputs,
    )


def taken(given: OnnxInput, tensor: Tensor) -> AnyDataType:
    """The data type of an input."""
    field = given.field
    if isinstance(field, Image):
        return Image(
            channels=4 if given.channels == "RGBA" else 3,
            description=field.description, optional=field.optional, group=field.group,
        )  # fmt: skip
    return field


def given(wanted: OnnxOutput) -> AnyDataType:
    """The data type of an output."""
    field: Any = wanted.field
    if not isinstance(field, Image):
        return wanted.field
    channels: Any = 4 if wanted.compose == "alpha" else 3
    return Image(channels=channels, description=field.description or None, group=UNSET)
