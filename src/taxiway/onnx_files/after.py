"""Tensors into outputs: what a manifest says is done after a network."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from taxiway.catalog.processing import OnnxOutput
from taxiway.core.datatypes import (
    Boolean,
    Category,
    Image,
    ImageBoundingBox,
    ImageLandmarks,
    ImagePoint,
    Number,
    Segmentation,
    Text,
    Vector,
)
from taxiway.core.errors import ModelFailed
from taxiway.core.images import Pixels
from taxiway.onnx_files.before import BILINEAR, NEAREST, Array, Placed, axes
from taxiway.onnx_files.lab import from_lab, to_lab

Floats = npt.NDArray[Any]
MOST_VALUES = 1_000_000
"""Numbers in an output that are sent as lists."""


def sigmoid(x: Floats) -> Floats:
    """Without overflow on either side."""
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1, small) / (1 + small), np.float32)


def softmax(x: Floats, axis: int) -> Floats:
    powers = np.exp(x - x.max(axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis, keepdims=True), np.float32)


def minmax(x: Floats) -> Floats:
    """From 0, the least, to 1, the most; what is the same everywhere is 0."""
    finite = np.nan_to_num(x, nan=0.0)
    low, high = finite.min(), finite.max()
    return np.asarray((finite - low) / max(high - low, np.float32(1e-12)))


def normals(x: Floats, axis: int) -> Floats:
    """Directions of length 1."""
    return np.asarray(x / np.maximum(np.linalg.norm(x, axis=axis, keepdims=True), 1e-12))


def done(x: Array, wanted: OnnxOutput) -> Array:
    """The verbs of an output, in order; x [N, ...], N being 1."""
    axis = max(0, axes(wanted.layout, x.shape)[0]) if x.ndim > 2 else x.ndim - 1
    does: dict[str, Callable[[Array], Array]] = {
        "sigmoid": sigmoid,
        "softmax": lambda x: softmax(x, axis),
        "minmax": minmax,
        "normals": lambda x: normals(x, axis),
        "exp": lambda x: np.exp(np.minimum(x, 80)),
        "log": lambda x: np.log(np.maximum(x, 1e-12)),
        "argmax": lambda x: x.argmax(axis, keepdims=True),
    }
    for verb in wanted.post:
        x = does[verb](x)
    return x


def value_of(x: Array, wanted: OnnxOutput, seen: "Seen") -> Any:
    """A tensor [1, ...] as the output's data type has it."""
    field, whole = wanted.field, x.dtype.kind in "iub"
    if x.dtype.kind in "OUS":
        return plain(x, wanted)
    x = done(x if whole else np.asarray(x, np.float32), wanted)
    if isinstance(field, Segmentation):
        return labels(x, wanted, seen)
    if isinstance(field, Image):
        return picture(x, wanted, seen, whole)
    return plain(x, wanted)


class Seen:
    """What a call was given: its pictures, where they lie in the network's, and its options."""

    def __init__(
        self,
        pictures: Mapping[str, Pixels],
        placed: Mapping[str, Placed],
        options: Mapping[str, Any],
    ) -> None:
        self.pictures, self.placed, self.options = pictures, placed, options

    def option(self, name: str, wanted: OnnxOutput) -> Any:
        """A setting as the call, or else the manifest, has it."""
        return self.options.get(name, getattr(wanted, name))

    def at(self, wanted: OnnxOutput) -> tuple[Pixels | None, Placed | None]:
        """The picture that an output belongs to, if there is one."""
        name = wanted.of or next(iter(self.placed), "")
        return self.pictures.get(name), self.placed.get(name)


def planes_of(x: Array, layout: str | None) -> Array:
    """A picture's tensor as [h, w, C]."""
    if x.ndim < 2:
        raise ModelFailed(f"The network gave {x.size} numbers where its manifest has a picture.")
    channel, height, width = axes(layout, x.shape)
    if channel < 0:
        return np.asarray(x.reshape(-1, *x.shape[-2:])[0][..., None])
    others = [axis for axis in range(x.ndim) if axis not in (channel, height, width)]
    moved = x.transpose([*others, height, width, channel])
    return np.asarray(moved.reshape(-1, *moved.shape[len(others) :])[0])


