"""What `rainbow` learns from the painter by pairs: stage after stage, and the model at its end."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event

import numpy as np
import torch
from torch import Tensor

from taxiway.checkpoint import Checkpoint
from taxiway.console import bar
from taxiway.core.files import whole_file
from taxiway.families.stylegan.training.distilling import Distillation, Distilling, Pairs, begin
from taxiway.families.stylegan.training.lessons import lead, restore
from taxiway.families.stylegan.training.painted_pictures import PART, painted
from taxiway.families.stylegan.training.transfer import tensors_of, without_upscaler
from taxiway.painting.factors import directions, scores

STATE, COUNT = "pairs.pt", 12_000
_LATE = Distilling(judged=0.9, pixels=0.5, edge=1.0, gamma=0.6, wrong=0.4)
STAGES = (
    (2, 3200, Distilling(alone=600, average=0.01)),
    (1, 4200, Distilling(average=0.01)),
    (1, 5000, Distilling(judged=0.5, features=0.12, pixels=0.7, edge=1.0, gamma=0.8)),
    (1, 5600, _LATE),
    (1, 8700, replace(_LATE, rate=0.0012, average=0.006)),
    (1, 9000, replace(_LATE, rate=0.0008, average=0.005)),
    (1, 9300, replace(_LATE, rate=0.0005, average=0.005)),
    (1, 9700, replace(_LATE, rate=0.0003, average=0.005)),
)
"""(which part of the size, steps at which a stage ends, how it learns)."""


def pairs(folder: Path, count: int, size: int) -> Pairs:
    """The first `count` seeds and their pictures, painted unless the folder has them."""
    found = []
    for first in bar(f"Painting {count:,} pairs", iterable=range(0, count, PART)):
        path = folder / f"pairs-{size}px-{first}.npy"
        if not path.exists():
            made = painted(range(first, min(first + PART, count)), size)
            with whole_file(path) as file:
                np.save(file, made, allow_pickle=False)
        found.append(np.load(path, allow_pickle=False))
    z = np.stack([np.random.RandomState(seed).randn(512) for seed in range(count)])
    return Pairs(z.astype(np.float32), scores(z), np.concatenate(found))


def taught(
    folder: Path, start: tuple[Checkpoint, Mapping[str, Tensor]], given: Pairs, stop: Event
) -> Distillation:
    """The lesson after all stages, unless `stop` ends it; it goes on with what is in the folder.

    It begins with the convolutions of a model and those of its discriminator.
    """
    path, size = folder / STATE, given.pictures.shape[1]
    known = tensors_of(without_upscaler(start[0]).tensors)
    done = torch.load(path, map_location="cpu", weights_only=True)["steps"] if path.exists() else 0
    for part, end, settings in [stage for stage in STAGES if stage[1] > done] or STAGES[-1:]:
        lesson = Distillation(size // part, given.factors.shape[1], settings)
        begin(lesson, known, dict(start[1]), directions())
        restore(lesson, path)
        lead(lesson, end, partial(lesson.step, given), path, stop)
        if stop.is_set():
            break
    return lesson


def finished(checkpoint: Checkpoint, lesson: Distillation) -> Checkpoint:
    """A checkpoint with the average that the lesson kept; an upscaler stays."""
    average = lesson.average
    with torch.no_grad():
        z = np.random.RandomState(99).randn(20_000, average.z_dim).astype(np.float32)
        average.mapping.w_avg.copy_(average.mapping(torch.from_numpy(z)).mean(dim=0))
    learnt = {name: tensor.numpy() for name, tensor in average.state_dict().items()}
    return replace(checkpoint, tensors=checkpoint.tensors | learnt)


@torch.no_grad()
def plain_judge(lesson: Distillation) -> dict[str, Tensor]:
    """The discriminator without factors: what it says to those of nobody in particular.

    Its verdict is linear in the direction that the factors give, so the mean direction of many
    gives the mean verdict.
    """
    d = lesson.d
    assert d.mapping is not None
    mean = d.mapping(torch.randn(4000, d.mapping.embed.weight.shape[1])).mean(dim=0)
    out, width = d.b4.out, mean.shape[0]
    state = {name: x for name, x in d.state_dict().items() if not name.startswith("mapping.")}
    weight = mean[None] @ (out.weight * out.weight_gain) / width**0.5
    bias = (mean * out.bias * out.bias_gain).sum() / width**0.5
    return state | {
        "b4.out.weight": weight / out.weight_gain,
        "b4.out.bias": bias[None] / out.bias_gain,
    }
