"""One step of StyleGAN2's training: two players, their losses, and the average that is kept."""

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from taxiway.core.errors import InvalidArgument
from taxiway.networks.generator import Generator
from taxiway.networks.stylegan2 import new_stylegan2
from taxiway.training.discriminator import GROUP, Discriminator

R1_EVERY = 16
LOSSES = ("d", "g", "sign")
"""What a step tells: both losses, and the mean sign of the verdict on real pictures (near 1: the
discriminator has learnt them by heart)."""

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """What a training is made with; sizes in pixels, `kimg` counts thousands of pictures seen.

    `gamma` is the weight of the R1 penalty (Mescheder et al. 2018) in multiples of the usual
    0.0002 size^2 / batch; `mixing` the share of samples made of two styles; `ema_kimg` the
    half-life of the kept average; `fade_kimg` how long a new block takes to come in; `threads`
    into how many parts a batch is split. Convolutions run in bfloat16 when `bf16`; weights stay
    float32. On one thread, the same settings and pictures give the same weights bit for bit.
    Raises InvalidArgument where the parts of a batch are not of four or a multiple.
    """

    channel_base: int = 2048
    channel_max: int = 256
    batch: int = 16
    learning_rate: float = 0.0025
    gamma: float = 3.0
    mixing: float = 0.5
    ema_kimg: float = 5.0
    fade_kimg: float = 4.0
    bf16: bool = True
    threads: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.batch % (GROUP * self.threads):
            raise InvalidArgument(
                f"A batch of {self.batch} cannot be split over {self.threads} threads: "
                f"each part takes a multiple of {GROUP}.",
                "threads",
            )


