"""Taxiway's own files: safetensors under NVIDIA's names, the network's structure in the header.

The format is https://github.com/huggingface/safetensors: an 8-byte header length, a JSON header,
the numbers. Ours adds one metadata entry, "taxiway", whose text is JSON again.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import numpy as np

from taxiway.checkpoint import schema, shapes
from taxiway.checkpoint.contents import Checkpoint, Found
from taxiway.checkpoint.limits import MAX_HEADER, Broken, Budget
from taxiway.checkpoint.rounded import LARGEST, SCALE, Rounded, joined, rounded
from taxiway.checkpoint.source import Source, Span
from taxiway.checkpoint.tensors import BFLOAT16, Array, Storage, Tensor, row_major, view
from taxiway.checkpoint.values import is_sizes
from taxiway.core.errors import InvalidArgument, UnreadableCheckpoint
from taxiway.core.files import write_whole

T = TypeVar("T")
DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": BFLOAT16,
    "I8": np.dtype("i1"),
}
HALVED = (".weight", ".const", ".noise_const")
"""Tensors that may be written in fewer bits; the rest are small and matter to the last bit."""


class Entry(msgspec.Struct):
    """Where one tensor is: `data_offsets` count bytes after the header."""

    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


class Description(msgspec.Struct):
    """Our metadata: what a `Checkpoint`, or another network of ours, has besides its tensors."""

    version: Literal[1]
    family: str
    config: dict[str, Any]
    made_from: dict[str, Any] = {}


def write_checkpoint(path: Path | str, checkpoint: Checkpoint, dtype: str = "float32") -> None:
    """Write a checkpoint as `.safetensors`, whole or not at all; `read_checkpoint` reads it.

    `dtype` "float16" halves the weights that stand it. Raises InvalidArgument for another one,
    UnreadableCheckpoint if config and tensors do not belong together.
    """
    if dtype not in ("float32", "float16"):
        raise InvalidArgument(f"'dtype' takes float32 or float16, got {dtype!r}.", "dtype")
    tensors, text = described(path, checkpoint)
    write_tensors(path, tensors, dtype, {"taxiway": text})


def described(path: Path | str, checkpoint: Checkpoint) -> tuple[dict[str, Array], str]:
    """The tensors of a checkpoint to write to `path`, and the rest of it as the text beside them.

    Raises UnreadableCheckpoint if config and tensors do not belong together.
    """
    try:
        schema.check(checkpoint.family, checkpoint.config)
        tensors, _ = shapes.fit(checkpoint.family, checkpoint.config, checkpoint.tensors)
    except Broken as error:
        raise UnreadableCheckpoint(f"The checkpoint to write to '{path}' {error}.") from None
    made_from = checkpoint.source.get("made_from", checkpoint.source)
    description = Description(1, checkpoint.family, checkpoint.config, made_from)
    text = msgspec.json.encode(description, order="deterministic").decode()
    return tensors, text


def write_tensors(
    path: Path | str, tensors: Mapping[str, Array], dtype: str, metadata: Mapping[str, str]
) -> None:
    """Write tensors as safetensors, whole or not at all; those that stand it in `dtype`.

    That is float32, float16, or one of `rounded.LARGEST`.
    """
    arrays = dict[str, Array]()
    for name, array in tensors.items():
        arrays |= _stored(name, array, dtype)
    arrays = dict(sorted(arrays.items(), key=lambda item: -item[1].itemsize))  # keeps alignment
    numbers = (np.ascontiguousarray(array).data for array in arrays.values())
    write_whole(path, b"".join([_header(arrays, metadata), *numbers]))


def is_native(source: Source) -> bool:
    """Whether a file begins as safetensors do: a length, then JSON."""
    return source.size > 8 and source.read(6, 9) == b"\0\0{"


def native_checkpoint(source: Source, budget: Budget) -> Found:
    """What one of our own files holds; raises Broken if it is damaged."""
    entries, metadata, start = _read_header(source)
    description = decode(metadata["taxiway"].encode(), Description)
    if start + _extent(entries) != source.size:
        raise Broken(f"is {source.size} bytes long instead of {start + _extent(entries)}")
    views = {name: _view(entry, source, start) for name, entry in entries.items()}
    tensors = {name: each.read(budget) for name, each in joined(views).items()}
    about = {"format": "Taxiway safetensors", "made_from": description.made_from}
    return Found(description.family, description.config, tensors, about)


def described_family(source: Source) -> str | None:
    """The family that one of our own files says it is of; None for others' safetensors.

    Raises Broken if it is unreadable.
    """
    _, metadata, _ = _read_header(source)
    text = metadata.get("taxiway")
    return None if text is None else decode(text.encode(), Description).family


def native_tensors(source: Source) -> dict[str, Tensor | Rounded]:
    """The tensors of any safetensors file, not read yet; raises Broken."""
    entries, _, start = _read_header(source)
    return joined({name: _view(entry, source, start) for name, entry in entries.items()})


def native_metadata(source: Source) -> dict[str, str]:
    """What any safetensors file says of itself beside its tensors; raises Broken."""
    return _read_header(source)[1]


def decode(data: bytes, kind: type[T]) -> T:
    """JSON of a given structure; raises Broken if it is anything else."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Broken(f"has a header that is not understood ({error})") from None


