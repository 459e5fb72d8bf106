"""Values between Taxiway and a Model SDK server: what ours is, as its JSON has it, and back."""

import base64
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from PIL import Image as PillowImage

from taxiway.core.command import Command
from taxiway.core.datatypes import (
    AnyDataType,
    AnyType,
    Array,
    DataType,
    File,
    Image,
    Number,
    Segmentation,
)
from taxiway.core.errors import InvalidArgument, ModelFailed

Described = dict[str, Any]


def to_command(described: Described) -> Command:
    """A command of `/meta`. Raises ModelFailed if it is not one."""
    try:
        return Command(
            name=described["name"],
            description=described.get("description"),
            inputs={field["name"]: to_field(field) for field in described["inputs"]},
            outputs={field["name"]: to_field(field) for field in described["outputs"]},
        )
    except (KeyError, TypeError) as error:
        raise ModelFailed(f"The model server's description is not readable: {error}.") from None


def to_field(described: Described) -> AnyDataType:
    """A field of `/meta`; one that is like none of ours is passed on as it comes.

    The SDK has categories of numbers, and ports may define types of their own.
    """
    try:
        field: AnyDataType = msgspec.convert(described, AnyDataType)
    except msgspec.ValidationError:
        description = described.get("description")
        return AnyType(description=description and str(description), optional=True)
    return field


def picture_formats(command: Command, format: str) -> dict[str, str]:
    """The file format to ask for, by output; what has transparency needs PNG."""
    return {
        name: "PNG" if getattr(field, "channels", 3) == 4 else format
        for name, field in command.outputs.items()
        if isinstance(field, (Image, Segmentation))
    }


def to_json(command: Command, inputs: Mapping[str, Any], format: str, files: Path) -> Described:
    """Decoded inputs as JSON; what was not given stays out. Files' bytes go into `files`."""
    return {
        name: _to_json(field, inputs[name], format, files / name)
        for name, field in command.inputs.items()
        if inputs[name] is not None
    }


def from_json(command: Command, outputs: Any) -> dict[str, Any]:
    """Outputs from JSON, pictures as pixels. Raises ModelFailed where one is missing or bad."""
    missing = [
        name for name in command.outputs if not isinstance(outputs, dict) or name not in outputs
    ]
    if missing:
        raise ModelFailed(f"'{command.name}' gave no output '{missing[0]}'.")
    return part_from_json(command, outputs)


def part_from_json(command: Command, outputs: dict[str, Any]) -> dict[str, Any]:
    """What there is of the outputs, as `from_json` gives all of them. Raises ModelFailed."""
    try:
        return {
            name: _from_json(name, field, outputs[name])
            for name, field in command.outputs.items()
            if name in outputs
        }
    except InvalidArgument as error:
        raise ModelFailed(f"'{command.name}' gave a bad output: {error}") from None


def _to_json(field: DataType, value: Any, format: str, file: Path) -> Any:
    if isinstance(field, Array):
        return [
            _to_json(field.item_type, item, format, file.with_name(f"{file.name}-{place}"))
            for place, item in enumerate(value)
        ]
    if isinstance(field, (Image, Segmentation)):
        return _picture(value, format)
    if isinstance(field, File) and isinstance(value, bytes):
        return _file(field, value, file)
    if isinstance(field, Number) and value == int(value):
        # JavaScript's 3 arrives here as 3.0, and `range(3.0)` is an error.
        return int(value)
    return value.tolist() if isinstance(value, np.ndarray) else value


def _picture(pixels: Any, format: str) -> str:
    format = "PNG" if pixels.ndim == 3 and pixels.shape[2] == 4 else format
    buffer = io.BytesIO()
    PillowImage.fromarray(pixels).save(buffer, format)
    return f"data:image/{format.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _file(field: File, data: bytes, path: Path) -> str:
    if field.is_directory is True:
        raise InvalidArgument(f"'{path.name}' takes a folder, which no request can carry.")
    ending = field.extension if isinstance(field.extension, str) else ""
    path = path.with_name(f"{path.name}{ending}")
    path.write_bytes(data)
    return str(path)


def _from_json(name: str, field: DataType, wire: Any) -> Any:
    if isinstance(field, Array):
        return [_from_json(name, field.item_type, item) for item in wire]
    if isinstance(field, (Image, Segmentation)):
        return field.decode(name, wire)
    return wire
