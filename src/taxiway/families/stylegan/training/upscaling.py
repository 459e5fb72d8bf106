"""Teaching an upscaler from pictures at full size: made smaller, and flawed, they are its pairs."""

from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from taxiway.checkpoint import Checkpoint
from taxiway.checkpoint.contents import UPSCALED
from taxiway.families.stylegan.networks.upscaler import Upscaler
from taxiway.families.stylegan.training.flaws import flawed
from taxiway.families.stylegan.training.lessons import Taught, lead, restore
from taxiway.families.stylegan.training.painted_pictures import Pictures
from taxiway.families.stylegan.training.stylegan2 import follow

STATE = "upscaler.pt"
_AVERAGE = 0.005
"""How far the kept average moves in each step."""


@dataclass(frozen=True)
class Upscaling:
    """How an upscaler is taught: its shape, pictures of a step, learning rate and seed.

    The first `plain` steps are on pairs without flaws. Convolutions run in bfloat16 when `bf16`.
    """

    width: int = 32
    deep: int = 48
    depth: int = 3
    batch: int = 2
    rate: float = 1e-3
    plain: int = 1000
    seed: int = 0
    bf16: bool = True


class Lesson(Taught):
    """An upscaler, the average of it that is kept, and how many steps they have come.

    What a step draws follows from the seed and the number of steps, so that a saved state goes on
    as if it had never stopped.
    """

    parts = ("upscaler", "average", "adam")

    def __init__(self, settings: Upscaling) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.steps = settings, 0
        shape = (settings.width, settings.deep, settings.depth)
        self.upscaler, self.average = (Upscaler(3, *shape) for _ in range(2))
        nn.init.normal_(self.upscaler.last.weight, std=0.002)
        self.average.load_state_dict(self.upscaler.state_dict())
        self.upscaler.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.adam = torch.optim.Adam(self.upscaler.parameters(), settings.rate, (0.9, 0.99))

    def step(self, pictures: Pictures) -> float:
        """Learn from a few of the pictures [N, 4 S, 4 S, 3]; the loss."""
        dice = np.random.default_rng([self.settings.seed, self.steps])
        real = self._drawn(pictures, dice)
        small = F.avg_pool2d(real, UPSCALED)
        if self.steps >= self.settings.plain:
            small = flawed(small, dice)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.settings.bf16):
            made = self.upscaler(small)
        loss = likeness(made.float(), real)
        self.adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.adam.step()
        follow(self.average, self.upscaler, _AVERAGE)
        self.steps += 1
        return loss.item()

    def _drawn(self, pictures: Pictures, dice: np.random.Generator) -> Tensor:
        """A few pictures as images [N, 3, H, W] of -1..1; in every second step mirrored."""
        chosen = pictures[np.sort(dice.integers(0, len(pictures), self.settings.batch))]
        turned = chosen[:, :, ::-1] if dice.random() < 0.5 else chosen
        images = torch.from_numpy(turned.copy()).permute(0, 3, 1, 2)
        return images.float() / 127.5 - 1


def taught(
    folder: Path, settings: Upscaling, steps: int, pictures: Pictures, stop: Event
) -> Lesson:
    """A lesson of so many steps, unless `stop` ends it; it goes on with what is in the folder."""
    lesson, path = Lesson(settings), folder / STATE
    restore(lesson, path)
    lead(lesson, steps, lambda: lesson.step(pictures), path, stop)
    return lesson


def finished(checkpoint: Checkpoint, upscaler: Upscaler) -> Checkpoint:
    """A checkpoint whose pictures the upscaler makes four times as large."""
    tensors = {
        f"synthesis.upscaler.{name}": part.numpy() for name, part in upscaler.state_dict().items()
    }
    config = checkpoint.config | {"upscaler": upscaler.shape}
    return replace(checkpoint, config=config, tensors=checkpoint.tensors | tensors)


@torch.no_grad()
def muted(upscaler: Upscaler, share: float) -> Upscaler:
    """A copy that keeps only a share of the colour of what it adds (red, green, blue), and all
    of its brightness."""
    copy = deepcopy(upscaler)
    channels = copy.last.out_channels // 4  # each has the four pixels of a doubling
    mix = torch.full((channels, channels), (1 - share) / channels) + share * torch.eye(channels)
    for part in copy.last.parameters():
        pixels = part.reshape(channels, 4, -1)
        part.copy_(torch.einsum("oc,cpk->opk", mix, pixels).reshape(part.shape))
    return copy


def likeness(made: Tensor, real: Tensor) -> Tensor:
    """How far images are from their pairs: L1 of the pixels and of their slopes along both axes."""
    apart = made - real
    slopes = apart.diff(dim=2).abs().mean() + apart.diff(dim=3).abs().mean()
    return apart.abs().mean() + slopes
