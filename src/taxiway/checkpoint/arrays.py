"""NumPy's pickled scalars, types and arrays, made from their parts by a short list of kinds."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from taxiway.checkpoint.limits import Broken, Refused
from taxiway.checkpoint.source import Span
from taxiway.checkpoint.tensors import Storage, Tensor, column_major, row_major, view
from taxiway.checkpoint.values import Args, is_sizes

_ALLOWED = re.compile(r"b1|[iuf][1248]|U[1-9][0-9]?")


@dataclass(slots=True)
class NumberType:
    """A pickled `numpy.dtype`: its code first, its byte order from the state that follows."""

    code: str
    order: str = "<"
    wanted: str = ""
    """What its state asked for, where that was refused."""

    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.order + self.code)

    def set_state(self, state: object) -> None:
        """Take (version, byte order, ...) and refuse structured types, which have more."""
        match state:
            case (int(), "<" | ">" | "|" | "=" as order, None, None, None, *_):
                self.order = "<" if order in "|=" else str(order)
            case _:
                raise Refused("a structured number type")


@dataclass(slots=True)
class PickledArray:
    """A pickled `numpy.ndarray`: empty until its state arrives."""

    tensor: Tensor | None = None
    wanted: str = ""
    """What its state asked for, where that was refused."""

    def set_state(self, state: object) -> None:
        """Take (version, shape, dtype, is Fortran, bytes)."""
        match state:
            case (int(), tuple(shape), NumberType() as kind, bool(fortran), Span() as span):
                self.tensor = array_of(span, kind, shape, fortran)
            case _:
                raise Refused("an array of objects")


def number_type(args: Args) -> NumberType:
    """`numpy.dtype(code, align, copy)`, for plain numbers and short text only."""
    match args:
        case (str(code), *_) if _ALLOWED.fullmatch(code):
            return NumberType(code)
    raise Refused("numbers of a type that is no plain one")


def scalar(args: Args) -> object:
    """`numpy.core.multiarray.scalar(dtype, bytes)` as the plain number it stands for."""
    match args:
        case (NumberType(wanted=wanted), _) if wanted:
            raise Refused(wanted)
        case (NumberType() as kind, Span() as span):
            dtype = kind.dtype()
        case _:
            raise Refused("a number of a type that is no plain one")
    if len(span) != dtype.itemsize:
        raise Broken(f"holds a number of {dtype.itemsize} bytes in {len(span)} bytes")
    return np.frombuffer(span.read(), dtype)[0].item()


def pending_array(_: Args) -> PickledArray:
    """`numpy.core.multiarray._reconstruct(ndarray, (0,), b'b')`: what it holds comes as state."""
    return PickledArray()


def array_from_buffer(args: Args) -> PickledArray:
    """`numpy.core.numeric._frombuffer(buffer, dtype, shape, order)`, as protocol 5 has it."""
    match args:
        case (Span() as span, NumberType() as kind, shape, "C" | "F" as order, *_):
            return PickledArray(array_of(span, kind, shape, order == "F"))
    raise Refused("an array of no plain kind")


def array_of(span: Span, kind: NumberType, shape: object, fortran: bool) -> Tensor:
    """The tensor that these bytes hold; they must be exactly as many as the shape needs."""
    if not is_sizes(shape):
        raise Broken("describes an array whose shape is not a short list of sizes")
    strides = column_major(shape) if fortran else row_major(shape)
    dtype = kind.dtype()
    storage = Storage(dtype, len(span) // dtype.itemsize)
    storage.place(span)
    tensor = view(storage, 0, shape, strides)
    if tensor.count != storage.count:
        raise Broken(f"describes an array of shape {list(shape)} and holds {storage.count} numbers")
    return tensor
