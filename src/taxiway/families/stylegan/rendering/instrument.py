"""A generator ready to be played from numpy: seeds or z to w, w to pictures, in batches."""

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from taxiway.core.errors import InvalidArgument
from taxiway.core.images import Pixels
from taxiway.families.stylegan.networks.fast import fast
from taxiway.families.stylegan.networks.generator import Generator, Noise, to_uint8, truncate
from taxiway.families.stylegan.networks.stylegan2 import StyledConv
from taxiway.families.stylegan.rendering.player import How, Player
from taxiway.latent.sample import z_of_seed
from taxiway.latent.space import Latent, Shape

Array = npt.NDArray[np.float32]
BATCH = 8
"""Pictures at a time on an accelerator."""


class Instrument:
    """One generator on one device. `generator` is the plain network, for whoever needs gradients.

    Everything that goes in or comes out is numpy. Pictures are made in float32, and on a CPU one
    by one, so that the same w gives the same bytes in any company (together: a fifth sooner).
    """

    def __init__(
        self,
        generator: Generator,
        device: torch.device | str = "cpu",
        name: str = "",
        sha256: str = "",
    ) -> None:
        self.name, self.sha256 = name, sha256
        self.device = torch.device(device)
        self.generator = generator.to(self.device)
        self._fast = fast(self.generator)
        self.z_dim, self.w_dim, self.c_dim = generator.z_dim, generator.w_dim, generator.c_dim
        self.num_ws, self.resolution = generator.num_ws, generator.resolution
        self.shape = Shape(self.z_dim, self.w_dim, self.num_ws)

    @property
    def w_avg(self) -> Array:
        """The average w [w_dim], towards which truncation pulls unless told otherwise."""
        return self.generator.w_avg.cpu().numpy()

    def z_of_seeds(self, seeds: Sequence[int]) -> Array:
        """The z [N, z_dim] of seeds."""
        return np.stack([z_of_seed(seed, self.z_dim) for seed in seeds])

    @torch.inference_mode()
    def w(self, z: npt.ArrayLike, label: int | None = None) -> Array:
        """w [N, w_dim] of z [N, z_dim], not truncated. Raises InvalidArgument for a bad label."""
        given = self._tensor(z)
        w: Array = self._fast.mapping(given, self._label(label, len(given))).cpu().numpy()
        return w

    def ws(
        self,
        z: npt.ArrayLike,
        psi: float = 1.0,
        cutoff: int | None = None,
        centre: npt.ArrayLike | None = None,
        label: int | None = None,
    ) -> Array:
        """ws [N, num_ws, w_dim] of z [N, z_dim], truncated; see `truncated`."""
        return self.truncated(self.w(z, label), psi, cutoff, centre)

    @torch.inference_mode()
    def truncated(
        self,
        w: npt.ArrayLike,
        psi: float = 1.0,
        cutoff: int | None = None,
        centre: npt.ArrayLike | None = None,
    ) -> Array:
        """w [N, w_dim] or ws [N, num_ws, w_dim], pulled towards a centre; ws [N, num_ws, w_dim].

        psi 1 changes nothing, 0 gives the centre; only the first `cutoff` layers are pulled. The
        centre is w_avg, another w [w_dim], or the nearest of several [K, w_dim].
        """
        given = self._tensor(w)
        towards = self.generator.w_avg if centre is None else self._nearest(given, centre)
        ws: Array = truncate(given, towards, psi, cutoff, self.num_ws).cpu().numpy()
        return ws

    @torch.inference_mode()
    def images(
        self, ws: npt.ArrayLike, noise: Noise = "const", transform: npt.ArrayLike | None = None
    ) -> Pixels:
        """Pictures uint8 [N, H, W, 3] of ws [N, num_ws, w_dim] (or w [N, w_dim]).

        `transform` [3, 3] moves a StyleGAN3's picture; it is the inverse of the movement.
        """
        return np.concatenate(list(self.stream(ws, noise, transform)))

    @torch.inference_mode()
    def stream(
        self, ws: npt.ArrayLike, noise: Noise = "const", transform: npt.ArrayLike | None = None
    ) -> Iterator[Pixels]:
        """The same as `images`, a few [up to 8, H, W, 3] at a time."""
        given = self._tensor(ws)
        given = given if given.ndim == 3 else given[:, None].expand(-1, self.num_ws, -1)
        extras: dict[str, Any] = {} if transform is None else {"transform": self._tensor(transform)}
        for part in torch.split(given, 1 if self.device.type == "cpu" else BATCH):
            pixels = to_uint8(self._fast.synthesis(part, noise, **extras)).cpu().numpy()
            yield in_colour(pixels)

    def rows(self, latents: Sequence[Latent], how: How) -> Array:
        """The ws [N, num_ws, w_dim] of latents: z mapped and truncated, w and w+ as they are."""
        return np.concatenate([self._rows(latent, how) for latent in latents])

    def _rows(self, latent: Latent, how: How) -> Array:
        if latent.space != "z":
            return np.broadcast_to(latent.numbers, (1, self.num_ws, self.w_dim))
        label = latent.label if how.label is None else how.label
        psi = how.psi_of(latent)
        return self.ws(latent.numbers[None], psi, how.cutoff, how.centre, label)

    def pictures(self, latents: Sequence[Latent], how: How) -> Iterator[Pixels]:
        """Pictures [H, W, 3] of latents, one after the other."""
        for start in range(0, len(latents), BATCH):
            ws = self.rows(latents[start : start + BATCH], how)
            for part in self.stream(ws, how.noise, self._transform(how)):
                yield from part

    def _transform(self, how: How) -> Array | None:
        if not (how.x or how.y or how.rotation):
            return None
        if self.generator.family != "stylegan3":
            raise InvalidArgument("Only a StyleGAN3's picture can be shifted and turned.", "x")
        return transform(how.x, how.y, how.rotation)

    def with_noise(self, factors: Mapping[int, float]) -> "Instrument":
        """The same generator, the noise of its layers 0 to num_ws - 2 times `factors`.

        Raises InvalidArgument if it has no noise.
        """
        generator = copy.deepcopy(self.generator)
        layers = [layer for layer in generator.modules() if isinstance(layer, StyledConv)]
        if not any(layer.use_noise for layer in layers):
            raise InvalidArgument("This model has no noise to be made weaker.", "noise_strength")
        for index, factor in factors.items():
            if index < len(layers) and layers[index].use_noise:
                layers[index].noise_strength.data *= factor
        return Instrument(generator, self.device, self.name, self.sha256)

    def _tensor(self, array: npt.ArrayLike) -> Tensor:
        return torch.from_numpy(np.array(array, np.float32)).to(self.device)

    def _label(self, label: int | None, count: int) -> Tensor | None:
        if not self.c_dim:
            if label:
                raise InvalidArgument(f"This model has no classes, got label {label}.", "label")
            return None
        if not 0 <= (label or 0) < self.c_dim:
            raise InvalidArgument(f"'label' takes 0 to {self.c_dim - 1}, got {label}.", "label")
        c = torch.zeros(count, self.c_dim, device=self.device)
        c[:, label or 0] = 1
        return c

    def _nearest(self, w: Tensor, centre: npt.ArrayLike) -> Tensor:
        centres = self._tensor(centre).reshape(-1, self.w_dim)
        if len(centres) == 1:
            return centres[0]
        first = w if w.ndim == 2 else w.mean(dim=1)
        return centres[torch.cdist(first, centres).argmin(dim=1)][:, None]


def player_of(generator: Generator | Player) -> Player:
    """What plays a generator; players play themselves."""
    return Instrument(generator) if isinstance(generator, Generator) else generator


def instrument_of(generator: Generator | Player) -> Instrument:
    """The instrument of a generator; InvalidArgument for the painter, which has no w."""
    player = player_of(generator)
    if isinstance(player, Instrument):
        return player
    raise InvalidArgument("The painter has z only: this needs a model with w, a StyleGAN.")


def transform(x: float, y: float, rotation: float) -> Array:
    """The [3, 3] that StyleGAN3's input takes: the inverse of shifting and turning a picture."""
    cos, sin = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
    moved = np.array([[cos, -sin, x], [sin, cos, y], [0, 0, 1]], np.float64)
    return np.linalg.inv(moved).astype(np.float32)


def in_colour(pixels: Pixels) -> Pixels:
    """Pictures of 1, 3 or more channels as [N, H, W, 3]."""
    return np.repeat(pixels, 3, axis=3) if pixels.shape[3] == 1 else pixels[..., :3]
