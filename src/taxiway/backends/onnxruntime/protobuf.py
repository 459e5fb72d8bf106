"""ONNX's file format, as far as it is needed to write a model: a few records of protobuf.

The `onnx` package would do the same for 31 MB on disk and a tenth of a second at each start. The
numbers of the fields are those of onnx.proto3 (github.com/onnx/onnx), which never change.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy.typing as npt

IR_VERSION, OPSET = 8, 17
"""Of 2022: onnxruntime, onnxruntime-web and OpenVINO all read them."""
TYPES = {"float32": 1, "uint8": 2, "int32": 6, "int64": 7, "float16": 10}
LARGEST = 2**31 - 1
"""Bytes that protobuf allows in one file."""

Size = int | str
"""One side of an array: a number, or the name of one that varies from call to call."""
Kind = tuple[str, Sequence[Size]]
"""The type and shape of an array."""
Pieces = list[bytes]
"""A record in parts, so that large arrays are copied once, when all is joined."""


def model(
    nodes: Iterable[Pieces],
    constants: Iterable[Pieces],
    inputs: Iterable[Pieces],
    outputs: Iterable[Pieces],
    name: str,
    facts: Mapping[str, str],
) -> bytes:
    """A whole file; `facts` are its metadata."""
    graph = [
        *(piece for node in nodes for piece in record(1, node)),
        *text(2, name),
        *(piece for constant in constants for piece in record(5, constant)),
        *(piece for given in inputs for piece in record(11, given)),
        *(piece for found in outputs for piece in record(12, found)),
    ]
    metadata = [record(14, [*text(1, key), *text(2, value)]) for key, value in facts.items()]
    opset = record(8, [*text(1, ""), *number(2, OPSET)])
    parts = [*number(1, IR_VERSION), *text(2, "Taxiway"), *record(7, graph), *opset]
    return b"".join([*parts, *(piece for entry in metadata for piece in entry)])


def node(kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> Pieces:
    """One operation; attributes are a whole number, a fraction, a word or several whole numbers."""
    written = [record(5, attribute(name, value)) for name, value in attributes.items()]
    return [
        *(piece for name in inputs for piece in text(1, name)),
        *text(2, output),
        *text(3, output),
        *text(4, kind),
        *(piece for each in written for piece in each),
    ]


def attribute(name: str, value: int | float | str | Sequence[int]) -> Pieces:
    """A setting of an operation."""
    if isinstance(value, str):
        return [*text(1, name), *text(4, value), *number(20, 3)]
    if isinstance(value, float):
        return [*text(1, name), key(2, 5) + struct.pack("<f", value), *number(20, 1)]
    if isinstance(value, int):
        return [*text(1, name), *number(3, value), *number(20, 2)]
    return [*text(1, name), *(piece for each in value for piece in number(8, each)), *number(20, 7)]


def tensor(name: str, array: npt.NDArray[Any]) -> Pieces:
    """Numbers that stay."""
    little = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
    dims = [piece for size in array.shape for piece in number(1, size)]
    kind = number(2, TYPES[array.dtype.name])
    return [*dims, *kind, *text(8, name), *record(9, [little.tobytes()])]


def value(name: str, kind: Kind | None) -> Pieces:
    """An input or output, and what it is unless that is left to who reads it."""
    if kind is None:
        return text(1, name)
    dtype, shape = kind
    sides = [number(1, size) if isinstance(size, int) else text(2, size) for size in shape]
    dims = [piece for side in sides for piece in record(1, side)]
    array = record(1, [*number(1, TYPES[dtype]), *record(2, dims)])
    return [*text(1, name), *record(2, array)]


def key(field: int, wire: int) -> bytes:
    return varint(field << 3 | wire)


def varint(number: int) -> bytes:
    """Seven bits at a time, the low ones first; negative ones as 64 bits."""
    number &= 2**64 - 1
    digits = bytearray()
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes([*digits, number])


def number(field: int, value: int) -> Pieces:
    return [key(field, 0), varint(value)]


def text(field: int, value: str) -> Pieces:
    return record(field, [value.encode()])


def record(field: int, pieces: Pieces) -> Pieces:
    return [key(field, 2), varint(sum(map(len, pieces))), *pieces]
