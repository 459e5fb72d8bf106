"""How far one set of pictures is from another, in numbers that need no download.

All but the sliced Wasserstein distance are taken on the features of `features.py`. `made` is the
set that is judged, `real` the one it is held against; pictures are uint8 [N, S, S, 3] of one size.
"""

import math
from collections.abc import Callable, Sequence
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from taxiway.core.errors import InvalidArgument
from taxiway.training.features import MainComponents, Pictures, features, images

SIZE = 64
"""Pixels at which sets are compared, so that figures of different models can be."""
_PATCHES, _PATCH, _DIRECTIONS = 48, 7, 128


def compare(made: Pictures, real: Pictures, names: Sequence[str]) -> dict[str, float]:
    """The figures of METRICS by name; raises InvalidArgument for a name that there is not."""
    unknown = [name for name in names if name not in METRICS]
    if unknown:
        raise InvalidArgument(
            f"'metrics' takes {', '.join(METRICS)}, got {unknown[0]!r}.", "metrics"
        )
    pair = Pair(made, real)
    return {key: value for name in names for key, value in METRICS[name](pair).items()}


class Pair:
    """Two sets, and their features along the main axes of the real ones, worked out once."""

    def __init__(self, made: Pictures, real: Pictures) -> None:
        self.made, self.real = made, real

    @cached_property
    def features(self) -> tuple[Tensor, Tensor]:
        """Of those made [N, 64] and of the real ones."""
        found = features(self.real)
        project = MainComponents(found)
        return torch.from_numpy(project(features(self.made))), torch.from_numpy(project(found))


def kid(made: Pictures, real: Pictures) -> float:
    """Kernel distance (Binkowski et al. 2018), 0 for equal sources; does not favour large sets."""
    return kernel_distance(Pair(made, real))


def kernel_distance(pair: Pair) -> float:
    """The same of a pair."""
    a, b = pair.features
    return _within(a) + _within(b) - 2 * float(_kernel(a, b).mean())


def frechet(pair: Pair) -> float:
    """Frechet distance (Heusel et al. 2017) of the features' Gaussians; smaller for larger sets."""
    return frechet_distance(*pair.features)


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """The same of features [N, F] and [M, F] in float64; also of fewer rows than features."""
    apart = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    ours, theirs = _root(a), _root(b)
    # tr sqrt(A'A B'B) is the sum of the singular values of A B': no root of a rounding error.
    middle = torch.linalg.svdvals(ours @ theirs.T).sum()
    return float(apart + ours.square().sum() + theirs.square().sum() - 2 * middle)


def _root(a: Tensor) -> Tensor:
    """R [at most F, F] whose R'R is the covariance of rows [N, F]."""
    root: Tensor = torch.linalg.qr((a - a.mean(dim=0)) / math.sqrt(len(a) - 1), mode="r").R
    return root


def precision_recall(pair: Pair, k: int = 3) -> tuple[float, float]:
    """(precision, recall) by nearest neighbours (Kynkaanniemi et al. 2019), 0 to 1.

    Precision is the share of `made` that lies among the real ones, recall the share of `real`
    that lies among those made.
    """
    a, b = pair.features
    across = torch.cdist(a, b)
    return _covered(across, b, k), _covered(across.T, a, k)


def _covered(across: Tensor, there: Tensor, k: int) -> float:
    """The share of rows that are within the k-th neighbour's distance of some point `there`."""
    reach = torch.cdist(there, there).kthvalue(min(k + 1, len(there)), dim=1).values
    return float((across <= reach).any(dim=1).double().mean())


def spread(pictures: Pictures) -> float:
    """The mean root-mean-square difference, in levels, of pairs of pictures at 32 px."""
    small = F.interpolate(images(pictures), (32, 32), mode="area").flatten(1)
    distance = torch.cdist(small, small) / math.sqrt(small.shape[1])
    pairs = max(1, len(small) * (len(small) - 1))
    return float(distance.sum() / pairs)


def sliced_wasserstein(pair: Pair, seed: int = 0) -> float:
    """Sliced Wasserstein distance times 1000 of patches of three scales (Karras et al. 2018)."""
    dice = torch.Generator().manual_seed(seed)
    a, b = images(pair.made), images(pair.real)
    distances = []
    # the smallest scale has room for a patch: three of 28 pixels or more, two of 16
    levels = min(3, int(math.log2(a.shape[-1] / _PATCH)) + 1)
    for level in range(levels):
        last = level == levels - 1
        ours, theirs = (_patches(x if last else _detail(x), dice) for x in (a, b))
        mean, deviation = (
            theirs.mean(dim=(0, 2), keepdim=True),
            theirs.std(dim=(0, 2), keepdim=True),
        )
        flat = [((x - mean) / (deviation + 1e-6)).flatten(1) for x in (ours, theirs)]
        axes = F.normalize(torch.randn(flat[0].shape[1], _DIRECTIONS, generator=dice), dim=0)
        distances.append(_apart(flat[0] @ axes, flat[1] @ axes))
        a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
    return 1000 * sum(distances) / len(distances)


def _apart(a: Tensor, b: Tensor) -> float:
    """The mean distance of two sets of numbers [N, axes] along each axis, at 1000 quantiles."""
    at = torch.linspace(0, 1, 1000)
    a, b = (x.sort(dim=0).values[(at * (len(x) - 1)).long()] for x in (a, b))
    return float((a - b).abs().mean())


def _detail(x: Tensor) -> Tensor:
    """What is lost when x [N, 3, H, W] is made half as large: a level of a Laplacian pyramid."""
    return x - F.interpolate(F.avg_pool2d(x, 2), scale_factor=2, mode="bilinear")


def _patches(x: Tensor, dice: torch.Generator) -> Tensor:
    """48 patches of 7 x 7 pixels of each picture: [N * 48, 3, 49]."""
    window = torch.arange(_PATCH)
    rows, columns = (
        torch.randint(side - _PATCH + 1, (len(x), _PATCHES, 1, 1), generator=dice)
        for side in x.shape[2:]
    )
    which = torch.arange(len(x))[:, None, None, None]
    found = x.movedim(1, -1)[which, rows + window[:, None], columns + window]  # [N, 48, 7, 7, 3]
    return found.flatten(0, 1).flatten(1, 2).movedim(-1, 1)


def _kernel(a: Tensor, b: Tensor) -> Tensor:
    return (a @ b.T / a.shape[1] + 1) ** 3


def _within(a: Tensor) -> float:
    """The kernel's mean over pairs of different pictures."""
    kernel = _kernel(a, a)
    return float((kernel.sum() - kernel.trace()) / (len(a) * (len(a) - 1)))


Figures = Callable[[Pair], dict[str, float]]
METRICS: dict[str, Figures] = {
    "kid": lambda pair: {"kid": kernel_distance(pair)},
    "fd": lambda pair: {"frechet": frechet(pair)},
    "swd": lambda pair: {"sliced_wasserstein": sliced_wasserstein(pair)},
    "pr": lambda pair: dict(zip(("precision", "recall"), precision_recall(pair), strict=True)),
    "variety": lambda pair: {"variety": spread(pair.made) / max(spread(pair.real), 1e-6)},
}
"""What can be asked for, each with the figures it gives."""
