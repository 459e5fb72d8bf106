"""From pictures to the w that makes them: projection by descent (Karras et al. 2020, appendix D).

Four things make it quick: it starts from the nearest of some samples, it steps along the principal
components of w, each in its own measure, it runs the generator's fast form, and it leaves the
noise alone and needs no network to compare pictures with.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import torch
from msgspec import Struct
from torch import Tensor

from taxiway.checkpoint.contents import UPSCALED
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import Pixels
from taxiway.families.stylegan.directions.components import principal
from taxiway.families.stylegan.networks.fast import fast
from taxiway.families.stylegan.networks.fast_stylegan2 import FastSynthesis
from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.projection.loss import Likeness, distance
from taxiway.families.stylegan.projection.sampling import quick_dtype, sample_w
from taxiway.latent.arrays import Arrays
from taxiway.training.perceptual import Perceptual

SAMPLES = 5_000
"""For the components of w; where they lie exactly does not matter here."""
HALVINGS = UPSCALED.bit_length() - 1
"""How often an upscaled picture is halved until it has the size before."""
NARROWEST = 0.05
"""The least step along any component, as a share of the longest."""


class Search(Struct, frozen=True, kw_only=True):
    """How to look for a w. In `space` "w" it is one for all layers, in "w+" one for each.

    `rate` is the largest step along the first component, in its standard deviations; it grows
    over the first `rise` of the steps and shrinks over the last `fall`. `candidates` is the number
    of samples of which the nearest is the start; 0 starts at w_avg.
    """

    steps: int = 200
    space: Literal["w", "w+"] = "w"
    candidates: int = 500
    rate: float = 0.05
    rise: float = 0.05
    fall: float = 0.25

    def rate_at(self, step: int) -> float:
        """The step size of step 0, 1, ... steps - 1."""
        up = min(1.0, (step + 1) / (self.rise * self.steps)) if self.rise else 1.0
        left = min(1.0, (1 - step / self.steps) / self.fall) if self.fall else 1.0
        return self.rate * up * (0.5 - 0.5 * math.cos(math.pi * left))


class Projection:
    """Pictures on their way to their w; `step` after `step`, the best of each is kept.

    Several pictures are found together, each as if alone. `ws` is the best so far [N, num_ws,
    w_dim], `loss` its distance [N], `history` the loss of every step.
    """

    def __init__(
        self,
        generator: Generator,
        targets: Tensor,
        search: Search | None = None,
        perceptual: Perceptual | None = None,
    ) -> None:
        """`targets` [N, C, H, W] of -1..1 have the generator's own size."""
        self.generator, self.search = generator, search or Search()
        wanted = (generator.img_channels, *generator.resolution)
        if targets.shape[1:] != wanted:
            sizes = ("x".join(map(str, of)) for of in (wanted, targets.shape[1:]))
            raise InvalidArgument("A target has the size {}, got {}.".format(*sizes), "picture")
        self.targets = targets.to(generator.device)
        self._likeness = Likeness(self.targets, perceptual)
        self._synthesis = fast(generator, quick_dtype(generator)).synthesis
        self._axes = axes_of(generator)
        self.start = self.nearest()  # [N, 1, w_dim]
        rows = 1 if self.search.space == "w" else generator.num_ws
        self._moved = torch.zeros(len(targets), rows, generator.w_dim, device=generator.device)
        self._moved.requires_grad_()
        self._adam = torch.optim.Adam([self._moved])
        self.loss = torch.full([len(targets)], torch.inf, device=generator.device)
        self.ws = self.start.expand(-1, generator.num_ws, -1).clone()
        self.history: list[list[float]] = []

    @property
    def done(self) -> int:
        """Steps taken."""
        return len(self.history)

    def step(self) -> None:
        """Make one step (Adam, Kingma and Ba 2015)."""
        ws = self.here()
        loss = self._likeness(self._synthesis(ws))
        self._adam.param_groups[0]["lr"] = self.search.rate_at(self.done)
        self._adam.zero_grad()
        torch.autograd.backward(loss.sum())
        self._adam.step()
        self._keep(ws.detach(), loss.detach())

    def here(self) -> Tensor:
        """Where the search is now: ws [N, num_ws, w_dim]."""
        return (self.start + self._moved @ self._axes).expand(-1, self.generator.num_ws, -1)

    @torch.no_grad()
    def nearest(self) -> Tensor:
        """The nearest of w_avg and some samples to every target, by `distance`: [N, 1, w_dim].

        Where there is an upscaler, they are compared before it: it costs more than all else.
        """
        g, synthesis, levels = self.generator, self._synthesis, self._likeness.levels
        draw: Callable[[Tensor], Tensor] = synthesis
        if isinstance(synthesis, FastSynthesis) and synthesis.upscaler is not None:
            draw, levels = synthesis.small, levels[HALVINGS:]
        samples = sample_w(g, self.search.candidates).to(g.device)
        best = torch.full([len(self.targets)], torch.inf, device=g.device)
        found = g.w_avg.expand(len(best), -1).clone()
        for batch in torch.split(torch.cat([g.w_avg[None], samples]), 32):
            images = draw(batch[:, None].expand(-1, g.num_ws, -1))
            for index in range(len(best)):
                far = distance(images, [level[index : index + 1] for level in levels])
                least, place = far.min(dim=0)
                if least < best[index]:
                    best[index], found[index] = least, batch[place]
        return found[:, None]

    def _keep(self, ws: Tensor, loss: Tensor) -> None:
        better = loss < self.loss
        self.loss = torch.where(better, loss, self.loss)
        self.ws = torch.where(better[:, None, None], ws, self.ws)
        self.history.append(loss.tolist())

    def state(self) -> Arrays:
        """All that is needed to go on from here, exactly, as arrays."""
        adam = self._adam.state[self._moved]
        tensors = {"start": self.start, "moved": self._moved, "loss": self.loss, "ws": self.ws}
        tensors |= {"mean": adam["exp_avg"], "square": adam["exp_avg_sq"]} if adam else {}
        arrays = {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}
        return arrays | {"history": np.array(self.history)}

    def restore(self, state: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Go on from a `state` of the same pictures and search."""
        tensors = {name: torch.from_numpy(array).to(self.ws) for name, array in state.items()}
        self.start, self.loss, self.ws = tensors["start"], tensors["loss"], tensors["ws"]
        self.history = np.asarray(state["history"], np.float64).tolist()
        self._moved.data.copy_(tensors["moved"])
        if "mean" in tensors:
            self._adam.state[self._moved] = {
                "step": torch.tensor(float(self.done)),
                "exp_avg": tensors["mean"],
                "exp_avg_sq": tensors["square"],
            }


def axes_of(generator: Generator) -> Tensor:
    """The principal components of w in rows [w_dim, w_dim], the longest of its own deviation.

    The others are as long as the geometric mean of theirs and the longest: steps along narrow
    ones stay small, and a w that is unlike the samples can still be reached.
    """
    found = principal([sample_w(generator, SAMPLES).numpy()])
    widest = found.deviations[0]
    lengths = np.sqrt(found.deviations * widest).clip(min=NARROWEST * widest)
    return torch.from_numpy(found.axes * lengths[:, None]).to(generator.w_avg)


GREY = np.array([0.299, 0.587, 0.114])
"""What red, green and blue give to a grey."""


def to_target(pixels: Pixels, channels: int | None = None) -> Tensor:
    """Pictures uint8 [N, H, W, C] as images [N, C, H, W] of -1..1: `to_uint8` turned round.

    With `channels`, colours become one grey (ITU-R 601), or opaque ones with alpha.
    """
    if channels == 1 and pixels.shape[3] == 3:
        pixels = np.rint(pixels @ GREY)[..., None].astype(np.uint8)  # [N, H, W, 1]
    if channels == 4 and pixels.shape[3] == 3:
        pixels = np.pad(pixels, [(0, 0)] * 3 + [(0, 1)], constant_values=255)
    return (torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() - 128) / 127.5
