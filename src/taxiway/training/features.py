"""What pictures look like in numbers: hand-made features, fixed, without anything to download.

Pretrained features carry a licence and a download, and random ones do not see a missing bow.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from taxiway.core.frame import flattened

Pictures = NDArray[np.uint8]
Features = NDArray[np.float64]
_COMPONENTS = 64
_BATCH = 256


def features(pictures: Pictures) -> Features:
    """Features [N, 1344]: colours in 8 x 8 cells, edges by direction in 4 x 4 cells, 3 scales.

    Pictures are [N, S, S, C]; those with alpha are seen on white, and give 448 features more of
    their alpha.
    """
    starts = range(0, len(pictures), _BATCH)
    return np.concatenate([_features(pictures[i : i + _BATCH]) for i in starts])


def _features(pictures: Pictures) -> Features:
    red, green, blue = (images(coloured(pictures)) / 127.5 - 1).unbind(dim=1)
    planes = torch.stack([(red + green + blue) / 3, red - blue, 2 * green - red - blue], dim=1)
    if pictures.shape[3] == 4:
        planes = torch.cat([planes, images(pictures[..., 3:]) / 127.5 - 1], dim=1)
    found = [F.adaptive_avg_pool2d(planes, 8).flatten(1)]
    for _ in range(3):
        found += _edges(planes)
        planes = F.avg_pool2d(planes, 2)
    return torch.cat(found, dim=1).double().numpy()


def _edges(planes: Tensor) -> list[Tensor]:
    padded = F.pad(planes, (1, 1, 1, 1), mode="replicate")
    across = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]
    down = padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]
    found = []
    for angle in (0.0, math.pi / 4, math.pi / 2, 3 * math.pi / 4):
        edge = across * math.cos(angle) + down * math.sin(angle)
        sides = (edge.relu(), (-edge).relu())
        found += [F.adaptive_avg_pool2d(side, 4).sqrt().flatten(1) for side in sides]
    return found


def coloured(pictures: Pictures) -> Pictures:
    """Pictures [N, H, W, C], grey or with alpha, as those of colours [N, H, W, 3], on white."""
    if pictures.shape[3] == 3:
        return pictures
    return np.stack([flattened(picture) for picture in pictures])


def images(pictures: Pictures) -> Tensor:
    """Pictures [N, H, W, C] as float32 [N, C, H, W], still 0 to 255."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float()


class MainComponents:
    """Projects features to the 64 main axes of the real ones, scaled by the first."""

    def __init__(self, real: Features) -> None:
        self.mean, self.deviation = real.mean(axis=0), real.std(axis=0) + 1e-6
        scaled = torch.from_numpy((real - self.mean) / self.deviation)
        # The axes of few pictures in many dimensions come from their products with each other.
        squares, mixes = torch.linalg.eigh(scaled @ scaled.T)
        squares, mixes = squares.flip(0)[:_COMPONENTS], mixes.flip(1)[:, :_COMPONENTS]
        axes = scaled.T @ mixes / squares.clamp(min=1e-9).sqrt()
        largest = math.sqrt(float(squares[0]) / (len(real) - 1))
        self.axes: Features = (axes / max(largest, 1e-9)).numpy()

    def __call__(self, found: Features) -> Features:
        scaled = torch.from_numpy((found - self.mean) / self.deviation)
        result: Features = (scaled @ torch.from_numpy(self.axes)).numpy()
        return result
