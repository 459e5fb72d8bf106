"""Many w of a generator at once, the same for a seed however they are batched; their pictures."""

from collections.abc import Iterable, Iterator

import numpy as np

from taxiway.core.images import Pixels
from taxiway.families.stylegan.rendering.renderer import GeneratorRenderer
from taxiway.latent.space import Array

BATCH = 2000
TOGETHER = 16


def z_batches(
    z_dim: int, c_dim: int, count: int, seed: int, batch: int
) -> Iterator[tuple[Array, Array | None]]:
    """`count` random z, float32 [up to batch, z_dim] at a time, and a random class [., c_dim] each.

    There is None for the class where there are none.
    """
    random, dice = np.random.default_rng(seed), np.random.default_rng([seed, c_dim])
    classes = np.eye(c_dim, dtype=np.float32)
    for first in range(0, count, batch):
        number = min(batch, count - first)
        z = random.standard_normal((number, z_dim), np.float32)
        yield z, classes[dice.integers(c_dim, size=number)] if c_dim else None


def w_batches(
    renderer: GeneratorRenderer, count: int, seed: int = 0, batch: int = BATCH
) -> Iterator[Array]:
    """`count` random w, float32 [up to batch, w_dim] at a time, not truncated, of all classes."""
    each = z_batches(renderer.z_dim, renderer.c_dim, count, seed, batch)
    return (renderer.w_of_each(z, c) for z, c in each)


def sample_w(renderer: GeneratorRenderer, count: int, seed: int = 0) -> Array:
    """`count` random w [count, w_dim]; those of a smaller count are its first."""
    none = np.empty((0, renderer.w_dim), np.float32)
    return np.concatenate([none, *w_batches(renderer, count, seed)])


def quick_pictures(renderer: GeneratorRenderer, ws: Iterable[Array]) -> Iterator[Pixels]:
    """Pictures uint8 [N, H, W, 3] of ws [N, num_ws, w_dim] or w [N, w_dim], as fast as can be.

    For measuring, not for showing: in lower precision where that is sooner, in company, and not
    upscaled.
    """
    for given in ws:
        rows = given if given.ndim == 3 else np.repeat(given[:, None], renderer.num_ws, axis=1)
        for start in range(0, len(rows), TOGETHER):
            yield renderer.quick_images(rows[start : start + TOGETHER])
