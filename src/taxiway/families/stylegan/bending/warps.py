"""What can be done to a layer's activations: x [N, C, H, W] in, as many out; nothing at rest.

Each takes numbers; at those that change nothing it gives back the very same tensor.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from taxiway.families.stylegan.networks.transform import transform

Warp = Callable[..., Tensor]


def scale(x: Tensor, across: float, down: float | None = None) -> Tensor:
    """Larger (over 1) or smaller (under 1) around the middle; negative numbers mirror."""
    down = across if down is None else down
    return placed(x, [[1 / nonzero(across), 0, 0], [0, 1 / nonzero(down), 0]])


def rotate(x: Tensor, degrees: float) -> Tensor:
    """Turned around the middle, clockwise as seen."""
    return x if degrees % 360 == 0 else placed(x, moved(x, rotation=degrees % 360))


def translate(x: Tensor, right: float, down: float = 0.0) -> Tensor:
    """Moved by shares of the width and height."""
    return placed(x, moved(x, right, down))


def moved(x: Tensor, right: float = 0, down: float = 0, rotation: float = 0) -> list[list[float]]:
    """The affine map [2, 3] of -1..1 that shifts x [N, C, H, W], or turns it by degrees."""
    height, width = x.shape[2:]
    # A turn is in pixels, so it is seen in units of half the height on both axes.
    units = np.diag([width / height, 1, 1])
    matrix = (
        np.linalg.inv(units) @ transform(rotation=rotation) @ units @ transform(2 * right, 2 * down)
    )
    rows: list[list[float]] = matrix[:2].tolist()
    return rows


def placed(x: Tensor, matrix: list[list[float]]) -> Tensor:
    """x [N, C, H, W] seen through an affine map [2, 3] of -1..1, mirrored at its edges."""
    if matrix == [[1, 0, 0], [0, 1, 0]]:
        return x
    theta = torch.tensor(matrix, dtype=torch.float32, device=x.device)
    grid = F.affine_grid(theta.expand(len(x), -1, -1), list(x.shape), align_corners=False)
    # grid: [N, H, W, 2], where each place of the new picture lay in the old one
    seen = F.grid_sample(x.float(), grid, padding_mode="reflection", align_corners=False)
    return seen.to(x.dtype)  # [N, C, H, W]


def dilate(x: Tensor, radius: float) -> Tensor:
    """Each place takes the largest value around it, up to `radius` places away."""
    reach = min(round(radius), max(x.shape[2:]))  # beyond that there is nothing more to see
    return x if reach <= 0 else F.max_pool2d(x, 2 * reach + 1, stride=1, padding=reach)


def erode(x: Tensor, radius: float) -> Tensor:
    """Each place takes the smallest value around it, up to `radius` places away."""
    return x if round(radius) <= 0 else -dilate(-x, radius)


def invert(x: Tensor, amount: float = 1.0) -> Tensor:
    """Towards 1 - x, by `amount`."""
    return x if amount == 0 else torch.lerp(x, 1 - x, amount)


def threshold(x: Tensor, level: float, high: float = 1.0) -> Tensor:
    """`high` where x is over `level`, else 0."""
    return (x > level).to(x.dtype) * high


def ablate(x: Tensor, amount: float = 1.0) -> Tensor:
    """Silenced, by `amount`."""
    return x if amount == 0 else x * (1 - amount)


def multiply(x: Tensor, factor: float) -> Tensor:
    """Made stronger or weaker."""
    return x if factor == 1 else x * factor


def noise(x: Tensor, strength: float, seed: float = 0.0) -> Tensor:
    """Grain, as strong as `strength` times what each channel varies; the same for every picture."""
    if strength == 0:
        return x
    random = torch.Generator().manual_seed(int(seed))
    grain = torch.randn(x.shape[1:], generator=random).to(x)
    return x + grain * x.std(dim=(2, 3), keepdim=True) * strength


def sobel(x: Tensor, amount: float = 1.0) -> Tensor:
    """Towards the outlines, by `amount`."""
    if amount == 0:
        return x
    rise = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).to(x) / 4
    kernels = torch.stack([rise, rise.T])[:, None].repeat(x.shape[1], 1, 1, 1)  # [2C, 1, 3, 3]
    edges = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), kernels, groups=x.shape[1])
    # edges [N, 2C, H, W]: how much x rises to the right and downwards
    outlines = edges.view(len(x), x.shape[1], 2, *x.shape[2:]).norm(dim=2)  # [N, C, H, W]
    return torch.lerp(x, outlines, amount)


def nonzero(factor: float) -> float:
    """A factor that can be divided by."""
    return factor if abs(factor) > 1e-3 else math.copysign(1e-3, factor)


WARPS: dict[str, tuple[Warp, int, int]] = {
    "scale": (scale, 1, 2),
    "rotate": (rotate, 1, 1),
    "translate": (translate, 1, 2),
    "erode": (erode, 1, 1),
    "dilate": (dilate, 1, 1),
    "invert": (invert, 0, 1),
    "threshold": (threshold, 1, 2),
    "ablate": (ablate, 0, 1),
    "multiply": (multiply, 1, 1),
    "noise": (noise, 1, 2),
    "sobel": (sobel, 0, 1),
}
"""By name, with the fewest and the most numbers that each takes."""