def picture(x: Array, wanted: OnnxOutput, seen: Seen, whole: bool) -> Pixels:
    """uint8 [H, W, 3], or [H, W, 4] where it is laid over nothing."""
    planes = planes_of(x, wanted.layout).astype(np.float32)
    if wanted.compose == "lab_ab":
        return coloured(planes, wanted, seen)
    low, high = wanted.range or ((0, 255) if whole and "argmax" not in wanted.post else (0, 1))
    step = np.float32(255 / (high - low))
    std, mean = np.asarray(wanted.std, np.float32), np.asarray(wanted.mean, np.float32)
    levels = planes * (std * step)
    levels += (mean - np.float32(low)) * step
    np.nan_to_num(levels, copy=False)
    if seen.option("invert", wanted):
        levels = 255 - levels
    levels = resized(levels, wanted, seen)
    if wanted.compose == "alpha":
        return cut_out(levels, wanted, seen)
    pixels = as_levels(levels)
    if wanted.channels == "BGR":
        pixels = pixels[..., ::-1]
    pixels = in_colours(pixels, seen.option("colours", wanted))
    return mixed(pixels, wanted, seen) if wanted.compose == "mix" else pixels


def as_levels(levels: Floats) -> Pixels:
    """Rounded and cut to uint8."""
    whole: Pixels = np.clip(levels + np.float32(0.5), 0, 255).astype(np.uint8)
    return whole


def denormalised(planes: Floats, wanted: OnnxOutput) -> Floats:
    """Planes [h, w, C] times `std` plus `mean`."""
    std, mean = np.asarray(wanted.std, np.float32), np.asarray(wanted.mean, np.float32)
    return np.asarray(planes * std + mean)


def in_colours(pixels: Pixels, colours: str) -> Pixels:
    """Grey [h, w, 1] as grey or a map's colours; what has colours stays."""
    count = pixels.shape[2]
    if count in (3, 4):
        return np.ascontiguousarray(pixels)
    grey = pixels[..., 0]
    found: Pixels = np.repeat(grey[..., None], 3, 2) if colours == "grey" else table(colours)[grey]
    return found


@cache
def table(name: str) -> Pixels:
    """The colours of 256 levels, uint8 [256, 3]."""
    # Half a second to import.
    import colorcet

    maps = {"rainbow": "rainbow4", "fire": "fire", "blues": "kbc"}
    words = colorcet.palette[maps[name]]
    rows = np.array([list(bytes.fromhex(word.removeprefix("#"))) for word in words], np.uint8)
    places = np.linspace(0, len(rows) - 1, 256).round().astype(int)
    return np.asarray(rows[places])


def resized(planes: Floats, wanted: OnnxOutput, seen: Seen, how: Any = BILINEAR) -> Floats:
    """[h, w, C] as large as the picture that it belongs to, or as many times larger as it came."""
    _, at = seen.at(wanted)
    if at is None or wanted.resize == "network":
        return planes
    height, width = planes.shape[:2]
    scale_x, scale_y = width / at.network[0], height / at.network[1]
    left, top, right, bottom = at.at
    x0, y0, x1, y1 = at.seen
    target = (
        max(1, round((x1 - x0) * max(1.0, scale_x))),
        max(1, round((y1 - y0) * max(1.0, scale_y))),
    )
    across = slice(round(left * scale_x), max(round(right * scale_x), round(left * scale_x) + 1))
    down = slice(round(top * scale_y), max(round(bottom * scale_y), round(top * scale_y) + 1))
    return scaled(planes[down, across], target, how)


def scaled(planes: Floats, size: tuple[int, int], how: Any = BILINEAR) -> Floats:
    """[h, w, C] in another width and height."""
    if planes.shape[1::-1] == size:
        return planes
    each = [Pillow.fromarray(np.ascontiguousarray(plane)) for plane in np.moveaxis(planes, 2, 0)]
    return np.stack([np.asarray(plane.resize(size, how)) for plane in each], 2)


def original(wanted: OnnxOutput, seen: Seen) -> Pixels:
    """The part of the input's picture that the network saw, uint8 [H, W, 3]."""
    pixels, at = seen.at(wanted)
    if pixels is None or at is None:
        raise ModelFailed(f"'{wanted.name}' is put together with a picture, and there is none.")
    left, top, right, bottom = (round(side) for side in at.seen)
    return np.asarray(Pillow.fromarray(pixels[top:bottom, left:right]).convert("RGB"))


def size_of(pixels: Array) -> tuple[int, int]:
    """A picture's width and height."""
    return pixels.shape[1], pixels.shape[0]


def cut_out(levels: Floats, wanted: OnnxOutput, seen: Seen) -> Pixels:
    """The picture with a mask of levels [h, w, 1] as what is seen of it, uint8 [H, W, 4]."""
    pixels = original(wanted, seen)
    mask = as_levels(scaled(levels[..., :1], size_of(pixels)))
    return np.concatenate([pixels, mask], 2)


