"""One step of StyleGAN2's training: two players, their losses, and the average that is kept."""

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from taxiway.families.stylegan.networks import stylegan3
from taxiway.families.stylegan.networks.build import fresh
from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.training.augment import EVERY, changed, drawn, steered
from taxiway.families.stylegan.training.detail import DetailDiscriminator, window
from taxiway.families.stylegan.training.discriminator import GROUP, Discriminator
from taxiway.families.stylegan.training.samples import weights_of
from taxiway.families.stylegan.training.settings import Settings
from taxiway.training.distributed import ALONE
from taxiway.training.trainer import Stop

R1_EVERY = 16
MAGNITUDE_KIMG = 20.0
"""Half-life of what StyleGAN3's layers take for the magnitude of their inputs."""
PATH_EVERY, _PATH_DECAY = 4, 0.01
_DETAIL_PENALTY, _DETAIL_PACE = 0.5, 0.5
"""Weight of the penalty of the discriminator of detail, and its learning rate as a share."""
LOSSES = ("d", "g", "sign")
"""What a step tells: both losses, and the mean sign of the verdict on real pictures (near 1: the
discriminator has learnt them by heart)."""

T = TypeVar("T")


class Players:
    """Generator, its average, discriminator and both optimisers, at one picture size.

    `seen` counts the pictures shown so far, `grown_at` is its value when the size was last raised;
    `p` is the probability of each change that the judged pictures get; `path_mean` the length of
    paths so far; `broken` counts gradients that were no numbers; `group` are the processes that
    share its batches and `labels` the classes of the pictures, 0 to c_dim - 1, or how much they
    show of each [N, c_dim], both set before the first step; until they are, every class is as
    frequent. Every random choice of a step follows from the seed and `seen`, so a saved state
    continues exactly as if it had never stopped.
    """

    def __init__(self, size: int, settings: Settings) -> None:
        torch.manual_seed(settings.seed + size)
        self.size, self.settings = size, settings
        self.seen, self.grown_at, self.broken = 0, 0, 0
        self.p, self._signs, self.path_mean = 0.0, list[float](), 0.0
        self.device, self.group = placed(settings.device), ALONE
        self._pool = ThreadPoolExecutor(settings.threads, initializer=_one_thread)
        self.g = new_generator(size, settings).to(self.device)
        self.labels: NDArray[Any] = np.arange(self.g.c_dim)
        judged = settings.c_dim if settings.labels else 0
        self.d = Discriminator(
            size, settings.channel_base, settings.channel_max, judged, settings.img_channels
        )
        self.d.to(self.device)
        for network in (self.g.synthesis, self.d):
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._learning = self.d.learning(settings.freeze)
        self.average = copy.deepcopy(self.g).requires_grad_(False)
        # Each lazy penalty counts as a step more (Karras et al. 2020, appendix B).
        lazy = PATH_EVERY / (PATH_EVERY + 1) if settings.path_length else 1.0
        self.g_adam = _adam(self.g, settings.learning_rate, lazy)
        self.d_adam = _adam(self.d, settings.learning_rate, R1_EVERY / (R1_EVERY + 1))
        self.detail = (
            DetailDiscriminator(settings.img_channels).to(self.device) if settings.detail else None
        )
        self._window = window(size, (0, 0))
        if self.detail is not None:
            self.detail_adam = _adam(self.detail, settings.learning_rate * _DETAIL_PACE)
            self._learning = [*self._learning, *self.detail.parameters()]

    def step(self, pictures: NDArray[np.uint8]) -> dict[str, float]:
        """Show one batch of pictures [N, size, size, C] drawn from the data; return the losses.

        The generator is taught on the fakes the discriminator has just seen: a forward pass less.
        """
        rng = np.random.default_rng([self.settings.seed, self.seen])
        mirror = self.settings.augment.mirror
        places = rng.integers(0, len(pictures), self.settings.batch)
        real = _batch(pictures[places], rng, mirror).to(self.device)
        dice = self._dice(rng)
        of_real, of_fake = self._split(self._classes(places)), self._split(self._parts_of(dice)[3])
        changes = [self._changes(rng) for _ in range(3)]
        if self.settings.use_noise:
            torch.manual_seed(int(rng.integers(2**31)) + self.group.rank)
        if self.detail is not None:
            self._window = window(self.size, (rng.random(), rng.random()))
        fakes = self._shared(self._generate, self._split(dice))
        self._learn(True)
        for adam in self._judges():
            adam.zero_grad(set_to_none=True)
        told = self._shared(
            self._teach_discriminator, self._split(real), of_real, fakes, of_fake, *changes[:2]
        )
        self.broken += sum(self._turn(adam) for adam in self._judges())
        self.g_adam.zero_grad(set_to_none=True)
        self._learn(False)
        told += self._shared(self._teach_generator, fakes, of_fake, changes[2])
        if self.seen >= 1000 * self.settings.hold_kimg:
            self._straighten(dice, rng)
            self.broken += self._turn(self.g_adam)
        self.seen += len(real)
        self._follow(dice)
        losses = [float(np.mean([part[x] for part in told if x in part])) for x in LOSSES]
        means = dict(zip(LOSSES, self.group.mean(losses, self.device), strict=True))
        self._steer(means["sign"])
        return means

    def stops(self, stop: Stop) -> bool:
        """Whether to stop here: all processes do after the same step."""
        return self.group.agrees(stop, self.device)

    def _straighten(self, dice: Tensor, rng: np.random.Generator) -> None:
        """In every fourth step, add the gradients of path length regularisation; on half a batch.

        Drawn after all else, so that a training without it is the same as ever.
        """
        if not self.settings.path_length or self.seen // self.settings.batch % PATH_EVERY:
            return
        half = dice[: len(dice) // 2]
        shape = (len(half), self.g.img_channels, self.size, self.size)
        noise = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32) / self.size)
        lengths = self._shared(
            self._even_out, self._split(half), self._split(noise.to(self.device))
        )
        (length,) = self.group.mean([float(np.mean(lengths))], self.device)
        self.path_mean += _PATH_DECAY * (length - self.path_mean)

    def _learn(self, learning: bool) -> None:
        """Have the discriminator's parameters gather gradients, or not; never the frozen ones."""
        for parameter in self._learning:
            parameter.requires_grad_(learning)

    def _changes(self, rng: np.random.Generator) -> Sequence[Tensor | None]:
        """How each part of a batch is changed before it is judged."""
        kind, count = self.settings.augment, self.settings.batch
        if not kind or not self.p:
            return [None] * self.settings.threads
        return self._split(drawn(kind, self.p, count, self.size, rng).to(self.device))

    def _steer(self, sign: float) -> None:
        """Change p by how sure the discriminator was of the real pictures in the last steps."""
        if not self.settings.augment:
            return
        self._signs.append(sign)
        if len(self._signs) == EVERY:
            settings = self.settings
            self.p = steered(self.p, self._signs, settings.ada_kimg, settings.batch)
            self._signs = []

    def _shared(self, work: Callable[..., T], *parts: Sequence[Tensor | None]) -> list[T]:
        """Do each part of our share on its own thread; gradients of all parts add up.

        One thread per part and none inside it: threads that wait for each other after every
        operation stand still when another program takes a core.
        """
        return list(self._pool.map(work, *parts))

    def _split(self, batch: Tensor) -> Sequence[Tensor]:
        return self.group.share(batch).chunk(self.settings.threads)

    def _turn(self, adam: torch.optim.Adam) -> int:
        """Take a step on the whole batch's gradients; returns how many held no numbers."""
        gradients = [
            p.grad for group in adam.param_groups for p in group["params"] if p.grad is not None
        ]
        self.group.add(gradients)
        broken = sum(not bool(norm.isfinite()) for norm in torch._foreach_norm(gradients))
        if broken:
            for gradient in gradients:
                torch.nan_to_num(gradient, 0.0, 1e5, -1e5, out=gradient)
        adam.step()
        return broken

    def state(self) -> dict[str, Any]:
        """Everything that continuing needs, as plain tensors and numbers."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        counts = {"size": self.size, "seen": self.seen, "grown_at": self.grown_at}
        steering = {"p": self.p, "signs": list(self._signs), "path_mean": self.path_mean}
        return parts | counts | steering

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state` of the same size and settings."""
        for name, part in self._parts().items():
            if name in state or not name.startswith("detail"):  # which can come in later
                part.load_state_dict(state[name])
        self.seen, self.grown_at = state["seen"], state["grown_at"]
        self.p, self._signs = state.get("p", 0.0), list(state.get("signs", ()))
        self.path_mean = state.get("path_mean", 0.0)

    def _parts(self) -> dict[str, Any]:
        names = ["g", "d", "average", "g_adam", "d_adam"]
        if self.detail is not None:
            names += ["detail", "detail_adam"]
        return {name: getattr(self, name) for name in names}

    def _judges(self) -> list[torch.optim.Adam]:
        """The optimisers of the discriminators."""
        return [self.d_adam] if self.detail is None else [self.d_adam, self.detail_adam]

    def _teach_discriminator(
        self,
        real: Tensor,
        of_real: Tensor,
        fake: Tensor,
        of_fake: Tensor,
        for_real: Tensor | None,
        for_fake: Tensor | None,
    ) -> dict[str, float]:
        """Teach it real pictures and fakes, of their classes and with the changes for them."""
        fakes = self._judge(fake.detach(), of_fake, for_fake)
        reals = self._judge(real, of_real, for_real)
        loss = F.softplus(fakes).mean() + F.softplus(-reals).mean()
        if self.seen // self.settings.batch % R1_EVERY == 0:
            loss = loss + R1_EVERY * self._penalty(real, of_real, for_real)
        _backward((loss + self._detail_loss(real, fake.detach())) / self.settings.parts)
        return {"d": loss.item(), "sign": reals.sign().mean().item()}

    def _detail_loss(self, real: Tensor, fake: Tensor) -> Tensor | float:
        """What the discriminator of detail gets wrong about both in this step's window."""
        if self.detail is None:
            return 0.0
        real, fake = (images[:, :, *self._window] for images in (real, fake))
        with self._precision():
            verdicts = self.detail(real), self.detail(fake)
        loss = F.softplus(-verdicts[0]).mean() + F.softplus(verdicts[1]).mean()
        if self.seen // self.settings.batch % R1_EVERY == R1_EVERY // 2:
            loss = loss + R1_EVERY * _DETAIL_PENALTY * self.detail.penalty(real)
        return loss

    def _penalty(self, real: Tensor, c: Tensor, changes: Tensor | None) -> Tensor:
        """R1: the discriminator is to be flat around real pictures; in full precision."""
        real = real.detach().requires_grad_(True)
        verdict = self.d(real if changes is None else changed(real, changes), self._fade(), c)
        (slope,) = torch.autograd.grad(verdict.sum(), real, create_graph=True)
        gamma = self.settings.gamma * 0.0002 * self.size**2 / self.settings.batch
        return slope.square().sum(dim=(1, 2, 3)).mean() * (gamma / 2)

    def _teach_generator(self, fake: Tensor, c: Tensor, changes: Tensor | None) -> dict[str, float]:
        loss = F.softplus(-self._judge(fake, c, changes)).mean()
        total = loss
        if self.detail is not None:
            with self._precision():
                verdict = self.detail(fake[:, :, *self._window])
            total = loss + self.settings.detail * F.softplus(-verdict).mean()
        _backward(total / self.settings.parts)
        return {"g": loss.item()}

    def _even_out(self, dice: Tensor, noise: Tensor) -> float:
        """Teach paths to be as long as they were so far; returns how long they are.

        A path's length is the root of its layers' mean of |d(image . noise) / dw|^2, in full
        precision.
        """
        ws = self._styles(dice)
        along = (self.g.synthesis(ws, noise="random") * noise).sum()
        (slope,) = torch.autograd.grad(along, ws, create_graph=True)
        lengths = slope.square().sum(dim=2).mean(dim=1).sqrt()
        penalty = (lengths - self.path_mean).square().mean()
        _backward(self.settings.path_length * PATH_EVERY * penalty / self.settings.parts)
        return lengths.mean().item()

    def _dice(self, rng: np.random.Generator) -> Tensor:
        """What fakes are made from [N, 2 z_dim + 1 + c_dim]: two z, the row where styles change,
        and a class.
        """
        count, rows = self.settings.batch, self.g.num_ws
        z = rng.standard_normal((count, 2 * self.g.z_dim), dtype=np.float32)
        cuts = rng.integers(1, rows, count)
        cuts[rng.random(count) >= self.settings.mixing] = rows
        dice = torch.from_numpy(np.column_stack([z, cuts]).astype(np.float32)).to(self.device)
        if not self.g.c_dim:
            return dice
        return torch.cat([dice, self._classes(rng.integers(len(self.labels), size=count))], dim=1)

    def _classes(self, places: NDArray[np.int64]) -> Tensor:
        """The classes [N, c_dim] of the pictures at so many places, together 1 for each."""
        if not self.g.c_dim:
            return torch.empty(len(places), 0, device=self.device)
        labels = self.labels[places % len(self.labels)]
        weights: Tensor = weights_of(self.g.c_dim, labels).float().to(self.device)
        return weights

    def _parts_of(self, dice: Tensor) -> Sequence[Tensor]:
        """Two z, where styles change, and the class [N, c_dim]."""
        return torch.split(dice, [self.g.z_dim, self.g.z_dim, 1, self.g.c_dim], dim=1)

    def _generate(self, dice: Tensor) -> Tensor:
        ws = self._styles(dice)
        with self._precision():
            images: Tensor = self.g.synthesis(ws, noise="random")
        return images.float()

    def _styles(self, dice: Tensor) -> Tensor:
        """The w [N, num_ws, w_dim] of both z, the one before the cut and the other after it."""
        z, other, cut, c = self._parts_of(dice)
        first = torch.arange(self.g.num_ws, device=self.device) < cut
        return torch.where(
            first[..., None], self.g.mapping(z, c)[:, None], self.g.mapping(other, c)[:, None]
        )

    def _judge(self, images: Tensor, c: Tensor, changes: Tensor | None) -> Tensor:
        images = images if changes is None else changed(images, changes)
        with self._precision():
            verdict: Tensor = self.d(images, self._fade(), c)
        return verdict.float()

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bf16)

    def _fade(self) -> float:
        if not self.grown_at:
            return 1.0
        return min(1.0, (self.seen - self.grown_at) / (1000 * self.settings.fade_kimg))

    def _follow(self, dice: Tensor) -> None:
        """Move the middle of w and the kept average along; the average faster while young."""
        half_life = 1000 * self.settings.ema_kimg
        if self.settings.ema_ramp:
            half_life = min(half_life, self.settings.ema_ramp * self.seen)
        rate = 1 - 0.5 ** (self.settings.batch / max(half_life, 1e-8))
        with torch.no_grad():
            z, _, _, c = self._parts_of(dice)
            w = self.g.mapping(z, c)
            self.g.w_avg.lerp_(w.mean(dim=0), 0.002)
            if isinstance(self.g.synthesis, stylegan3.SynthesisNetwork):
                slow = 1 - 0.5 ** (self.settings.batch / (1000 * MAGNITUDE_KIMG))
                self.g.synthesis.follow(self._styles(dice[:GROUP]), slow)
        follow(self.average, self.g, rate)


