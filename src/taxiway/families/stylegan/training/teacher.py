"""A model that teaches: what it draws for each z, painted when it is asked for the first time."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from taxiway.checkpoint import read_checkpoint
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.fast import fast
from taxiway.families.stylegan.training.distilling import Pairs
from taxiway.families.stylegan.training.painted_pictures import Pictures, reduced
from taxiway.families.stylegan.training.samples import samples, zs_of
from taxiway.training.datasets.pictures.crops import check_resolution

FACTORS = 32
"""Main components of w that the discriminator is told."""
MOST = 128
"""Pixels that are learnt where nobody says how many."""


class Teacher:
    """The pictures of a checkpoint's model for seeds 0 to `count` - 1, at `size` pixels or its own.

    Seeds are as everywhere (`z_of_seed`), the factors of a z the main components of its w
    (Harkonen et al. 2020), of mean 0 and variance 1. Raises as `read_checkpoint`, and
    InvalidArgument for a model with classes, one that is not square or has no three colours, and
    for a size that is none or above the model's.
    """

    def __init__(self, path: Path, size: int | None, count: int, device: str = "cpu") -> None:
        self.name, self.device = path.name, device
        checkpoint = read_checkpoint(path)
        self.generator = build_generator(checkpoint).to(device).eval().requires_grad_(False)
        self._drawing = fast(self.generator)
        height, width = self.generator.resolution
        channels, classes = checkpoint.config["img_channels"], self.generator.c_dim
        if classes or channels != 3 or height != width:
            raise InvalidArgument(
                f"A model teaches that is square, in three colours, and has no classes; "
                f"'{self.name}' makes {width} x {height} pixels of {channels}, of {classes} "
                "classes.",
                "dataset",
            )
        self.size = min(height, MOST) if size is None else size
        check_resolution(self.size)
        if self.size > height:
            raise InvalidArgument(
                f"'resolution' takes at most {height}, the pixels of '{self.name}', got {size}.",
                "resolution",
            )
        self.mapping_layers = checkpoint.config["mapping"]["num_layers"]
        self.z = zs_of(range(count), self.generator.z_dim)
        self.factors = self._factors(count)
        self._pictures = np.zeros((count, self.size, self.size, 3), np.uint8)
        self._known = np.zeros(count, bool)

    def drawn(self, chosen: NDArray[np.integer]) -> Pairs:
        """The pairs of so many seeds."""
        new = [int(seed) for seed in np.unique(chosen) if not self._known[seed]]
        if new:
            self._pictures[new] = self.pictures(new)
            self._known[new] = True
        return Pairs(self.z[chosen], self.factors[chosen], self._pictures[chosen])

    def pictures(self, seeds: list[int], psi: float = 1.0) -> Pictures:
        """Its pictures [N, size, size, 3] of any seeds."""
        return reduced(samples(self._drawing, seeds, psi), self.size)

    @torch.inference_mode()
    def _factors(self, count: int) -> NDArray[np.float32]:
        """[count, K] of the seeds; components are those of 4,000 others."""
        middle = self._w(zs_of(range(1_000_000, 1_004_000), self.generator.z_dim))
        mean = middle.mean(dim=0)
        _, spread, axes = torch.linalg.svd(middle - mean, full_matrices=False)
        kept = min(FACTORS, len(axes))
        scale = len(middle) ** 0.5 / spread[:kept].clamp_min(1e-6 * float(spread[0]) + 1e-12)
        w = torch.cat([self._w(self.z[i : i + 1000]) for i in range(0, count, 1000)])
        factors: NDArray[np.float32] = ((w - mean) @ axes[:kept].T * scale).numpy()
        return factors

    def _w(self, z: NDArray[np.float32]) -> torch.Tensor:
        """w [N, w_dim] on the CPU."""
        w: torch.Tensor = self.generator.mapping(torch.from_numpy(z).to(self.device))
        return w.float().cpu()
