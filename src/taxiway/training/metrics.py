"""How good a rainbow model is, in numbers: bows, distance to held-out pictures, variety."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from taxiway.training.bow import bow_scores, bow_threshold

Pictures = NDArray[np.uint8]
_COMPONENTS = 64


def report(made: Pictures, held_out: Pictures, twins: Pictures) -> dict[str, float]:
    """The figures of a model card, from pictures [N, 64, 64, 3] of three kinds.

    `made` by the model, `held_out` from the painter but never trained on, `twins` without a bow.
    A pass rate is the share whose bow score exceeds that of 95 % of the twins.
    """
    threshold = bow_threshold(twins)
    half = len(held_out) // 2
    return {
        "bow_pass_rate": pass_rate(made, threshold),
        "bow_pass_rate_held_out": pass_rate(held_out, threshold),
        "bow_pass_rate_without_bow": pass_rate(twins, threshold),
        "bow_pass_rate_upside_down": pass_rate(made[:, ::-1].copy(), threshold),
        "red_outside_rate": red_outside_rate(made),
        "red_outside_rate_held_out": red_outside_rate(held_out),
        "kid": kid(made, held_out),
        "kid_between_held_out": kid(held_out[:half], held_out[half:]),
        "kid_without_bow": kid(twins, held_out),
        "variety": spread(made) / spread(held_out),
    }


def pass_rate(pictures: Pictures, threshold: float) -> float:
    """The share of pictures whose bow score exceeds the threshold."""
    return float((bow_scores(pictures) > threshold).mean())


def red_outside_rate(pictures: Pictures) -> float:
    """The share of pictures that look more like a bow than with red and blue exchanged."""
    exchanged = np.ascontiguousarray(pictures[..., ::-1])
    return float((bow_scores(pictures) > bow_scores(exchanged)).mean())


def spread(pictures: Pictures) -> float:
    """The mean root-mean-square difference, in levels, of pairs of pictures at 32 px."""
    small = F.interpolate(_images(pictures), (32, 32), mode="area").flatten(1)
    distance = torch.cdist(small, small) / math.sqrt(small.shape[1])
    pairs = len(small) * (len(small) - 1)
    return float(distance.sum() / pairs)


def kid(made: Pictures, real: Pictures) -> float:
    """Kernel distance (Binkowski et al. 2018) on edge and colour features, 0 for equal sources.

    The features are our own: pretrained ones carry a licence and a download, and random ones do
    not see a missing bow.
    """
    project = _MainComponents(features(real))
    a, b = project(features(made)), project(features(real))
    return _within(a) + _within(b) - 2 * float(_kernel(a, b).mean())


def _kernel(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = (a @ b.T / a.shape[1] + 1) ** 3
    return result


def _within(a: NDArray[np.float64]) -> float:
    """The kernel's mean over pairs of different pictures."""
    kernel = _kernel(a, a)
    return float((kernel.sum() - np.trace(kernel)) / (len(a) * (len(a) - 1)))


class _MainComponents:
    """Projects features to the main axes of the real ones, scaled by the first."""

    def __init__(self, real: NDArray[np.float64]) -> None:
        self.mean, self.deviation = real.mean(axis=0), real.std(axis=0) + 1e-6
        scaled = (real - self.mean) / self.deviation
        _, sizes, axes = np.linalg.svd(scaled / math.sqrt(len(real) - 1), full_matrices=False)
        self.axes = axes[:_COMPONENTS].T / sizes[0]

    def __call__(self, found: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = ((found - self.mean) / self.deviation) @ self.axes
        return result


def features(pictures: Pictures) -> NDArray[np.float64]:
    """Features [N, 1344]: colours in 8 x 8 cells, edges by direction in 4 x 4 cells, 3 scales."""
    red, green, blue = (_images(pictures) / 127.5 - 1).unbind(dim=1)
    planes = torch.stack([(red + green + blue) / 3, red - blue, 2 * green - red - blue], dim=1)
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


def _images(pictures: Pictures) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float()