def grown(players: Players) -> Players:
    """The same players at twice the size: one new block each, unseen at first; fresh optimisers."""
    larger = Players(2 * players.size, players.settings)
    larger.seen = larger.grown_at = players.seen
    larger.p, larger.path_mean = players.p, players.path_mean
    larger.group, larger.labels = players.group, players.labels
    for new, old in ((larger.g, players.g), (larger.average, players.average)):
        new.load_state_dict(old.state_dict(), strict=False)
        new.get_parameter(f"synthesis.b{larger.size}.torgb.weight").data.zero_()
    larger.d.load_state_dict(players.d.state_dict(), strict=False)
    if larger.detail is not None and players.detail is not None:
        larger.detail.load_state_dict(players.detail.state_dict())
    return larger


def new_generator(size: int, settings: Settings) -> Generator:
    """A generator of `size` pixels with fresh weights."""
    if settings.network is not None:
        return fresh(**settings.network)
    return new_stylegan2(
        size,
        settings.channel_base,
        settings.channel_max,
        settings.mapping_layers,
        settings.z_dim,
        settings.w_dim,
        settings.c_dim,
        settings.img_channels,
        use_noise=settings.use_noise,
        conv_clamp=settings.conv_clamp,
    )


def placed(device: str) -> torch.device:
    """The device by its number: threads of their own would take the first GPU for "cuda"."""
    found = torch.device(device)
    return torch.device("cuda", torch.cuda.current_device()) if found.type == "cuda" else found


