"""What a detector learns from: pictures in squares, boxes, and what is changed at each showing."""

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from taxiway.core.errors import InvalidArgument
from taxiway.families.detector.letterbox import fitted, letterboxed
from taxiway.families.detector.precision import Floats
from taxiway.families.detector.training.loss import Targets
from taxiway.training.datasets.boxes.kind import wrong_boxes

SHOWS = 0.3
"""The part of a box that must be left in the picture for it to be asked for."""
ZOOM, BRIGHTER, TINTED = 0.3, 0.2, 0.12
"""How much a showing differs: logarithms of size and light, and of each colour."""


class Labelled(NamedTuple):
    """A picture's boxes [K, 4] in pixels of its square, and their classes [K]."""

    boxes: Floats
    classes: NDArray[np.int64]


class Data(NamedTuple):
    """Squares [N, S, S, 3] with their boxes; the last `held` are not learnt from but measured by.

    Of fewer pictures than can be spared none is held out, and all are measured by.
    """

    classes: tuple[str, ...]
    squares: NDArray[np.uint8]
    labelled: list[Labelled]
    held: int

    @property
    def learnt(self) -> int:
        """How many are learnt from."""
        return len(self.squares) - self.held

    @property
    def measured(self) -> range:
        """The places of those that are measured by."""
        return range(self.learnt if self.held else 0, len(self.squares))


def gathered(examples: Any, size: int, share: float) -> Data:
    """The examples of a dataset of boxes, in a file without a name: they may be many.

    Every so many of them, as `share` says, are put last and held out.
    """
    found = examples.examples
    held = [at for at in range(len(found)) if int((at + 1) * share) > int(at * share)]
    order = [*sorted(set(range(len(found))) - set(held)), *held]
    squares = _space((len(found), size, size, 3))
    labelled = []
    for place, at in enumerate(order):
        example = found[at]
        pixels = example.pixels()
        check(example, pixels, len(examples.classes))
        squares[place] = letterboxed(pixels, size)
        boxes = np.array([box[:4] for box in example.boxes], np.float64).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        height, width = pixels.shape[:2]
        inside = fitted(boxes / [width, height, width, height], pixels.shape, size)
        labelled.append(Labelled(inside, np.array([box[4] for box in example.boxes], np.int64)))
    return Data(tuple(examples.classes), squares, labelled, len(held))


def check(example: Any, pixels: NDArray[np.uint8], classes: int) -> None:
    """Raise InvalidArgument for a box that cannot be: what came unprepared was not looked at."""
    size = pixels.shape[1], pixels.shape[0]
    for said in wrong_boxes(Path("the dataset"), example.name, example.boxes, size, classes):
        raise InvalidArgument(said)


def _space(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Zeros that live on the disk, until nothing uses them."""
    if not all(shape):
        return np.zeros(shape, np.uint8)
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, np.uint8, "w+", shape=shape)


class Showing(NamedTuple):
    """How pictures of a batch are changed: about their middle, mirrored, in colour."""

    zoom: Floats
    shift: Floats
    mirror: Floats
    gain: Floats


def showing(count: int, rng: np.random.Generator, mirrors: bool) -> Showing:
    """A random one."""
    zoom = np.exp(rng.uniform(-ZOOM, ZOOM, (count, 1)))
    shift = rng.uniform(-1, 1, (count, 2)) * np.abs(1 - zoom)
    mirror = np.where(rng.random((count, 1)) < 0.5 * mirrors, -1.0, 1.0)
    light = rng.uniform(-BRIGHTER, BRIGHTER, (count, 1)) + rng.uniform(-TINTED, TINTED, (count, 3))
    return Showing(zoom, shift, mirror, np.exp(light))


def moved(boxes: Floats, size: int, zoom: float, shift: Floats, mirror: float) -> Floats:
    """Boxes [K, 4] in pixels where a showing moves them, not cut yet."""
    corners = boxes.reshape(-1, 2, 2) * (2 / size) - 1
    corners = (corners - shift) / [zoom * mirror, zoom]
    corners = np.sort(corners, axis=1)  # a mirrored left is a right
    result: Floats = ((corners + 1) * (size / 2)).reshape(-1, 4)
    return result


def batch(
    data: Data, places: Sequence[int], shown: Showing, device: torch.device
) -> tuple[Tensor, Targets]:
    """Pictures [N, 3, S, S] of some places, -1 to 1, and their boxes."""
    size, count = data.squares.shape[1], len(places)
    found = [_seen(data.labelled[at], size, shown, row) for row, at in enumerate(places)]
    most = max(1, *(len(one.classes) for one in found))
    boxes, classes = np.zeros((count, most, 4), np.float32), np.zeros((count, most), np.int64)
    for row, one in enumerate(found):
        boxes[row, : len(one.classes)], classes[row, : len(one.classes)] = one
    real = np.arange(most) < np.array([[len(one.classes)] for one in found])
    tensors = [torch.from_numpy(array).to(device) for array in (boxes, classes, real)]
    pixels = torch.from_numpy(data.squares[list(places)]).to(device)
    return _changed(pixels, shown), Targets(*tensors)


def _seen(one: Labelled, size: int, shown: Showing, row: int) -> Labelled:
    """What is left of a picture's boxes in a showing."""
    zoom, mirror = float(shown.zoom[row, 0]), float(shown.mirror[row, 0])
    boxes = moved(one.boxes, size, zoom, shown.shift[row], mirror)
    cut = np.clip(boxes, 0, size)
    kept = _area(cut) > SHOWS * _area(boxes)
    return Labelled(cut[kept], one.classes[kept])


def _area(boxes: Floats) -> Floats:
    result: Floats = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return result


def _changed(pixels: Tensor, shown: Showing) -> Tensor:
    """uint8 [N, S, S, 3] as a showing makes it, [N, 3, S, S] of -1 to 1."""
    device = pixels.device
    x = pixels.permute(0, 3, 1, 2).float() / 127.5 - 1
    x = x.contiguous(memory_format=torch.channels_last)
    to = torch.zeros(len(x), 2, 3, device=device)
    zoom = torch.from_numpy(shown.zoom[:, 0]).to(to)
    to[:, 0, 0], to[:, 1, 1] = zoom * torch.from_numpy(shown.mirror[:, 0]).to(to), zoom
    to[:, :, 2] = torch.from_numpy(shown.shift).to(to)
    grid = F.affine_grid(to, list(x.shape), align_corners=False)
    x = F.grid_sample(x, grid, padding_mode="border", align_corners=False)
    gain = torch.from_numpy(shown.gain).to(to)[:, :, None, None]
    return ((x + 1) * gain - 1).clamp(-1, 1)


def plain(squares: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Squares [N, S, S, 3] as a network takes them."""
    x = torch.from_numpy(np.ascontiguousarray(squares)).to(device).permute(0, 3, 1, 2)
    return (x.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def rate_at(seen: float, end: float, warm: float, highest: float) -> float:
    """The learning rate after `seen` examples: up over the first `warm`, then down to a fiftieth
    along a cosine."""
    fallen = 0.5 * (1 + math.cos(math.pi * min(1.0, seen / max(end, 1))))
    return highest * min(1.0, (seen + 1) / max(warm, 1)) * (0.02 + 0.98 * fallen)
