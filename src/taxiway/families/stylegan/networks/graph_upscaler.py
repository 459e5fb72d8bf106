"""The upscaler in plain operations, from a checkpoint's tensors.

The same as `upscaler`, without PyTorch.
"""

import numpy as np

from taxiway.backends import Node, Operations
from taxiway.families.stylegan.networks.graph_mapping import Tensors

TENT = np.array([[3, 5, 0], [1, 7, 0], [0, 7, 1], [0, 5, 3]], np.float32) / 8
"""Of four pixels that one becomes along an axis, the shares of those before, at and after it."""
MUCH = np.float32(2**16 + 1)
"""What parts a number of 24 digits after the eighth (Dekker 1971)."""


def upscaled(ops: Operations, tensors: Tensors, image: Node, size: tuple[int, int]) -> Node:
    """image [N, channels, H, W] of a size (height, width) to [N, channels, 4H, 4W].

    Edges become sharper here, and with them what they are off: so the image is seen whole, in two
    parts, even where all that follows has few digits.
    """

    def conv(name: str, x: Node, stride: int = 1) -> Node:
        weight = np.asarray(tensors[f"upscaler.{name}.weight"], np.float32)  # [out, in, 3, 3]
        bias = np.asarray(tensors[f"upscaler.{name}.bias"], np.float32)[None, :, None, None]
        return ops.add(ops.conv(x, ops.const(weight), 1, stride), ops.const(bias))

    def bent(x: Node) -> Node:
        return ops.activation(x, "lrelu")

    image, rest = map(ops.exact, parted(ops, image))
    weight = np.asarray(tensors["upscaler.first.weight"], np.float32)
    seen = ops.add(conv("first", image), ops.conv(rest, ops.const(weight), 1))
    fine = bent(seen)  # [N, width, H, W]
    x = bent(conv("down", fine, stride=2))  # [N, deep, H / 2, W / 2]
    pairs = sum(name.startswith("upscaler.pairs.") for name in tensors) // 2  # weights and biases
    for index in range(0, pairs, 2):
        y = bent(conv(f"pairs.{index}", x))
        x = ops.add(x, conv(f"pairs.{index + 1}", y))
    x = bent(ops.add(ops.shuffle(conv("up", x)), fine))  # [N, width, H, W]
    x = bent(ops.shuffle(conv("middle", x)))  # [N, width / 2, 2H, 2W]
    channels = weight.shape[1]
    plain = ops.shuffle(enlarged(ops, image, channels, size))  # [N, 4 channels, 2H, 2W]
    return ops.shuffle(ops.add(plain, conv("last", x)))  # [N, channels, 4H, 4W]


def parted(ops: Operations, x: Node) -> tuple[Node, Node]:
    """x as a sum whose first part has the digits of bfloat16, and the second what is left."""
    many = ops.mul(x, ops.const(MUCH))
    head = ops.add(many, ops.mul(ops.add(many, ops.mul(x, ops.const(-1))), ops.const(-1)))
    return head, ops.add(x, ops.mul(head, ops.const(-1)))


def enlarged(ops: Operations, image: Node, channels: int, size: tuple[int, int]) -> Node:
    """The image by linear interpolation at four times the size, as the pixels that become of each:
    [N, 16 channels, H, W], to be shuffled twice. Edges go on as they are.
    """
    rows, columns = (np.clip(np.arange(-1, side + 1), 0, side - 1) for side in size)
    around = ops.gather(image, rows[:, None] * size[1] + columns)  # [N, channels, H+2, W+2]
    tents = TENT.reshape(2, 2, 3)  # by the first doubling and by the second
    both = np.einsum("abk,cdl->bdackl", tents, tents).reshape(16, 3, 3)  # as shuffling twice reads
    weight = np.zeros((channels, 16, channels, 3, 3), np.float32)
    for channel in range(channels):
        weight[channel, :, channel] = both
    return ops.conv(around, ops.const(weight.reshape(16 * channels, channels, 3, 3)), 0)
