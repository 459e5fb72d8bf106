"""Twins: pictures that are also still where they were made, in a GPU's memory.

A sink that shares a texture takes the twin, and so the picture does not go back to the GPU. A twin
is known by its picture's own memory, for as long as that lives. Nothing writes to a picture that
has one, and what is cut out of it, copied, or made of it has none.
"""

import weakref
from typing import Any, NamedTuple

from taxiway.core.images import Pixels

CHANNELS = 4


class Twin(NamedTuple):
    """A picture uint8 [H, W, 4] without gaps at an address of a GPU that is counted from 0.

    All of it is there already, and it stays as it is while somebody holds `owner`.
    """

    address: int
    gpu: int
    owner: Any


_known: dict[int, tuple[weakref.ref[Pixels], Twin]] = {}
_takers: set[Any] = set()


def want(taker: Any) -> None:
    """From now on there is somebody in this process who takes twins."""
    _takers.add(taker)


def leave(taker: Any) -> None:
    """That one takes no more of them."""
    _takers.discard(taker)


def wanted() -> bool:
    """Whether anybody takes twins; else none are to be made."""
    return bool(_takers)


def keep(pictures: Pixels, first: Twin) -> None:
    """Give twins to pictures uint8 [..., H, W, 3 or 4], which nobody else has yet.

    `first` is that of the first; the others follow it without a gap. The array cannot be written to
    from here on. Where it has gaps itself, there are none.
    """
    pictures.flags.writeable = False
    if not pictures.flags.c_contiguous:
        return
    key = id(pictures)
    _known[key] = weakref.ref(pictures, lambda gone: _known.pop(key, None)), first


def twin_of(picture: Pixels) -> Twin | None:
    """The twin of exactly this picture [H, W, C]; None for any other, and any part of one."""
    if picture.ndim != 3:
        return None
    for memory in (picture, picture.base):
        known = _known.get(id(memory))
        whole = known[0]() if known is not None else None
        if known is None or whole is None or whole is not memory:
            continue
        if whole.flags.writeable or _form(picture) != _form(whole):
            return None
        index, rest = divmod(picture.ctypes.data - whole.ctypes.data, picture.nbytes)
        if rest or not 0 <= index < whole.nbytes // picture.nbytes:
            return None
        height, width = picture.shape[:2]
        place = index * height * width * CHANNELS
        return known[1]._replace(address=known[1].address + place)
    return None


def _form(pictures: Pixels) -> tuple[Any, ...]:
    """How a picture, or each of several, lies in memory."""
    return pictures.dtype, pictures.shape[-3:], pictures.strides[-3:]
