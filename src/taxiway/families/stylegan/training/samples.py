"""Pictures a generator makes, for looking at and for measuring."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from taxiway.families.stylegan.networks.generator import Generator, to_uint8, truncate
from taxiway.families.stylegan.training.painted_pictures import Pictures
from taxiway.latent.sample import z_of_seed

Labels = Sequence[int] | NDArray[Any]


def samples(
    generator: Generator, seeds: Sequence[int], psi: float, classes: Labels | None = None
) -> Pictures:
    """The generator's pictures [N, S, S, C] for seeds, in full precision, noise held still.

    `classes` are numbers, or weights [N, c_dim]. Where there are classes and none are given, each
    seed has its own, one after the other.
    """
    classes = seeds if classes is None else classes
    parts = [slice(i, i + 32) for i in range(0, len(seeds), 32)]
    return np.concatenate([_made(generator, seeds[part], classes[part], psi) for part in parts])


@torch.inference_mode()
def _made(generator: Generator, seeds: Sequence[int], classes: Labels, psi: float) -> Pictures:
    z = torch.from_numpy(zs_of(seeds, generator.z_dim)).to(generator.device)
    c = weights_of(generator.c_dim, classes).to(z) if generator.c_dim else None
    ws = truncate(generator.mapping(z, c), generator.w_avg, psi, num_ws=generator.num_ws)
    pictures: Pictures = to_uint8(generator.synthesis(ws, noise="const")).cpu().numpy()
    return pictures


def zs_of(seeds: Iterable[int], z_dim: int) -> NDArray[np.float32]:
    """The z [N, z_dim] of seeds."""
    return np.stack([z_of_seed(seed, z_dim) for seed in seeds])


def weights_of(count: int, classes: Labels) -> torch.Tensor:
    """Weights [N, count] of classes; larger numbers begin from 0 again."""
    given = torch.as_tensor(np.asarray(classes))
    return given if given.ndim == 2 else torch.eye(count)[given % count]


def in_rows(places: int, classes: int) -> list[int]:
    """A class for each place on a square sheet: as many rows for each as there are.

    Of more classes than rows several share one; of more than places some have none.
    """
    side = math.isqrt(places)
    steps = side if classes <= side else places
    return [(i * steps // places) * classes // steps for i in range(places)]
