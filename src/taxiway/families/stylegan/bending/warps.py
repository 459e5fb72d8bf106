"""What can be done to a layer's activations: x [N, C, H, W] in, as many out; nothing at rest.

Each takes a Layer, x and numbers; at those that change nothing it gives back the very same node.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from taxiway.backends import Node, Operations
from taxiway.families.stylegan.networks.transform import transform
from taxiway.latent.torch_random import randn

Matrix = npt.NDArray[np.float64]


class Layer(NamedTuple):
    """What is written down with, and how many channels, rows and columns there are."""

    ops: Operations
    channels: int
    high: int
    wide: int


Warp = Callable[..., Node]


def scale(layer: Layer, x: Node, across: float, down: float | None = None) -> Node:
    """Larger (over 1) or smaller (under 1) around the middle; negative numbers mirror."""
    down = across if down is None else down
    matrix = np.array([[1 / nonzero(across), 0, 0], [0, 1 / nonzero(down), 0]])
    return placed(layer, x, matrix)


def rotate(layer: Layer, x: Node, degrees: float) -> Node:
    """Turned around the middle, clockwise as seen."""
    turn = degrees % 360
    return x if turn == 0 else placed(layer, x, moved(layer, rotation=turn))


def translate(layer: Layer, x: Node, right: float, down: float = 0.0) -> Node:
    """Moved by shares of the width and height."""
    return placed(layer, x, moved(layer, right, down))


def moved(layer: Layer, right: float = 0, down: float = 0, rotation: float = 0) -> Matrix:
    """The affine map [2, 3] of -1..1 that shifts a layer, or turns it by degrees."""
    # A turn is in pixels, so it is seen in units of half the height on both axes.
    units = np.diag([layer.wide / layer.high, 1, 1])
    turned = np.linalg.inv(units) @ transform(rotation=rotation) @ units
    whole: Matrix = turned @ transform(2 * right, 2 * down)
    return whole[:2]


def placed(layer: Layer, x: Node, matrix: Matrix) -> Node:
    """x [N, C, H, W] seen through an affine map [2, 3] of -1..1, mirrored at its edges."""
    if np.array_equal(matrix, [[1, 0, 0], [0, 1, 0]]):
        return x
    ops, high, wide = layer.ops, layer.high, layer.wide
    across, down = np.meshgrid(middles(wide), middles(high))  # [H, W] each
    seen = matrix @ np.stack([across.ravel(), down.ravel(), np.ones(high * wide)])  # [2, H * W]
    columns, rows = within(seen[0], wide), within(seen[1], high)
    left, top = np.floor(columns).astype(int), np.floor(rows).astype(int)
    result = None
    for i, j in np.ndindex(2, 2):  # between the four samples around
        row, column = (np.minimum(top + i, high - 1), np.minimum(left + j, wide - 1))
        share = np.abs(1 - i - (rows - top)) * np.abs(1 - j - (columns - left))
        sample = ops.gather(x, (row * wide + column).reshape(high, wide))
        term = ops.mul(sample, ops.const(share.reshape(1, 1, high, wide)))
        result = term if result is None else ops.add(result, term)
    return result


def middles(count: int) -> Matrix:
    """Where samples lie along an axis of -1..1."""
    return (2 * np.arange(count) + 1) / count - 1


def within(place: Matrix, count: int) -> Matrix:
    """Places of -1..1 as places between samples 0..count - 1, mirrored at the edges."""
    beyond = np.abs((place + 1) * count / 2)
    times, rest = np.divmod(beyond, count)
    result: Matrix = np.where(times % 2 == 0, rest, count - rest) - 0.5
    return result.clip(0, count - 1)


def dilate(layer: Layer, x: Node, radius: float) -> Node:
    """Each place takes the largest value around it, up to `radius` places away."""
    reach = min(round(radius), max(layer.high, layer.wide) - 1)  # beyond there is nothing to see
    return x if reach <= 0 else layer.ops.max_pool(x, reach)


def erode(layer: Layer, x: Node, radius: float) -> Node:
    """Each place takes the smallest value around it, up to `radius` places away."""
    if round(radius) <= 0:
        return x
    minus = layer.ops.const(-1.0)
    return layer.ops.mul(dilate(layer, layer.ops.mul(x, minus), radius), minus)


def invert(layer: Layer, x: Node, amount: float = 1.0) -> Node:
    """Towards 1 - x, by `amount`."""
    if amount == 0:
        return x
    return layer.ops.add(multiply(layer, x, 1 - 2 * amount), layer.ops.const(amount))


def threshold(layer: Layer, x: Node, level: float, high: float = 1.0) -> Node:
    """`high` where x is over `level`, else 0."""
    return layer.ops.mul(layer.ops.above(x, level), layer.ops.const(high))


def ablate(layer: Layer, x: Node, amount: float = 1.0) -> Node:
    """Silenced, by `amount`."""
    return multiply(layer, x, 1 - amount)


def multiply(layer: Layer, x: Node, factor: float) -> Node:
    """Made stronger or weaker."""
    return x if factor == 1 else layer.ops.mul(x, layer.ops.const(factor))


def noise(layer: Layer, x: Node, strength: float, seed: float = 0.0) -> Node:
    """Grain, as strong as `strength` times what each channel varies; the same for every picture."""
    if strength == 0:
        return x
    ops, shape = layer.ops, (layer.channels, layer.high, layer.wide)

    def mean(y: Node) -> Node:
        return ops.mean(ops.mean(y, 2), 3)

    off = ops.add(x, ops.mul(mean(x), ops.const(-1.0)))
    count = layer.high * layer.wide
    variance = ops.mul(mean(ops.mul(off, off)), ops.const(count / max(count - 1, 1)))
    grain = ops.const(strength * randn(int(seed), shape)[None])
    return ops.add(x, ops.mul(grain, ops.power(variance, 0.5)))


def sobel(layer: Layer, x: Node, amount: float = 1.0) -> Node:
    """Towards the outlines, by `amount`."""
    if amount == 0:
        return x
    ops = layer.ops
    squares = []
    for axis in (0, 1):  # how much x rises downwards, and to the right
        terms = []
        for side, across, weight in SOBEL:
            down, right = (side, across) if axis == 0 else (across, side)
            terms.append(ops.mul(shifted(layer, x, down, right), ops.const(side * weight)))
        rise = total(ops, terms)
        squares.append(ops.mul(rise, rise))
    outlines = ops.power(ops.add(*squares), 0.5)
    return ops.add(multiply(layer, x, 1 - amount), ops.mul(outlines, ops.const(amount)))


SOBEL = [(side, across, w) for side in (-1, 1) for across, w in ((-1, 0.25), (0, 0.5), (1, 0.25))]


def total(ops: Operations, terms: list[Node]) -> Node:
    """The sum of several."""
    result = terms[0]
    for term in terms[1:]:
        result = ops.add(result, term)
    return result


def shifted(layer: Layer, x: Node, down: int, right: int) -> Node:
    """What lies so many places further down and to the right; edges go on as they are."""
    rows = (np.arange(layer.high) + down).clip(0, layer.high - 1)
    columns = (np.arange(layer.wide) + right).clip(0, layer.wide - 1)
    return layer.ops.gather(x, rows[:, None] * layer.wide + columns)


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


def on_channels(layer: Layer, x: Node, warp: Warp, params: Any, channels: list[int] | None) -> Node:
    """A warp of some channels, all of them if None."""
    bent = warp(layer, x, *params)
    if channels is None or bent is x:
        return bent
    chosen = np.zeros((1, layer.channels, 1, 1), np.float32)
    chosen[:, channels] = 1
    ops = layer.ops
    return ops.add(ops.mul(bent, ops.const(chosen)), ops.mul(x, ops.const(1 - chosen)))
