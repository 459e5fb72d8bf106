"""Teaching a generator to draw what the painter draws for the same z.

A z of the painter stands for one picture, and its factors are known. So pairs of z and picture say
what goes where, and a discriminator that is told the factors says whether it looks like it: one
that sees pictures only has to find out first which of them there are. The first layer of the
mapping begins with the factors in it (hinges of each, as in a spline); from there on every weight
learns. The losses are those of Isola et al. 2017 (pairs) and Wang et al. 2018 (features of the
discriminator), with Mirza and Osindero 2014's conditions.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.networks.mapping import Dense
from taxiway.families.stylegan.training.discriminator import Discriminator
from taxiway.families.stylegan.training.lessons import Taught
from taxiway.families.stylegan.training.painted_pictures import Pictures, reduced
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.stylegan2 import (
    R1_EVERY,
    follow,
    new_generator,
    placed,
)
from taxiway.families.stylegan.training.transfer import fill

THRESHOLDS = (0.0, 0.0, -0.6, 0.6, -1.2, 1.2, -0.3, 0.3)
SIGNS = (1.0, -1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0)
"""Where the hinges of a factor bend, in its standard deviations, and which side is steep."""
EDGE = 2  # pixels
LAZY = R1_EVERY / (R1_EVERY + 1)
"""A lazy penalty counts as a step more (Karras et al. 2020, appendix B)."""
_LEAST = 8  # pixels of the smallest pictures that are compared


class Pairs(NamedTuple):
    """What is learnt from: z [N, 512], their factors [N, K] and pictures uint8 [N, S, S, 3]."""

    z: NDArray[np.float32]
    factors: NDArray[np.float32]
    pictures: Pictures

    def drawn(self, chosen: NDArray[np.integer[Any]]) -> "Pairs":
        """Some of them."""
        return Pairs(*(part[chosen] for part in self))


class Given(Protocol):
    """Pairs that can be drawn from, of the size of a lesson or larger."""

    @property
    def z(self) -> NDArray[np.float32]: ...

    def drawn(self, chosen: NDArray[np.integer[Any]]) -> Pairs: ...


@dataclass(frozen=True)
class Distilling:
    """Weights of the losses, learning rate, and pictures of a step.

    `judged` is the weight of the discriminator's verdict, `features` of what it saw on the way,
    `pixels` of the difference at every size from S to 8 pixels, `edge` of that at the frame,
    `gamma` of R1 in the usual multiples; `wrong` teaches it that real pictures with the factors of
    others are none. For the first `alone` steps there are pixels only.
    """

    judged: float = 0.3
    features: float = 0.1
    pixels: float = 1.0
    edge: float = 0.0
    gamma: float = 1.0
    wrong: float = 0.5
    alone: int = 0
    rate: float = 0.002
    batch: int = 16
    average: float = 0.008
    bf16: bool = True
    seed: int = 7


class Distillation(Taught):
    """A generator, the average of it that is kept, and the discriminator that is told factors.

    `shape` gives both their channels, layers and device; of the rest of it nothing is used.
    What a step draws follows from the seed and `steps`, so that a saved state goes on as if it had
    never stopped.
    """

    parts = ("g", "average", "d", "g_adam", "d_adam")

    def __init__(
        self, size: int, factors: int, settings: Distilling, shape: Settings | None = None
    ) -> None:
        torch.manual_seed(settings.seed)
        shape = shape or Settings()
        self.device = placed(shape.device)
        self.size, self.settings, self.steps = size, settings, 0
        self.g = new_generator(size, shape).to(self.device)
        self.average = deepcopy(self.g).requires_grad_(False)
        self.d = Discriminator(size, shape.channel_base, shape.channel_max, factors).to(self.device)
        for network in (self.g.synthesis, self.d):
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.g_adam = torch.optim.Adam(self.g.parameters(), settings.rate, (0.0, 0.99))
        self.d_adam = torch.optim.Adam(self.d.parameters(), settings.rate * LAZY, (0.0, 0.99**LAZY))

    def step(self, pairs: Given) -> dict[str, float]:
        """Learn from a few of the pairs, of this size; the losses by name."""
        dice = np.random.default_rng([self.settings.seed, self.steps])
        chosen = dice.integers(0, len(pairs.z), self.settings.batch)
        drawn = pairs.drawn(chosen)
        z, factors = (torch.from_numpy(part).to(self.device) for part in drawn[:2])
        pictures = torch.from_numpy(reduced(drawn.pictures, self.size)).to(self.device)
        real = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1
        w = self.g.mapping(z)
        with self._precision():
            made = self.g.synthesis(w[:, None].expand(-1, self.g.num_ws, -1), noise="none")
        made, told = made.float(), dict[str, float]()
        loss = self._apart(made, real, told)
        if self.steps >= self.settings.alone:
            seen = self._teach_discriminator(made.detach(), real, factors, told)
            loss = loss + self._judged(made, factors, seen, told)
        self.g_adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.g.parameters(), 50.0)
        self.g_adam.step()
        self._follow(w.detach())
        self.steps += 1
        return told

    def _apart(self, made: Tensor, real: Tensor, told: dict[str, float]) -> Tensor:
        """How far pictures [N, 3, S, S] are from their pairs."""
        pixels, apart = made.new_zeros(()), made - real
        rims = (apart[..., :EDGE, :], apart[..., -EDGE:, :], apart[..., :EDGE], apart[..., -EDGE:])
        edge = torch.stack([rim.abs().mean() for rim in rims]).mean()
        while apart.shape[-1] >= _LEAST:
            slopes = apart.diff(dim=2).abs().mean() + apart.diff(dim=3).abs().mean()
            pixels = pixels + apart.abs().mean() + slopes
            apart = F.avg_pool2d(apart, 2)
        told |= {"pixels": pixels.item(), "edge": edge.item()}
        return self.settings.pixels * pixels + self.settings.edge * edge

    def _teach_discriminator(
        self, made: Tensor, real: Tensor, factors: Tensor, told: dict[str, float]
    ) -> list[Tensor]:
        """Teach it these and, in every second step, real ones with others' factors.

        Returns what it saw of the real ones.
        """
        self.d.requires_grad_(True)
        seen = list[Tensor]()
        with self._precision():
            verdicts = [self._verdict(made, factors), self._verdict(real, factors, seen)]
            loss = F.softplus(verdicts[0]).mean() + F.softplus(-verdicts[1]).mean()
            if self.settings.wrong and self.steps % 2 == 0:
                others = self._verdict(real, factors.roll(4, 0))
                loss = loss + self.settings.wrong * F.softplus(others).mean()
        if self.steps % R1_EVERY == 0:
            loss = loss + R1_EVERY * self._penalty(real, factors)
        self.d_adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.d_adam.step()
        self.d.requires_grad_(False)
        told["d"] = loss.item()
        return [features.detach() for features in seen]

    def _judged(
        self, made: Tensor, factors: Tensor, seen: Sequence[Tensor], told: dict[str, float]
    ) -> Tensor:
        """The verdict on what was made, and how far its features are from those of its pairs."""
        found = list[Tensor]()
        with self._precision():
            verdict = F.softplus(-self._verdict(made, factors, found)).mean()
        apart = [
            (a.float() - b.float()).abs().mean() / (b.float().abs().mean() + 1e-4)
            for a, b in zip(found, seen, strict=True)
        ]
        features = torch.stack(apart).sum()
        told |= {"g": verdict.item(), "features": features.item()}
        return self.settings.judged * verdict + self.settings.features * features

    def _verdict(self, x: Tensor, factors: Tensor, seen: list[Tensor] | None = None) -> Tensor:
        """The discriminator's verdict [N]; what its blocks saw is added to `seen`."""
        hooks = [] if seen is None else [
            block.register_forward_hook(_keeper(seen)) for block in self._blocks()
        ]  # fmt: skip
        try:
            verdict: Tensor = self.d(x, 1.0, factors).float()
            return verdict
        finally:
            for hook in hooks:
                hook.remove()

    def _blocks(self) -> list[torch.nn.Module]:
        return [self.d.get_submodule(f"b{size}") for size in self.d.sizes]

    def _penalty(self, real: Tensor, factors: Tensor) -> Tensor:
        """R1 (Mescheder et al. 2018), in full precision."""
        real = real.detach().requires_grad_(True)
        (slope,) = torch.autograd.grad(self.d(real, 1.0, factors).sum(), real, create_graph=True)
        usual = 0.0002 * self.size**2 / self.settings.batch
        return slope.square().sum(dim=(1, 2, 3)).mean() * (self.settings.gamma * usual / 2)

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bf16)

    @torch.no_grad()
    def _follow(self, w: Tensor) -> None:
        """Move the middle of w and the kept average along."""
        self.g.mapping.w_avg.lerp_(w.mean(dim=0), 0.005)
        rate = self.settings.average if self.steps > 200 else 0.05
        follow(self.average, self.g, rate)

    def state(self) -> dict[str, Any]:
        return super().state() | {"size": self.size}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state`, at the settings' rate, whatever the state's was.

        From one of half the size with what it has, and fresh Adams.
        """
        if state["size"] == self.size:
            super().restore(state)
            for adam, rate in ((self.g_adam, 1.0), (self.d_adam, LAZY)):
                adam.param_groups[0]["lr"] = self.settings.rate * rate
            return
        for name in ("g", "average", "d"):
            fill(getattr(self, name), state[name])
        self.steps = state["steps"]


def begin(lesson: Distillation, known: dict[str, Tensor], judge: dict[str, Tensor],
          directions: NDArray[np.float64]) -> None:  # fmt: skip
    """Take the convolutions of a trained model of that kind and of its discriminator, read z anew.

    `directions` [K, z_dim] are those of the factors. Styles begin with half the spread that they
    had, around what they were in the middle.
    """
    g = lesson.g
    fill(g, known)
    z = torch.randn(2000, g.z_dim)
    affines = [part for part in g.synthesis.modules() if isinstance(part, Dense)]
    with torch.no_grad():
        w = g.mapping(z)
        wanted = [(affine(w).mean(0), affine(w).std(0)) for affine in affines]
        hinged(g, directions)
        w = g.mapping(z)
        g.mapping.w_avg.copy_(w.mean(0))
        for affine, (mean, spread) in zip(affines, wanted, strict=True):
            affine.weight.normal_()
            affine.bias.zero_()
            affine.weight.mul_((0.5 * spread / (affine(w).std(0) + 1e-6))[:, None])
            affine.bias.copy_((mean - affine(w).mean(0)) / affine.bias_gain)
    lesson.average.load_state_dict(g.state_dict())
    fill(lesson.d, judge)


def hinged(g: Generator, directions: NDArray[np.float64]) -> None:
    """Have the mapping's first layer see hinges of the factors, its second and last turn them."""
    first, second = g.mapping.layers()
    count, width = len(directions), first.weight.shape[0]
    places = np.arange(width)
    bends = np.array(THRESHOLDS)[places // count % len(THRESHOLDS)]
    signs = np.array(SIGNS)[places // count % len(SIGNS)]
    turn, _ = np.linalg.qr(np.random.RandomState(5).randn(width, width))
    for layer, weight in ((first, signs[:, None] * directions[places % count]), (second, turn)):
        layer.weight.data = torch.from_numpy(weight / layer.weight_gain).float()
    first.bias.data = torch.from_numpy(-signs * bends / first.bias_gain).float()
    second.bias.data.zero_()


def _keeper(seen: list[Tensor]) -> Callable[..., None]:
    def keep(_block: torch.nn.Module, _given: Any, features: Tensor) -> None:
        seen.append(features)

    return keep
