"""A picture warped smoothly, so that points of it come to lie elsewhere: moving least squares.

S. Schaefer, T. McPhail, J. Warren: Image Deformation Using Moving Least Squares (2006), with
similarities: parts keep their shape as well as they can.
"""

import numpy as np
import numpy.typing as npt

from taxiway.core.images import Pixels
from taxiway.vision.opencv import opencv

Points = npt.NDArray[np.float64]
"""[N, 2], x and y in pixels."""
CELLS = 40
"""Across and down; between their corners the warp is interpolated."""
NEARNESS = 1.5
"""How much nearer points count more."""


def warped(pixels: Pixels, sources: Points, targets: Points) -> Pixels:
    """A picture, uint8 [H, W, 3], in which what was at `sources` is at `targets`.

    What comes in from outside is the picture's own rim. With no points it stays as it is.
    """
    if not len(sources):
        return pixels
    cv2 = opencv("Warping")
    height, width = pixels.shape[:2]
    across, down = np.linspace(0, width - 1, CELLS), np.linspace(0, height - 1, CELLS)
    corners = np.stack(np.meshgrid(across, down), -1).reshape(-1, 2)
    # Backwards: where each place of the result comes from.
    came = moved(corners, targets, sources) - corners
    grid = came.reshape(CELLS, CELLS, 2).astype(np.float32)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    scale = (
        np.float32((CELLS - 1) / max(width - 1, 1)),
        np.float32((CELLS - 1) / max(height - 1, 1)),
    )
    shift = cv2.remap(grid, x * scale[0], y * scale[1], cv2.INTER_LINEAR)
    return np.asarray(
        cv2.remap(
            pixels, x + shift[:, :, 0], y + shift[:, :, 1], cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )
    )  # fmt: skip


def moved(places: Points, sources: Points, targets: Points) -> Points:
    """Where places [M, 2] go when `sources` go to `targets`, both [N, 2]: [M, 2]."""
    away = places[:, None] - sources[None]  # [M, N, 2]
    weight = 1 / ((away**2).sum(2) + 1e-3) ** NEARNESS  # [M, N]
    weight /= weight.sum(1, keepdims=True)
    middle, aim = weight @ sources, weight @ targets  # [M, 2]
    here, there = sources[None] - middle[:, None], targets[None] - aim[:, None]  # [M, N, 2]
    spread = (weight * (here**2).sum(2)).sum(1)  # [M]
    along = (weight * (here * there).sum(2)).sum(1)
    turn = (weight * (here[..., 0] * there[..., 1] - here[..., 1] * there[..., 0])).sum(1)
    safe = np.maximum(spread, 1e-9)
    along = np.where(spread > 1e-6, along / safe, 1.0)
    turn = np.where(spread > 1e-6, turn / safe, 0.0)
    x, y = (places - middle).T
    return np.asarray(aim + np.stack([along * x - turn * y, turn * x + along * y], 1))
