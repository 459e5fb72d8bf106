"""Many w of a generator at once, the same for a seed however they are batched; their pictures."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from taxiway.backends.torch.device import processor
from taxiway.core.images import Pixels
from taxiway.families.stylegan.networks.fast import fast
from taxiway.families.stylegan.networks.fast_stylegan2 import FastSynthesis
from taxiway.families.stylegan.networks.generator import Generator, to_uint8
from taxiway.families.stylegan.networks.mapping import fast_mapping
from taxiway.families.stylegan.rendering.renderer import in_colour

BATCH = 2000
TOGETHER = 16


@torch.inference_mode()
def w_batches(
    generator: Generator, count: int, seed: int = 0, batch: int = BATCH
) -> Iterator[Tensor]:
    """`count` random w, float32 [up to batch, w_dim] at a time, not truncated, without a class."""
    random, mapping = np.random.default_rng(seed), fast_mapping(generator.mapping)
    for first in range(0, count, batch):
        shape = (min(batch, count - first), generator.z_dim)
        z = torch.from_numpy(random.standard_normal(shape, np.float32))
        yield mapping(z.to(generator.device)).cpu()


def sample_w(generator: Generator, count: int, seed: int = 0) -> Tensor:
    """`count` random w [count, w_dim]; those of a smaller count are its first."""
    return torch.cat([torch.empty(0, generator.w_dim), *w_batches(generator, count, seed)])


@torch.inference_mode()
def quick_pictures(generator: Generator, ws: Iterable[Tensor]) -> Iterator[Pixels]:
    """Pictures uint8 [N, H, W, 3] of ws [N, num_ws, w_dim] or w [N, w_dim], as fast as can be.

    For measuring, not for showing: in bfloat16 where a CPU computes in it, in company, and not
    upscaled.
    """
    synthesis = fast(generator, quick_dtype(generator)).synthesis
    draw = synthesis.small if isinstance(synthesis, FastSynthesis) else synthesis
    for given in ws:
        rows = given if given.ndim == 3 else given[:, None].expand(-1, max(generator.num_ws, 1), -1)
        for part in torch.split(rows.to(generator.device), TOGETHER):
            yield in_colour(to_uint8(draw(part)).cpu().numpy())[..., :3]


def quick_dtype(generator: Generator) -> torch.dtype:
    """bfloat16 where a CPU computes in it: what is searched or measured loses nothing by it."""
    quick = generator.device.type == "cpu" and processor().bfloat16
    return torch.bfloat16 if quick else torch.float32
