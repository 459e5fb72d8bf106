"""Pictures a generator makes, for looking at and for measuring."""

import math
from collections.abc import Sequence

import numpy as np
import torch

from taxiway.families.stylegan.networks.generator import Generator, to_uint8, truncate
from taxiway.families.stylegan.training.painted_pictures import Pictures


def samples(
    generator: Generator, seeds: Sequence[int], psi: float, classes: Sequence[int] | None = None
) -> Pictures:
    """The generator's pictures [N, S, S, C] for seeds, in full precision, noise held still.

    Where there are classes and none are given, each seed has its own, one after the other.
    """
    classes = seeds if classes is None else classes
    parts = [slice(i, i + 32) for i in range(0, len(seeds), 32)]
    return np.concatenate([_made(generator, seeds[part], classes[part], psi) for part in parts])


@torch.inference_mode()
def _made(
    generator: Generator, seeds: Sequence[int], classes: Sequence[int], psi: float
) -> Pictures:
    zs = [np.random.RandomState(seed).randn(generator.z_dim) for seed in seeds]
    z = torch.from_numpy(np.stack(zs)).float().to(generator.device)
    c = one_hot(generator.c_dim, classes).to(z) if generator.c_dim else None
    ws = truncate(generator.mapping(z, c), generator.w_avg, psi, num_ws=generator.num_ws)
    pictures: Pictures = to_uint8(generator.synthesis(ws, noise="const")).cpu().numpy()
    return pictures


def one_hot(count: int, classes: Sequence[int]) -> torch.Tensor:
    """Labels [N, count] of classes; larger numbers begin from 0 again."""
    return torch.eye(count)[torch.tensor(classes) % count]


def in_rows(places: int, classes: int) -> list[int]:
    """A class for each place on a square sheet: as many rows for each as there are.

    Of more classes than rows several share one; of more than places some have none.
    """
    side = math.isqrt(places)
    steps = side if classes <= side else places
    return [(i * steps // places) * classes // steps for i in range(places)]
