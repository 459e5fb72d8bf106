"""The trainer of a network that a model teaches: what the shared loop asks, done by a lesson."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from taxiway.checkpoint import read_checkpoint
from taxiway.families.stylegan.networks.fast import fast
from taxiway.families.stylegan.networks.states import write_state
from taxiway.families.stylegan.training.config import QUALITIES
from taxiway.families.stylegan.training.distilling import Distillation, Distilling
from taxiway.families.stylegan.training.export import write_model
from taxiway.families.stylegan.training.painted_pictures import Pictures, reduced
from taxiway.families.stylegan.training.samples import samples
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.speed import pays_bf16
from taxiway.families.stylegan.training.teacher import Teacher
from taxiway.families.stylegan.training.trainer import room_for, threads
from taxiway.families.stylegan.training.transfer import fill, model_of, tensors_of, without_upscaler
from taxiway.training.config import TrainingConfig
from taxiway.training.metrics import kid
from taxiway.training.trainer import Description, Panel, Trainer

SHOWN = list(range(36))
"""Seeds of the sheets."""
UNSEEN = list(range(500_000, 500_100))
"""Seeds of what is measured, which are never learnt."""
ALONE = 0.06
"""The share of a training in which pixels teach alone: until then a discriminator sees it all."""


@dataclass(frozen=True)
class Plan:
    """What a training is made with: the network's channels, and how it learns."""

    channel_base: int
    channel_max: int
    pairs: int
    batch: int
    rate: float
    judged: float
    device: str
    bf16: bool


def planned(given: Mapping[str, Any], teacher: Teacher) -> Plan:
    """The plan of a new training, from the options of its recipe."""
    base, most = QUALITIES[given["quality"]]
    named = {name: given[name] for name in ("pairs", "batch", "rate", "judged")}
    bf16 = pays_bf16(torch.device(teacher.device))
    return Plan(base, most, **named, device=teacher.device, bf16=bf16)


class DistilTrainer(Trainer):
    """A small generator that learns what a model draws, at half the size first."""

    measures = ("apart", "kid")
    bar = ("pixels", "apart", "kid")
    panels = (
        Panel("distance to the model's pictures of the same z", (("apart", "levels"),)),
        Panel("distance to its pictures on the whole", (("kid", "KID, lower is better"),), True),
        Panel("losses", (("d", "discriminator"), ("g", "generator"), ("pixels", "pixels"))),
    )
    calmer = " and a smaller --rate"

    def __init__(self, config: TrainingConfig[Plan], teacher: Teacher) -> None:
        self.config, self.teacher = config, teacher
        self.lesson = self._lesson(config.stages[0][0])

    @property
    def seen(self) -> int:  # type: ignore[override]
        """Pictures shown."""
        return self.lesson.steps * self.config.settings.batch

    @property
    def size(self) -> int:  # type: ignore[override]
        """Pixels."""
        return self.lesson.size

    def _lesson(self, size: int) -> Distillation:
        plan, g = self.config.settings, self.teacher.generator
        shape = Settings(
            channel_base=plan.channel_base, channel_max=plan.channel_max, device=plan.device,
            mapping_layers=self.teacher.mapping_layers, z_dim=g.z_dim, w_dim=g.w_dim,
        )  # fmt: skip
        alone = int(ALONE * 1000 * self.config.kimg / plan.batch)
        settings = Distilling(
            judged=plan.judged, features=0.12 if plan.judged else 0.0, pixels=0.7, edge=0.5,
            alone=alone, rate=plan.rate, batch=plan.batch, bf16=plan.bf16,
        )  # fmt: skip
        return Distillation(size, self.teacher.factors.shape[1], settings, shape)

    def start(self) -> None:
        """With the teacher's mapping, where it is one of the same kind, so that w are the same."""
        if self.config.start:
            start = read_checkpoint(model_of(Path(self.config.start)))
            fill(self.lesson.g, tensors_of(without_upscaler(start).tensors))
        known = self.teacher.generator.mapping.state_dict()
        fill(self.lesson.g, {f"mapping.{name}": tensor for name, tensor in known.items()})
        self.lesson.average.load_state_dict(self.lesson.g.state_dict())

    def resume(self, path: Path) -> None:
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.lesson = self._lesson(state["size"])
        self.lesson.restore(state)

    def grow(self, size: int) -> None:
        """One new block each, which has learnt nothing."""
        state = self.lesson.state()
        self.lesson = self._lesson(size)
        self.lesson.restore(state)

    def step(self) -> dict[str, float]:
        return self.lesson.step(self.teacher)

    def save(self, path: Path) -> None:
        write_state(path, self.lesson.state())

    def sample(self) -> Pictures:
        """Of the kept average, the same seeds as `real`."""
        return self._made(SHOWN)

    def real(self) -> Pictures:
        """The model's pictures, those that `sample` is to become."""
        return self.teacher.pictures(SHOWN)

    def measure(self) -> dict[str, float]:
        """On z that are not learnt: levels between pictures of the same z, and KID of all."""
        made, wanted = self._made(UNSEEN), reduced(self._unseen, self.size)
        apart = np.abs(made.astype(np.float32) - wanted).mean()
        return {"apart": float(apart), "kid": kid(made, wanted)}

    @cached_property
    def _unseen(self) -> Pictures:
        """What the teacher, which may be slow, draws of z that are not learnt."""
        return self.teacher.pictures(UNSEEN)

    def _made(self, seeds: list[int]) -> Pictures:
        return samples(fast(self.lesson.average), seeds, 1.0)

    def export(self, path: Path, whole: bool) -> None:
        write_model(path, self.lesson.average, self.seen)

    def describe(self) -> Description:
        plan, name = self.config.settings, self.teacher.name
        return Description(
            family="stylegan",
            summary=f"A StyleGAN2 of {self.size} pixels that was taught by '{name}' to draw the "
            "same for the same z.",
            data=f"{plan.pairs:,} pictures of '{name}' at {self.config.size} pixels on "
            f"{plan.device}{' in bfloat16' if plan.bf16 else ''}",
            how=f"batch {plan.batch}, verdicts times {plan.judged:g}",
            resolution=self.size,
            options=("--resolution", f"{self.config.size}"),
        )


@contextmanager
def limits(config: TrainingConfig[Plan]) -> Iterator[None]:
    """Steps are small: two threads are as quick as many on a CPU."""
    most = torch.get_num_threads()
    few = min(most, 2) if config.settings.device == "cpu" else most
    with threads(few), room_for(config.settings.batch, config.size):
        yield
