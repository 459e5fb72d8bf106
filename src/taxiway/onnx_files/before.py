"""Inputs into tensors: what a manifest says is done before a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from taxiway.catalog.processing import OnnxInput
from taxiway.core.datatypes import Category, Image, Segmentation
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import Pixels
from taxiway.onnx_files.lab import lightness
from taxiway.onnx_files.reading import Tensor

Array = npt.NDArray[Any]
PLANES = {"RGB": 3, "BGR": 3, "RGBA": 4, "grey": 1, "L": 1}
BILINEAR, NEAREST = Pillow.Resampling.BILINEAR, Pillow.Resampling.NEAREST
EXAMPLE = 256
"""The side of the picture with which a network that takes any is tried."""


@dataclass(frozen=True)
class Placed:
    """A picture in the network's: `seen` (left, top, right, bottom) of the picture lies at `at`."""

    size: tuple[int, int]
    """Of the picture: width, height."""
    network: tuple[int, int]
    seen: tuple[float, float, float, float]
    at: tuple[int, int, int, int]

    def back(self, points: Array) -> Array:
        """Points [..., 2] in parts of the network's picture as parts of the picture."""
        left, top, right, bottom = self.at
        x0, y0, x1, y1 = self.seen
        inside = points * self.network - (left, top)
        scale = ((x1 - x0) / (right - left), (y1 - y0) / (bottom - top))
        return np.asarray((inside * scale + (x0, y0)) / self.size)


