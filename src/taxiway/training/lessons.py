"""Lessons of a small network that is shown what to make of what: steps, its average, resuming."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

Unlike = Callable[[Tensor, Tensor], Tensor]
"""How far what was made is from what was asked for, as a loss."""


@dataclass
class Lessons:
    """A network in training; the file `path` resumes it exactly where it was.

    `average` is what is shipped: the mean of about the last two hundred steps. `steps` is how many
    there will be, by which the rate falls along a cosine from `rate`.
    """

    network: nn.Module
    average: nn.Module
    unlike: Unlike
    path: Path
    steps: int
    rate: float = 2e-3
    bf16: bool = False
    done: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average.load_state_dict(self.network.state_dict())
        self.average.eval()
        self.optimizer = torch.optim.Adam(self.network.parameters(), self.rate, betas=(0.9, 0.99))
        if self.path.exists():
            self._load(torch.load(self.path, weights_only=True))

    def _load(self, kept: dict[str, Any]) -> None:
        self.done = kept["done"]
        for name in ("network", "average", "optimizer"):
            getattr(self, name).load_state_dict(kept[name])

    def save(self) -> None:
        parts = {name: getattr(self, name).state_dict()
                 for name in ("network", "average", "optimizer")}  # fmt: skip
        part = self.path.with_suffix(".part")
        torch.save(parts | {"done": self.done}, part)
        part.replace(self.path)

    def step(self, given: Sequence[Tensor], asked: Tensor) -> float:
        """Show the network inputs [N, ...] and what it should make [N, C, H, W]; gives the loss."""
        self._pace()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            made = self.network(*given).float()
        loss = self.unlike(made, asked)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.done += 1
        self._follow()
        return float(loss.detach())

    def _pace(self) -> None:
        """Warm up, then slower and slower."""
        left = 0.5 * (1 + math.cos(math.pi * min(self.done / self.steps, 1)))
        warm = min(1, (self.done + 1) / min(100, self.steps // 10))
        rate = self.rate * warm * (0.02 + 0.98 * left)
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    @torch.no_grad()
    def _follow(self) -> None:
        keep = min(0.995, self.done / (self.done + 10))
        for mean, now in zip(self.average.parameters(), self.network.parameters(), strict=True):
            mean.lerp_(now, 1 - keep)
        for kept, newest in zip(self.average.buffers(), self.network.buffers(), strict=True):
            kept.copy_(newest)
