"""What a recipe and its trainer give, looked at before it is used: a mistake is one sentence."""

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from taxiway.core.faults import blamed, broken
from taxiway.core.needs import TRAINER, check
from taxiway.training.config import Stages, TrainingConfig
from taxiway.training.trainer import Description, Pictures, Recipe, Trainer


def made(recipe: Recipe, config: TrainingConfig[Any], data: Any, group: Any = None) -> Trainer:
    """The trainer that a recipe makes. Raises BrokenMember where it lacks a method or a figure."""
    whose = f"The trainer of '{config.trainer or type(recipe).__name__}'"
    with blamed(recipe, whose):
        trainer = recipe.trainer(config, data, group)
    check(trainer, TRAINER, type(trainer).__name__, type(recipe).__module__)
    return trainer


def sized(trainer: Trainer, stages: Stages) -> None:
    """Raises BrokenMember for a trainer that has begun with no `seen`, or at no stage's size."""
    kind, seen, size = type(trainer), getattr(trainer, "seen", None), getattr(trainer, "size", None)
    if not isinstance(seen, int):
        raise broken(kind, f"'{kind.__name__}' needs seen, a whole number, got {seen!r:.60}")
    if size not in dict(stages):
        raise broken(
            kind,
            f"'{kind.__name__}' has the size {size!r:.60}, which is that of no stage of its "
            f"config ({', '.join(str(stage) for stage, _ in stages)}): with one stage it is 1",
        )


def stepped(trainer: Trainer) -> Mapping[str, float]:
    """The losses of one step. Raises BrokenMember for none, or where `seen` has not risen."""
    before = trainer.seen
    losses = trainer.step()
    if trainer.seen <= before:
        kind = type(trainer).__name__
        raise broken(trainer, f"'{kind}' has to raise seen in step, by the examples it shows")
    return figures(trainer, "step", losses, 1)


def measured(trainer: Trainer) -> Mapping[str, float]:
    """The figures of `measures`. Raises BrokenMember where one is missing."""
    given = figures(trainer, "measure", trainer.measure(), 0)
    if missing := [name for name in trainer.measures if name not in given]:
        kind = type(trainer).__name__
        raise broken(trainer, f"'{kind}' gives no '{missing[0]}' from measure, which measures has")
    return given


def figures(trainer: Trainer, method: str, given: Any, least: int) -> Mapping[str, float]:
    """Numbers by name, as a method gave them. Raises BrokenMember for anything else."""
    are = isinstance(given, Mapping) and all(isinstance(each, Real) for each in given.values())
    if not are or len(given) < least:
        kind = type(trainer).__name__
        raise broken(trainer, f"'{kind}' gives numbers by name from {method}, got {given!r:.60}")
    found: Mapping[str, float] = given
    return found


def sampled(trainer: Trainer) -> Pictures | str:
    """What it makes now: uint8 [N, H, W, 3], or text. Raises BrokenMember for anything else."""
    given = trainer.sample()
    is_picture = isinstance(given, np.ndarray) and given.dtype == np.uint8 and given.ndim == 4
    if not (isinstance(given, str) or is_picture):
        what = f"{given.dtype} {[*given.shape]}" if isinstance(given, np.ndarray) else repr(given)
        kind = type(trainer).__name__
        raise broken(
            trainer, f"'{kind}' gives uint8 [N, H, W, 3] or text from sample, got {what:.60}"
        )
    return given


def described(trainer: Trainer) -> Description:
    """What is said of it. Raises BrokenMember for anything but a Description."""
    given = trainer.describe()
    if not isinstance(given, Description):
        kind = type(trainer).__name__
        raise broken(trainer, f"'{kind}' gives a Description from describe, got {given!r:.60}")
    return given
