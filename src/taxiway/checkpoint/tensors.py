"""Tensors described by a file: checked against the bytes that hold them, read only when wanted."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from taxiway.checkpoint.limits import Broken, Budget
from taxiway.checkpoint.source import Source, Span
from taxiway.checkpoint.values import is_size, is_sizes

Array = NDArray[Any]
BFLOAT16 = np.dtype("V2")
"""What numpy has no name for: the upper half of a float32. Read as float32."""


@dataclass(slots=True)
class Storage:
    """`count` numbers in a row. `span` is where they are, once that is known."""

    dtype: np.dtype[Any]
    count: int
    span: Span | None = None

    def place(self, span: Span) -> None:
        """Say where the numbers are; raises Broken unless they fill that place exactly."""
        if len(span) != self.count * self.dtype.itemsize:
            raise Broken(
                f"announces {self.count} numbers of {self.dtype.itemsize} bytes "
                f"and holds {len(span)} bytes of them"
            )
        self.span = span


@dataclass(frozen=True, slots=True)
class Tensor:
    """A view of a storage: offset and strides count numbers, not bytes. Make it with `view`."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def count(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.count * self.storage.dtype.itemsize

    def read(self, budget: Budget) -> Array:
        """The numbers as a new, contiguous, writable array in this machine's byte order."""
        span, dtype = self.storage.span, self.storage.dtype
        if span is None:
            raise Broken("names a tensor whose numbers are nowhere in it")
        reach = _reach(self.shape, self.strides)
        budget.allocate(reach * dtype.itemsize)
        flat = np.empty(reach, dtype)
        span.source.read_into(span.start + self.offset * dtype.itemsize, flat)
        if reach == self.count and self.strides == row_major(self.shape):
            view = flat.reshape(self.shape)
        else:
            steps = tuple(step * dtype.itemsize for step in self.strides)
            view = as_strided(flat, self.shape, steps)
        if dtype == BFLOAT16:
            halves = np.ascontiguousarray(view).view("<u2").astype(np.uint32)
            return (halves << 16).view(np.float32).reshape(self.shape)
        return np.ascontiguousarray(view, dtype.newbyteorder("=")).reshape(self.shape)


def view(storage: object, offset: object, shape: object, strides: object) -> Tensor:
    """A tensor, if it lies within its storage and is no larger; otherwise raises Broken."""
    if not isinstance(storage, Storage) or not is_size(offset):
        raise Broken("describes a tensor without a storage or an offset")
    if not (is_sizes(shape) and is_sizes(strides) and len(shape) == len(strides)):
        raise Broken("describes a tensor whose shape and strides are not short lists of sizes")
    count = math.prod(shape)
    if count > storage.count or offset + _reach(shape, strides) > storage.count:
        raise Broken(
            f"describes a tensor of shape {list(shape)} outside of its {storage.count} numbers"
        )
    return Tensor(storage, offset, shape, strides)


def single(number: float) -> Tensor:
    """A number as a tensor without axes, as TensorFlow's files have some."""
    storage = Storage(np.dtype("<f4"), 1)
    storage.place(Source.of(np.float32(number).tobytes()).whole())
    return view(storage, 0, (), ())


def last_axes(array: Array, axes: int) -> Array:
    """An array without leading axes of one element; raises Broken if they have more."""
    shape = array.shape[max(array.ndim - axes, 0) :]
    if math.prod(shape) != array.size:
        raise Broken(f"has a tensor of shape {list(array.shape)} where {axes} axes fit")
    return array.reshape(shape)


def row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides, in numbers, of a C-contiguous array."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def column_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides, in numbers, of a Fortran-contiguous array."""
    return tuple(math.prod(shape[:axis]) for axis in range(len(shape)))


def _reach(shape: tuple[int, ...], strides: tuple[int, ...]) -> int:
    """How many numbers from the first to the last that a view touches."""
    if 0 in shape:
        return 0
    return 1 + sum((size - 1) * step for size, step in zip(shape, strides, strict=True))