def placed(picture: tuple[int, int], given: OnnxInput, tensor: Tensor) -> Placed:
    """Where a picture of a width and height lies in what the network takes."""
    width, height = picture
    whole = (0.0, 0.0, float(width), float(height))
    size = size_of(given, tensor)
    if size is None:
        scale = min(1.0, given.most / max(picture))
        own = (rounded(width * scale, given), rounded(height * scale, given))
        return Placed(picture, own, whole, (0, 0, *own))
    fit = given.fit or "stretch"
    if fit == "contain":
        scale = min(size[0] / width, size[1] / height)
        inner = max(1, round(width * scale)), max(1, round(height * scale))
        spare = [(outer - one) // 2 for outer, one in zip(size, inner, strict=True)]
        left, top = spare if given.align == "centre" else (0, 0)
        return Placed(picture, size, whole, (left, top, left + inner[0], top + inner[1]))
    if fit == "cover":
        scale = max(size[0] / width, size[1] / height)
        w, h = size[0] / scale, size[1] / scale
        x, y = (width - w) / 2, (height - h) / 2
        return Placed(picture, size, (x, y, x + w, y + h), (0, 0, *size))
    return Placed(picture, size, whole, (0, 0, *size))


def rounded(side: float, given: OnnxInput) -> int:
    return max(1, round(side / given.multiple_of)) * given.multiple_of


def size_of(given: OnnxInput, tensor: Tensor) -> tuple[int, int] | None:
    """The width and height that the network gets; None where it takes any."""
    if given.fit == "native":
        return None
    if given.size is not None:
        return given.size
    height, width = axes(given.layout, tensor.shape)[1:]
    found = tuple(tensor.shape[axis] for axis in (width, height))
    return (found[0], found[1]) if all(found) else None


def axes(layout: str | None, shape: Sequence[int]) -> tuple[int, int, int]:
    """Which axes of a picture's tensor are its channels (-1: none), height and width."""
    if layout is not None and len(layout) == len(shape):
        return layout.index("C"), layout.index("H"), layout.index("W")
    if len(shape) < 3 or layout is not None:
        return -1, len(shape) - 2, len(shape) - 1
    first = len(shape) - 3
    if len(shape) == 3 and shape[0] not in (3, 4) and shape[2] not in (3, 4):
        return -1, 1, 2
    if shape[-1] in (1, 3, 4) and shape[first] not in (1, 3, 4):
        return len(shape) - 1, first, first + 1
    return first, first + 1, first + 2


def picture_tensor(pixels: Pixels, given: OnnxInput, tensor: Tensor, at: Placed) -> Array:
    """A picture uint8 [H, W(, C)] as the network takes it, in its layout and type."""
    image = in_channels(Pillow.fromarray(pixels), given)
    fitted = fit(image, given, at, BILINEAR)
    planes: Array = np.asarray(fitted, np.float32)
    planes = planes.reshape(*planes.shape[:2], -1)  # [h, w, C]
    if given.channels == "BGR":
        planes = planes[..., ::-1]
    if given.channels == "L":
        planes = lightness(planes) * 2.55
    if is_grey_in_three(given, tensor):
        planes = np.repeat(planes, 3, axis=2)
    whole = tensor.dtype not in ("float32", "float16", "float64")
    low, high = given.range or ((0, 255) if whole else (0, 1))
    std = np.array(given.std, np.float32)
    values: Array = planes * ((high - low) / 255 / std)
    values += (low - np.array(given.mean, np.float32)) / std
    return in_layout(np.rint(values) if whole else values, given.layout, tensor)


def is_grey_in_three(given: OnnxInput, tensor: Tensor) -> bool:
    """Whether a network takes grey pictures as three channels that are alike."""
    channel, _, _ = axes(given.layout, tensor.shape)
    return given.channels == "grey" and channel >= 0 and tensor.shape[channel] == 3


def in_channels(image: Pillow.Image, given: OnnxInput) -> Pillow.Image:
    """The colours that are wanted of a picture, still as a picture."""
    mode = {"RGBA": "RGBA", "grey": "L"}.get(given.channels, "RGB")
    return image if image.mode == mode else image.convert(mode)


def fit(image: Pillow.Image, given: OnnxInput, at: Placed, how: Pillow.Resampling) -> Pillow.Image:
    """A picture as large as the network takes it."""
    left, top, right, bottom = at.at
    inner = (right - left, bottom - top)
    if inner != image.size or at.seen != (0, 0, *image.size):
        image = image.resize(inner, how, at.seen)
    if inner == at.network:
        return image
    levels = given.pad if how != NEAREST else 0
    ground = Pillow.new(image.mode, at.network, (levels,) * len(image.getbands()))
    ground.paste(image, (left, top))
    return ground


def in_layout(planes: Array, layout: str | None, tensor: Tensor) -> Array:
    """[h, w, C] in the order of a tensor, with a batch of one where it has that axis."""
    channel, height, width = axes(layout, tensor.shape)
    rank = len(tensor.shape)
    if channel < 0:
        ordered = planes[..., 0]
    else:
        order = sorted(zip((height, width, channel), (0, 1, 2), strict=True))
        ordered = planes.transpose([place for _, place in order])
    ordered = ordered.reshape((1,) * (rank - ordered.ndim) + ordered.shape)
    return np.ascontiguousarray(ordered, tensor.dtype)


def labels_tensor(ids: Array, given: OnnxInput, tensor: Tensor, at: Placed) -> Array:
    """Label ids uint8 [H, W] as the network takes them: as numbers, or a channel for each."""
    small = np.asarray(fit(Pillow.fromarray(ids), given, at, NEAREST))  # [h, w]
    field = given.field
    assert isinstance(field, Segmentation)
    if not given.one_hot:
        return in_layout(small[..., None], given.layout, tensor)
    known = np.array(list(field.label_to_id.values()))
    return in_layout((small[..., None] == known).astype(np.float32), given.layout, tensor)


def value_tensor(value: Any, given: OnnxInput, tensor: Tensor) -> Array:
    """What is no picture: numbers, words and lists. Raises InvalidArgument naming the input."""
    field = given.field
    if isinstance(field, Category):
        place = field.one_of.index(value)
        value = np.arange(len(field.one_of)) == place if given.one_hot else place
    elif isinstance(value, bytes | str):
        if tensor.dtype == "str":
            return np.array([value], object).reshape((1,) * len(tensor.shape))
        value = np.frombuffer(value.encode() if isinstance(value, str) else value, np.uint8)
    try:
        found = np.asarray(value, tensor.dtype)
    except (ValueError, TypeError, OverflowError):
        raise InvalidArgument(
            f"'{given.name}' takes {tensor.words} numbers, a list of lists of equal length.",
            given.name,
        ) from None
    return in_shape(found, given.name, tensor)


def in_shape(found: Array, name: str, tensor: Tensor) -> Array:
    """Numbers in a tensor's shape. Raises InvalidArgument where they do not go into it."""
    shape = tensor.shape
    if found.ndim < len(shape):
        found = found.reshape((1,) * (len(shape) - found.ndim) + found.shape)
    fits = found.ndim == len(shape) and all(
        side in (0, one) for side, one in zip(shape, found.shape, strict=True)
    )
    if not fits and 0 not in shape and found.size == int(np.prod(shape)):
        return found.reshape(shape)
    if not fits:
        given = "x".join(map(str, found.shape))
        raise InvalidArgument(f"'{name}' takes {tensor.words} numbers, got {given}.", name)
    return found


def check(given: OnnxInput, tensor: Tensor, where: str) -> None:
    """Raise InvalidArgument where a manifest makes of an input what the network does not take."""
    if not isinstance(given.field, Image | Segmentation):
        return
    if len(tensor.shape) not in (2, 3, 4):
        raise InvalidArgument(
            f"{where} gives '{given.name}', a picture, as '{tensor.name}', which is {tensor.words}."
        )
    channel, height, width = axes(given.layout, tensor.shape)
    takes = [tensor.shape[axis] for axis in (width, height)]
    size = given.size
    if size and any(side not in (0, own) for side, own in zip(takes, size, strict=True)):
        raise InvalidArgument(
            f"{where} makes '{given.name}' {size[0]}x{size[1]}, the network takes "
            f"{takes[0] or 'any'}x{takes[1] or 'any'} as '{tensor.name}' ({tensor.words})."
        )
    if given.fit == "native" and all(takes):
        raise InvalidArgument(
            f"{where} leaves '{given.name}' its own size, the network takes "
            f"{takes[0]}x{takes[1]} only."
        )
    if isinstance(given.field, Segmentation):
        planes = len(given.field.label_to_id) if given.one_hot else 1
    else:
        planes = PLANES[given.channels]
    wanted = tensor.shape[channel] if channel >= 0 else 1
    if wanted not in (0, planes) and not is_grey_in_three(given, tensor):
        raise InvalidArgument(
            f"{where} gives '{given.name}' {planes} channels, the network takes {wanted} as "
            f"'{tensor.name}' ({tensor.words}): see its 'channels', 'one_hot' and 'layout'."
        )