def mixed(pixels: Pixels, wanted: OnnxOutput, seen: Seen) -> Pixels:
    """As much of what the network gave as `strength` says, the rest being the input's picture."""
    own = original(wanted, seen).astype(np.float32)
    strength = np.float32(seen.option("strength", wanted))
    other = scaled(pixels[..., :3].astype(np.float32), size_of(own))
    return np.rint(own + (other - own) * strength).clip(0, 255).astype(np.uint8)


def coloured(planes: Floats, wanted: OnnxOutput, seen: Seen) -> Pixels:
    """Colours a and b [h, w, 2] of CIE Lab under the picture's own lightness."""
    if planes.shape[2] != 2:
        raise ModelFailed(f"'lab_ab' takes two planes, a and b; there are {planes.shape[2]}.")
    pixels = original(wanted, seen)
    ab = denormalised(planes, wanted)
    lab = to_lab(pixels.astype(np.float32))
    strength = np.float32(seen.option("strength", wanted))
    lab[..., 1:] = scaled(resized(ab, wanted, seen), size_of(pixels)) * strength
    return np.rint(from_lab(lab)).clip(0, 255).astype(np.uint8)


def labels(x: Array, wanted: OnnxOutput, seen: Seen) -> Pixels:
    """Label ids uint8 [H, W]: the likeliest of each place, unless they are ids already."""
    planes = planes_of(x, wanted.layout)
    if planes.shape[2] > 1:
        planes = planes.argmax(2)[..., None]
    ids = resized(planes.astype(np.float32), wanted, seen, NEAREST)[..., 0]
    return np.clip(ids, 0, 255).astype(np.uint8)


def plain(x: Array, wanted: OnnxOutput) -> Any:
    """Numbers, words, places and lists."""
    field, one = wanted.field, x[0] if x.ndim and len(x) == 1 else x
    flat = np.asarray(one).reshape(-1)
    if not flat.size and not isinstance(field, Text):
        raise ModelFailed(f"The network gave nothing as '{wanted.name}'.")
    if flat.size > MOST_VALUES:
        raise ModelFailed(f"The network gave {flat.size} numbers as '{wanted.name}', too many.")
    for kinds, make in PLAIN:
        if isinstance(field, kinds):
            return make(flat, wanted)
    return np.nan_to_num(np.asarray(one)).tolist() if flat.dtype.kind == "f" else one.tolist()


def truth(flat: Array, wanted: OnnxOutput) -> bool:
    return bool(flat[0] > wanted.threshold) if flat.dtype.kind == "f" else bool(flat[0])


def category(flat: Array, wanted: OnnxOutput) -> str:
    """The likeliest word, or that of a number."""
    assert isinstance(wanted.field, Category)
    place = int(flat.argmax()) if flat.size > 1 else int(flat[0])
    return wanted.field.one_of[min(max(place, 0), len(wanted.field.one_of) - 1)]


def places(flat: Array, wanted: OnnxOutput) -> Any:
    """Points and boxes in parts of the picture; `range` is what its edges are."""
    low, high = wanted.range or (0.0, 1.0)
    parts = (flat.astype(np.float64) - low) / (high - low)
    return (parts.reshape(-1, 2) if isinstance(wanted.field, ImageLandmarks) else parts).tolist()


def number(flat: Array, wanted: OnnxOutput) -> float | int:
    if not np.isfinite(flat[0]):
        raise ModelFailed(f"The network gave no finite number as '{wanted.name}'.")
    is_whole = isinstance(wanted.field, Number) and wanted.field.whole is True
    return round(float(flat[0])) if is_whole else float(flat[0])


def words(flat: Array, wanted: OnnxOutput) -> str:
    """Text: as it is, by the number of a name, or from UTF-8 in numbers."""
    if flat.dtype.kind in "OUS":
        return " ".join(str(each) for each in flat)
    if wanted.names:
        place = int(flat.argmax()) if flat.size > 1 and flat.dtype.kind == "f" else int(flat[0])
        return wanted.names[place] if 0 <= place < len(wanted.names) else ""
    raw = bytes(np.clip(np.rint(flat), 0, 255).astype(np.uint8)).rstrip(b"\0")
    return raw.decode(errors="replace")


PLAIN: tuple[tuple[Any, Callable[[Array, OnnxOutput], Any]], ...] = (
    (Number, number),
    (Boolean, truth),
    (Category, category),
    (Text, words),
    (Vector, lambda flat, wanted: flat.astype(np.float32)),
    (ImagePoint | ImageBoundingBox | ImageLandmarks, places),
)
