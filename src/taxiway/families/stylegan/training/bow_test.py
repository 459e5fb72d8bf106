"""The bow test: is there an arc whose colours run from red outside to blue inside?

A Hough transform of the gradient of red minus blue over circles: for every circle the mean
outward gradient along its upper half inside the picture, minus that of the circles just inside
and outside it; the score is the best circle's. Pictures are tested at 64 px.
"""

import warnings
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

SIDE = 64
_RADII = range(8, 78)
_CENTRES = [(x, y) for y in range(12, 110, 4) for x in range(-24, 90, 4)]
_FEWEST = 14  # points of a circle inside the picture for it to count
_BATCH = 32


def bow_scores(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A score [N] for pictures [N, H, W, 3] of at least 64 px; higher is more of a bow."""
    starts = range(0, len(pictures), _BATCH)
    batches = (torch.from_numpy(pictures[i : i + _BATCH]) for i in starts)
    return torch.cat([_scores(batch) for batch in batches]).numpy()


def bow_threshold(bowless: NDArray[np.uint8], false_alarms: float = 0.05) -> float:
    """The score that only this share of pictures without a bow passes."""
    return float(np.quantile(bow_scores(bowless), 1 - false_alarms))


def pass_rate(pictures: NDArray[np.uint8], threshold: float) -> float:
    """The share of pictures [N, H, W, 3] whose bow score exceeds the threshold."""
    return float((bow_scores(pictures) > threshold).mean())


def red_outside_rate(pictures: NDArray[np.uint8]) -> float:
    """The share of pictures that look more like a bow than with red and blue exchanged."""
    exchanged = np.ascontiguousarray(pictures[..., ::-1])
    return float((bow_scores(pictures) > bow_scores(exchanged)).mean())


def _scores(batch: Tensor) -> Tensor:
    circles, counts = _circles()
    sums = (circles @ _field(batch)).reshape(len(_CENTRES), len(_RADII), -1)
    best = torch.full((len(batch),), -torch.inf)
    for width in (2, 3, 4, 5):
        middle = slice(width, -width)
        beside = sums[:, : -2 * width] + sums[:, 2 * width :]
        enough = torch.minimum(counts[:, : -2 * width], counts[:, 2 * width :])
        enough = torch.minimum(enough, counts[:, middle])
        ridge = (sums[:, middle] - 0.5 * beside) / counts[:, middle].clamp(min=1).sqrt()[..., None]
        ridge[enough < _FEWEST] = -torch.inf
        best = torch.maximum(best, ridge.amax(dim=(0, 1)))
    return best


def _field(batch: Tensor) -> Tensor:
    """The gradient of red minus blue [2 * 64 * 64, N], strong edges clipped."""
    colour = batch.permute(0, 3, 1, 2).float()
    if colour.shape[-1] != SIDE:
        colour = F.interpolate(colour, (SIDE, SIDE), mode="area")
    slope = _blurred(colour[:, 0] - colour[:, 2])
    gradient = torch.stack(torch.gradient(slope, dim=(2, 1)), dim=1)
    length = gradient.norm(dim=1, keepdim=True)
    flat = length.flatten(1)
    typical = 0.5 * flat.square().mean(1).sqrt() + 0.5 * flat.median(1).values + 0.35
    typical = typical[:, None, None, None]
    clipped = gradient * (2.5 * typical / (length + 1e-6)).clamp(max=1) / typical
    result: Tensor = clipped.flatten(1).t().contiguous()
    return result


def _blurred(plane: Tensor) -> Tensor:
    taps = torch.exp(-0.5 * (torch.arange(-2.0, 3.0) / 0.6) ** 2)
    taps = taps / taps.sum()
    padded = F.pad(plane[:, None], (2, 2, 2, 2), mode="replicate")
    across = F.conv2d(padded, taps.view(1, 1, 1, 5))
    return F.conv2d(across, taps.view(1, 1, 5, 1))[:, 0]


@cache
def _circles() -> tuple[Tensor, Tensor]:
    """A sparse matrix [circles, 2 * 64 * 64] that sums outward gradients; points per circle."""
    rows, columns, values = [], [], []
    counts = np.zeros((len(_CENTRES), len(_RADII)), np.float32)
    for i, (centre_x, centre_y) in enumerate(_CENTRES):
        for j, radius in enumerate(_RADII):
            pixels, outward = _points(centre_x, centre_y, radius)
            counts[i, j] = len(pixels)
            rows.append(np.full(2 * len(pixels), i * len(_RADII) + j))
            columns += [pixels, pixels + SIDE * SIDE]
            values += [outward[0], outward[1]]
    places = np.stack([np.concatenate(rows), np.concatenate(columns)])
    numbers = np.concatenate(values).astype(np.float32)
    return _sparse(places, numbers, (counts.size, 2 * SIDE * SIDE)), torch.from_numpy(counts)


def _sparse(
    places: NDArray[np.intp], numbers: NDArray[np.float32], shape: tuple[int, int]
) -> Tensor:
    """A matrix of numbers at (row, column) places [2, N]; numbers at one place add up."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch calls its sparse tensors a beta
        matrix = torch.sparse_coo_tensor(
            torch.from_numpy(places), torch.from_numpy(numbers), shape, check_invariants=True
        )
        return matrix.coalesce().to_sparse_csr()


def _points(
    centre_x: int, centre_y: int, radius: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Pixels on the upper half of a circle inside the picture, and the outward unit vectors."""
    count = max(int(np.pi * radius / 1.5), 4)
    angle = np.pi * (np.arange(count) + 0.5) / count
    outward = np.stack([np.cos(angle), -np.sin(angle)])
    x, y = centre_x + radius * outward[0], centre_y + radius * outward[1]
    inside = (x >= 1) & (x < SIDE - 1) & (y >= 1) & (y < SIDE - 1)
    pixels = np.floor(y[inside]).astype(np.intp) * SIDE + np.floor(x[inside]).astype(np.intp)
    return pixels, outward[:, inside]
