"""The upscaler in plain operations, from a checkpoint's tensors.

The same as `upscaler`, without PyTorch.
"""

import numpy as np
import numpy.typing as npt

from taxiway.backends import Node, Operations
from taxiway.families.stylegan.networks.graph_mapping import Tensors

Array = npt.NDArray[np.float32]
TENTS = (np.array([0.5, 1, 0.5], np.float32), np.array([0.25, 0.75, 0.75, 0.25], np.float32))
"""Two doublings whose filters together are the tent of linear interpolation to four times."""


def upscaled(ops: Operations, tensors: Tensors, image: Node, size: tuple[int, int]) -> Node:
    """image [N, channels, H, W] of a size (height, width) to [N, channels, 4H, 4W]."""

    def conv(name: str, x: Node, stride: int = 1) -> Node:
        weight = np.asarray(tensors[f"upscaler.{name}.weight"], np.float32)  # [out, in, 3, 3]
        bias = np.asarray(tensors[f"upscaler.{name}.bias"], np.float32)[None, :, None, None]
        return ops.add(ops.conv(x, ops.const(weight), 1, stride), ops.const(bias))

    def bent(x: Node) -> Node:
        return ops.activation(x, "lrelu")

    fine = bent(conv("first", image))  # [N, width, H, W]
    x = bent(conv("down", fine, stride=2))  # [N, deep, H / 2, W / 2]
    pairs = sum(name.startswith("upscaler.pairs.") for name in tensors) // 2  # weights and biases
    for index in range(0, pairs, 2):
        y = bent(conv(f"pairs.{index}", x))
        x = ops.add(x, conv(f"pairs.{index + 1}", y))
    x = bent(ops.add(ops.shuffle(conv("up", x)), fine))  # [N, width, H, W]
    x = bent(ops.shuffle(conv("middle", x)))  # [N, width / 2, 2H, 2W]
    x = ops.shuffle(conv("last", x))  # [N, channels, 4H, 4W]
    return ops.add(smooth(ops, image, size), x)


def smooth(ops: Operations, image: Node, size: tuple[int, int]) -> Node:
    """The image, merely enlarged by linear interpolation; edges go on as they are."""
    for taps, padding in zip(TENTS, (0, 2), strict=True):
        image = ops.upsample(image, taps, padding)
    # zeros were taken outside: at the edges less than 1 has come together
    return ops.mul(image, ops.const(1 / np.outer(*(sums(length) for length in size))[None, None]))


def sums(length: int) -> Array:
    """What ones [length] become by both doublings."""
    ones = np.ones(length, np.float32)
    for taps in TENTS:
        spread = np.zeros(2 * len(ones) - 1, np.float32)
        spread[::2] = ones
        ones = np.convolve(spread, taps)
    result: Array = ones[2:-2]
    return result