class Players:
    """Generator, its average, discriminator and both optimisers, at one picture size.

    `seen` counts the pictures shown so far, `grown_at` is its value when the size was last raised.
    Every random choice of a step follows from the seed and `seen`, so a saved state continues
    exactly as if it had never stopped.
    """

    def __init__(self, size: int, settings: Settings) -> None:
        torch.manual_seed(settings.seed + size)
        self.size, self.settings = size, settings
        self.seen, self.grown_at = 0, 0
        self._pool = ThreadPoolExecutor(settings.threads, initializer=_one_thread)
        shape = (size, settings.channel_base, settings.channel_max)
        self.g = new_stylegan2(*shape, mapping_layers=2, use_noise=False)
        self.d = Discriminator(*shape)
        for network in (self.g.synthesis, self.d):
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.g).requires_grad_(False)
        self.g_adam = _adam(self.g, settings.learning_rate)
        # Each lazy penalty counts as a step more (Karras et al. 2020, appendix B).
        self.d_adam = _adam(self.d, settings.learning_rate, R1_EVERY / (R1_EVERY + 1))

    def step(self, pictures: NDArray[np.uint8]) -> dict[str, float]:
        """Show one batch of pictures [N, size, size, 3] drawn from the data; return the losses.

        The generator is taught on the fakes the discriminator has just seen: a forward pass less.
        """
        rng = np.random.default_rng([self.settings.seed, self.seen])
        real, dice = _batch(pictures, self.settings.batch, rng), self._dice(rng)
        fakes = self._shared(self._generate, self._split(dice))
        self.d_adam.zero_grad(set_to_none=True)
        told = self._shared(self._teach_discriminator, self._split(real), fakes)
        _step(self.d_adam)
        self.g_adam.zero_grad(set_to_none=True)
        self.d.requires_grad_(False)
        told += self._shared(self._teach_generator, fakes)
        self.d.requires_grad_(True)
        _step(self.g_adam)
        self.seen += len(real)
        self._follow(dice)
        return {name: float(np.mean([x[name] for x in told if name in x])) for name in LOSSES}

    def _shared(self, work: Callable[..., T], *parts: Sequence[Tensor]) -> list[T]:
        """Do each part of a batch on its own thread; gradients of all parts add up.

        One thread per part and none inside it: threads that wait for each other after every
        operation stand still when another program takes a core.
        """
        return list(self._pool.map(work, *parts))

    def _split(self, batch: Tensor) -> Sequence[Tensor]:
        return batch.chunk(self.settings.threads)

    def state(self) -> dict[str, Any]:
        """Everything that continuing needs, as plain tensors and numbers."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        return parts | {"size": self.size, "seen": self.seen, "grown_at": self.grown_at}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state` of the same size and settings."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.seen, self.grown_at = state["seen"], state["grown_at"]

    def _parts(self) -> dict[str, Any]:
        names = ("g", "d", "average", "g_adam", "d_adam")
        return {name: getattr(self, name) for name in names}

    def _teach_discriminator(self, real: Tensor, fake: Tensor) -> dict[str, float]:
        fakes, reals = self._judge(fake.detach()), self._judge(real)
        loss = F.softplus(fakes).mean() + F.softplus(-reals).mean()
        if self.seen // self.settings.batch % R1_EVERY == 0:
            loss = loss + R1_EVERY * self._penalty(real)
        _backward(loss / self.settings.threads)
        return {"d": loss.item(), "sign": reals.sign().mean().item()}

    def _penalty(self, real: Tensor) -> Tensor:
        """R1: the discriminator is to be flat around real pictures; in full precision."""
        real = real.detach().requires_grad_(True)
        (slope,) = torch.autograd.grad(self.d(real, self._fade()).sum(), real, create_graph=True)
        gamma = self.settings.gamma * 0.0002 * self.size**2 / self.settings.batch
        return slope.square().sum(dim=(1, 2, 3)).mean() * (gamma / 2)

    def _teach_generator(self, fake: Tensor) -> dict[str, float]:
        loss = F.softplus(-self._judge(fake)).mean()
        _backward(loss / self.settings.threads)
        return {"g": loss.item()}

    def _dice(self, rng: np.random.Generator) -> Tensor:
        """What a batch of fakes is made from [N, 1025]: two z, and the row where styles change."""
        count, rows = self.settings.batch, self.g.num_ws
        z = rng.standard_normal((count, 1024), dtype=np.float32)
        cuts = rng.integers(1, rows, count)
        cuts[rng.random(count) >= self.settings.mixing] = rows
        return torch.from_numpy(np.column_stack([z, cuts]).astype(np.float32))

    def _generate(self, dice: Tensor) -> Tensor:
        w, other = (self.g.mapping(z) for z in (dice[:, :512], dice[:, 512:1024]))
        first = torch.arange(self.g.num_ws) < dice[:, 1024:]
        ws = torch.where(first[..., None], w[:, None], other[:, None])
        with self._precision():
            images: Tensor = self.g.synthesis(ws, noise="none")
        return images.float()

    def _judge(self, images: Tensor) -> Tensor:
        with self._precision():
            verdict: Tensor = self.d(images, self._fade())
        return verdict.float()

    def _precision(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=self.settings.bf16)

    def _fade(self) -> float:
        if not self.grown_at:
            return 1.0
        return min(1.0, (self.seen - self.grown_at) / (1000 * self.settings.fade_kimg))

    def _follow(self, dice: Tensor) -> None:
        """Move the middle of w and the kept average along; the average faster while young."""
        half_life = min(1000 * self.settings.ema_kimg, 0.05 * self.seen)
        rate = 1 - 0.5 ** (self.settings.batch / max(half_life, 1e-8))
        with torch.no_grad():
            self.g.w_avg.lerp_(self.g.mapping(dice[:, :512]).mean(dim=0), 0.002)
            for kept, new in zip(_tensors(self.average), _tensors(self.g), strict=True):
                kept.lerp_(new, rate)


def grown(players: Players) -> Players:
    """The same players at twice the size: one new block each, unseen at first; fresh optimisers."""
    larger = Players(2 * players.size, players.settings)
    larger.seen = larger.grown_at = players.seen
    for new, old in ((larger.g, players.g), (larger.average, players.average)):
        new.load_state_dict(old.state_dict(), strict=False)
        new.get_parameter(f"synthesis.b{larger.size}.torgb.weight").data.zero_()
    larger.d.load_state_dict(players.d.state_dict(), strict=False)
    return larger


def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


def _adam(network: torch.nn.Module, rate: float, lazy: float = 1.0) -> torch.optim.Adam:
    return torch.optim.Adam(network.parameters(), rate * lazy, (0.0, 0.99**lazy), 1e-8)


def _backward(loss: Tensor) -> None:
    loss.backward()  # type: ignore[no-untyped-call]


def _step(adam: torch.optim.Adam) -> None:
    for group in adam.param_groups:
        for parameter in group["params"]:
            if parameter.grad is not None:
                torch.nan_to_num(parameter.grad, 0.0, 1e5, -1e5, out=parameter.grad)
    adam.step()


def _tensors(generator: Generator) -> list[Tensor]:
    return [*generator.parameters(), *generator.buffers()]


def _batch(pictures: NDArray[np.uint8], count: int, rng: np.random.Generator) -> Tensor:
    """Random pictures [N, 3, H, W] in -1..1, half of them mirrored."""
    chosen = pictures[rng.integers(0, len(pictures), count)]
    turned = np.where(rng.random(count)[:, None, None, None] < 0.5, chosen[:, :, ::-1], chosen)
    images = torch.from_numpy(np.ascontiguousarray(turned)).permute(0, 3, 1, 2)
    return images.float() / 127.5 - 1
