"""From seeds to z, as every StyleGAN tool does it."""

import re

import numpy as np
from numpy.typing import NDArray

from taxiway.core.errors import InvalidArgument

MAX_SEED = 2**32 - 1
MAX_SEEDS = 1_000_000


def z_of_seed(seed: int, z_dim: int = 512) -> NDArray[np.float32]:
    """The z [z_dim] of a seed from 0 to 2**32 - 1.

    From numpy's legacy generator, drawn in float64: the same seed gives the same picture as in
    NVIDIA's tools. Raises InvalidArgument for any other seed.
    """
    if not 0 <= seed <= MAX_SEED:
        raise InvalidArgument(f"'seed' takes 0 to {MAX_SEED}, got {seed:.12g}.", "seed")
    return np.random.RandomState(seed).randn(z_dim).astype(np.float32)


def parse_seeds(text: str) -> list[int]:
    """The seeds that `1,2,5-10` means, in that order.

    Raises InvalidArgument for anything else, for seeds over 2**32 - 1 and for over a million.
    """
    seeds: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,10})\s*(?:-\s*([0-9]{1,10})\s*)?", part)
        first = int(match[1]) if match else -1
        last = int(match[2] or first) if match else -1
        if not 0 <= first <= last <= MAX_SEED or last - first >= MAX_SEEDS - len(seeds):
            raise InvalidArgument(
                f"Seeds are numbers and ranges such as 1,2,5-10 (up to {MAX_SEED}, at most "
                f"{MAX_SEEDS} of them), got {part[:40]!r}.",
                "seeds",
            )
        seeds.extend(range(first, last + 1))
    return seeds