def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


def _adam(network: torch.nn.Module, rate: float, lazy: float = 1.0) -> torch.optim.Adam:
    return torch.optim.Adam(network.parameters(), rate * lazy, (0.0, 0.99**lazy), 1e-8)


def _backward(loss: Tensor) -> None:
    loss.backward()  # type: ignore[no-untyped-call]


@torch.no_grad()
def follow(average: torch.nn.Module, network: torch.nn.Module, rate: float) -> None:
    """Move the kept average along, what is learnt and what follows it: by `rate` of the way."""
    for kept, new in zip(all_tensors(average), all_tensors(network), strict=True):
        kept.lerp_(new, rate)


def all_tensors(network: torch.nn.Module) -> list[Tensor]:
    """What is learnt, and what follows it: the kept average has both."""
    return [*network.parameters(), *network.buffers()]


def _batch(chosen: NDArray[np.uint8], rng: np.random.Generator, mirror: bool) -> Tensor:
    """Pictures [N, H, W, C] as images [N, C, H, W] in -1..1, half mirrored if they may be."""
    turn = (rng.random(len(chosen)) < (0.5 if mirror else 0.0))[:, None, None, None]
    turned = np.where(turn, chosen[:, :, ::-1], chosen)
    images = torch.from_numpy(np.ascontiguousarray(turned)).permute(0, 3, 1, 2)
    return images.float() / 127.5 - 1