def _read_header(source: Source) -> tuple[dict[str, Entry], dict[str, str], int]:
    """The tensors' places, the metadata, and where the header ends."""
    length = int.from_bytes(source.read(0, 8), "little")
    if length > MAX_HEADER:
        raise Broken(f"announces a header of {length} bytes")
    raw = decode(source.read(8, 8 + length), dict[str, msgspec.Raw])
    metadata = decode(bytes(raw.pop("__metadata__", b"{}")), dict[str, str])
    return {name: decode(bytes(entry), Entry) for name, entry in raw.items()}, metadata, 8 + length


def _extent(entries: dict[str, Entry]) -> int:
    """The bytes that the tensors fill, one after the other without a gap."""
    reached = 0
    for start, stop in sorted(entry.data_offsets for entry in entries.values()):
        if start != reached or stop < start:
            raise Broken("has gaps between its tensors, or tensors on top of each other")
        reached = stop
    return reached


def _view(entry: Entry, source: Source, start: int) -> Tensor:
    dtype, shape = DTYPES.get(entry.dtype), tuple(entry.shape)
    if dtype is None or not is_sizes(shape):
        raise Broken(f"has a tensor of type {entry.dtype!r:.20} and shape {entry.shape[:8]}")
    storage = Storage(dtype, math.prod(shape))
    storage.place(Span(source, *(start + offset for offset in entry.data_offsets)))
    return view(storage, 0, shape, row_major(shape))


def _stored(name: str, array: Array, dtype: str) -> dict[str, Array]:
    """The arrays that are written for one: little-endian float32, or shorter where it can be."""
    if dtype in LARGEST and name.endswith(HALVED) and array.ndim > 1 and np.isfinite(array).all():
        numbers, scales = rounded(array, LARGEST[dtype])
        return {name: numbers, name + SCALE: scales}
    if dtype == "float16" and name.endswith(HALVED):
        with np.errstate(over="ignore"):
            half = array.astype("<f2")
        if np.isfinite(half).all():
            return {name: half}
    return {name: array.astype("<f4", copy=False)}


def _header(arrays: dict[str, Array], metadata: Mapping[str, str]) -> bytes:
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    codes = {dtype: code for code, dtype in DTYPES.items()}
    reached = 0
    for name, array in arrays.items():
        offsets = (reached, reached + array.nbytes)
        header[name] = Entry(codes[array.dtype], list(array.shape), offsets)
        reached += array.nbytes
    data = msgspec.json.encode(header)
    data += b" " * (-len(data) % 8)
    return len(data).to_bytes(8, "little") + data
