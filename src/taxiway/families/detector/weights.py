"""A detector's file: Taxiway's safetensors, the shape of its network and its classes in the header.

Each layer has `NAME.weight` [out, in, k, k], and `NAME.bias` or, of a batch norm, `NAME.scale`,
`.shift`, `.mean` and `.variance`, all [out].
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from taxiway.checkpoint.limits import Broken, Budget
from taxiway.checkpoint.native import (
    Description,
    described_family,
    is_native,
    native_checkpoint,
    write_tensors,
)
from taxiway.checkpoint.reader import open_source
from taxiway.core.errors import UnreadableCheckpoint
from taxiway.families.detector.network import Layer, Shape, layers

FAMILY = "detector"
NORM = ("scale", "shift", "mean", "variance")
EPSILON = 1e-5
Tensors = dict[str, NDArray[np.float32]]
Width = Annotated[int, Meta(ge=2, le=1024, multiple_of=2)]


class Header(msgspec.Struct, forbid_unknown_fields=True):
    """A Shape as a file may have it."""

    classes: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]],
        Meta(min_length=1, max_length=1000),
    ]
    size: Annotated[int, Meta(ge=64, le=1280, multiple_of=32)]
    widths: tuple[Width, Width, Width, Width, Width]
    neck: Width


class Weights(NamedTuple):
    """A network in numbers; `sha256` is that of its file."""

    shape: Shape
    tensors: Tensors
    sha256: str = ""


def is_detector(path: Path) -> bool:
    """Whether a file is one of ours, told by its header. Raises as `open_source`."""
    with open_source(path) as source:
        try:
            return is_native(source) and described_family(source) == FAMILY
        except Broken:
            return False


def read_weights(path: Path) -> Weights:
    """The detector in a file. Raises NotFound, or UnreadableCheckpoint for any other file."""
    with open_source(path) as source:
        try:
            if not is_native(source) or described_family(source) != FAMILY:
                raise Broken("is no detector of Taxiway's")
            found = native_checkpoint(source, Budget(source.size))
            shape = shape_of(found.config)
            tensors = {name: np.asarray(x, np.float32) for name, x in found.tensors.items()}
            check(shape, tensors)
            return Weights(shape, tensors, source.whole().sha256())
        except Broken as error:
            raise UnreadableCheckpoint(f"'{path.name}' {error}.") from None


def write_weights(path: Path, shape: Shape, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Write a detector to a file, whole, its convolutions in float16."""
    text = msgspec.json.encode(Description(1, FAMILY, asdict(shape)), order="deterministic")
    write_tensors(path, tensors, "float16", {"taxiway": text.decode()})


def shape_of(config: Mapping[str, Any]) -> Shape:
    """What a header describes; raises Broken for what no network is."""
    try:
        header = msgspec.convert(config, Header)
    except msgspec.ValidationError as error:
        raise Broken(f"describes a network that there is not ({error})") from None
    if len(set(header.classes)) < len(header.classes):
        raise Broken("names a class twice")
    return Shape(tuple(header.classes), header.size, header.widths, header.neck)


def check(shape: Shape, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Raise Broken where tensors are missing, of another shape, or no numbers."""
    for name, wanted in sizes(shape).items():
        got = tensors.get(name)
        if got is None or got.shape != wanted:
            there = "none" if got is None else list(got.shape)
            raise Broken(f"has {there} where '{name}' is to be {list(wanted)}")
        if not np.isfinite(got).all():
            raise Broken(f"has a '{name}' that is no number in places")


def sizes(shape: Shape) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor by its name."""
    made: dict[str, tuple[int, ...]] = {}
    for name, layer in layers(shape).items():
        made[f"{name}.weight"] = (layer.outputs, layer.inputs, layer.kernel, layer.kernel)
        made |= {
            f"{name}.{part}": (layer.outputs,) for part in (NORM if layer.normed else ("bias",))
        }
    return made


def folded(layer: Layer, name: str, tensors: Mapping[str, NDArray[Any]]) -> tuple[Any, Any]:
    """A layer's convolution with its norm in it: weight [out, in, k, k] and bias [out]."""
    weight = tensors[f"{name}.weight"]
    if not layer.normed:
        return weight, tensors[f"{name}.bias"]
    scale, shift, mean, variance = (tensors[f"{name}.{part}"] for part in NORM)
    gain = scale / np.sqrt(np.maximum(variance, 0) + EPSILON)
    return weight * gain[:, None, None, None], shift - mean * gain
