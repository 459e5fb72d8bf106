"""What a network that cuts out by clicks is told, and what it gives; pictures as it takes them.

SAM 2: N. Ravi and others, Segment Anything in Images and Videos (2024). EdgeTAM: C. Zhou and
others, On-Device Track Anything Model (2025). Both take a square picture and places in its pixels.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image as Pictures

from taxiway.core.images import Pixels
from taxiway.core.parsing import Malformed, from_json

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

OUT, IN, TOP_LEFT, BOTTOM_RIGHT = 0, 1, 2, 3
"""The labels of points, as the prompt encoders know them."""
MIDDLE = (0.5, 0.5)
ENCODER, DECODER = "vision_encoder.onnx", "prompt_encoder_mask_decoder.onnx"
"""A network that was exported: what sees a picture, and what answers clicks."""
PROCESSING = "preprocessor_config.json"
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Said(NamedTuple):
    """What is said of a picture, from 0 to 1 across and down, and a mask [H, W] known before."""

    include: Sequence[Sequence[float]] = ()
    exclude: Sequence[Sequence[float]] = ()
    box: Sequence[float] | None = None
    mask: Mask | None = None

    def __bool__(self) -> bool:
        return bool(self.include or self.exclude or self.box) or self.mask is not None

    @property
    def points(self) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Places float32 [N, 2] and their labels [N]; of a box its corners, which come first."""
        box = [] if self.box is None else [self.box[:2], self.box[2:]]
        places = [*box, *self.include, *self.exclude]
        labels = [TOP_LEFT, BOTTOM_RIGHT][: len(box)]
        labels += [IN] * len(self.include) + [OUT] * len(self.exclude)
        return np.array(places, np.float32).reshape(-1, 2), np.array(labels, np.int64)


class Cut(NamedTuple):
    """What belongs to it, as logits float32 [h, w] of the whole picture, and how sure, 0 to 1."""

    logits: Floats
    score: float


class Network(Protocol):
    """One that cuts out. Both methods raise InvalidArgument or ModelFailed."""

    facts: dict[str, Any]

    def cut(self, picture: Pixels, said: Said) -> Cut:
        """What is meant in a picture [H, W, 3], with a mask as the one that clicks correct."""

    def follow(self, picture: Pixels, said: Said, frame: int | None, begins: bool) -> Cut:
        """The next picture of a film; where something is said of it, it is a key.

        `frame` is its number, by itself the next one; lower than the one before is backwards.
        `begins` forgets what was followed before.
        """


class Processing(NamedTuple):
    """What is done to a picture: to `side` pixels each way, `mean` off, divided by `std`."""

    side: int
    mean: Sequence[float] = MEAN
    std: Sequence[float] = STD

    def tensor(self, picture: Pixels) -> Floats:
        """Float32 [1, 3, side, side] of uint8 [H, W, 3]."""
        image = Pictures.fromarray(picture).resize(
            (self.side, self.side), Pictures.Resampling.BILINEAR
        )
        levels = np.asarray(image)  # [side, side, 3]
        planes = np.empty((1, 3, self.side, self.side), np.float32)
        for plane, level, mean, std in zip(
            planes[0], levels.transpose(2, 0, 1), self.mean, self.std, strict=True
        ):
            np.multiply(level, np.float32(1 / (255 * std)), out=plane)
            plane -= np.float32(mean / std)
        return planes

    def mask_tensor(self, mask: Mask) -> Floats:
        """Float32 [1, 1, side, side] of 0 and 1, of a mask [H, W]."""
        image = Pictures.fromarray(mask).resize((self.side, self.side), Pictures.Resampling.NEAREST)
        return np.asarray(image, np.float32)[None, None]


def is_pair(folder: Path) -> bool:
    """Whether a folder holds both files of a network that was exported."""
    return (folder / ENCODER).is_file() and (folder / DECODER).is_file()


def processing_of(folder: Path, side: int) -> Processing:
    """What the folder of a network says of its pictures, else what both were trained with."""
    try:
        told: Any = from_json((folder / PROCESSING).read_bytes(), dict[str, Any])
        mean, std = (np.array(told[key], float) for key in ("image_mean", "image_std"))
        good = mean.shape == std.shape == (3,) and np.isfinite(mean).all() and (std > 0).all()
    except (OSError, Malformed, KeyError, TypeError, ValueError):
        return Processing(side)
    return Processing(side, mean.tolist(), std.tolist()) if good else Processing(side)


def share_of(logits: Floats, size: tuple[int, int]) -> Pixels:
    """How much of each pixel belongs to it, uint8 [H, W], of logits [h, w]; `size` is (H, W)."""
    height, width = size
    image = Pictures.fromarray(np.asarray(logits, np.float32))
    large = np.asarray(image.resize((width, height), Pictures.Resampling.BILINEAR))
    return np.asarray(255 / (1 + np.exp(-np.clip(large, -30, 30))) + 0.5).astype(np.uint8)
