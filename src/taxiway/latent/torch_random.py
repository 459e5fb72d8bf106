"""The numbers that PyTorch draws on a processor for a seed, without PyTorch.

Its generator is the Mersenne Twister, seeded as numpy's RandomState; what it makes of those 32 bits
is documented by its behaviour alone, which the tests compare.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

TOGETHER = 16
"""Normal numbers are made of so many at once, the second half with the sines of the first's."""


def bits(seed: int, count: int) -> npt.NDArray[Any]:
    """The first 32-bit numbers of a seed."""
    generator: Any = np.random.RandomState(seed)._bit_generator
    raw: npt.NDArray[Any] = generator.random_raw(count)
    return raw


def randn(seed: int, shape: Sequence[int]) -> npt.NDArray[np.float32]:
    """As `torch.randn(*shape)` after `manual_seed(seed)`, for 16 numbers or more."""
    count = math.prod(shape)
    # What is left over is drawn anew, with the last of the others.
    drawn = normal(bits(seed, count)[: count // TOGETHER * TOGETHER])
    if len(drawn) < count:
        drawn = np.concatenate([drawn, np.zeros(count - len(drawn), np.float32)])
        last = normal(bits(seed, count + TOGETHER)[count:])
        drawn[max(count - TOGETHER, 0) :] = last[-min(count, TOGETHER) :]
    return drawn.reshape(shape)


def normal(raw: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Normal numbers of as many 32-bit ones, a multiple of 16 (Box and Muller 1958)."""
    uniform = (raw & 0xFFFFFF).astype(np.float32) * np.float32(2.0**-24)
    first, second = np.split(uniform.reshape(-1, TOGETHER), 2, axis=1)
    radius = np.sqrt(-2 * np.log(1 - first))
    angle = np.float32(2 * math.pi) * second
    drawn = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    numbers: npt.NDArray[np.float32] = drawn.ravel().astype(np.float32)
    return numbers


def randperm(seed: int, count: int) -> list[int]:
    """As `torch.randperm(count)` after `manual_seed(seed)`."""
    order = list(range(count))
    for i, drawn in enumerate(bits(seed, max(count - 1, 0))):
        other = i + int(drawn) % (count - i)
        order[i], order[other] = order[other], order[i]
    return order
