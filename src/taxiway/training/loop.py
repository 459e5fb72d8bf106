"""The training loop: stage after stage, saved as it goes, stopped and continued."""

import errno
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from taxiway.core.errors import TaxiwayError
from taxiway.training.config import STATE, Stages, lost
from taxiway.training.given import sized, stepped
from taxiway.training.trainer import Stop, Trainer

_LOST = 3  # steps in a row without a number, after which there is nothing left to save
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Schedule:
    """How long to train at each size, and how often to save and to take a snapshot."""

    stages: Stages
    state_seconds: float = 90.0
    snapshot_kimg: float = 10.0


class Watcher(Protocol):
    """Who is told how a training goes."""

    def stepped(self, trainer: Trainer, losses: Mapping[str, float]) -> None:
        """After each step, with its losses."""

    def snapshot(self, trainer: Trainer) -> None:
        """Whenever `snapshot_kimg` more have been seen."""


def train(
    trainer: Trainer, folder: Path, schedule: Schedule, stop: Stop, watcher: Watcher | None
) -> None:
    """Take steps until the schedule or `stop` ends them; what continuing needs is kept in a folder.

    Of several processes only the one with a watcher saves. Raises TaxiwayError where the numbers
    run away; the state is then from before.
    """
    for size, end in schedule.stages:
        if trainer.size < size and not trainer.stops(stop):
            trainer.grow(size)
        if trainer.size == size:
            _stage(trainer, folder, end, schedule, stop, watcher)
    if watcher is not None:
        trainer.save(folder / STATE)


def _stage(
    trainer: Trainer,
    folder: Path,
    end: float,
    schedule: Schedule,
    stop: Stop,
    watcher: Watcher | None,
) -> None:
    """Train at one size until `end` kimg."""
    every, saved, missing = 1000 * schedule.snapshot_kimg, time.monotonic(), 0
    while trainer.seen < 1000 * end and not trainer.stops(stop):
        before = trainer.seen
        losses = stepped(trainer)
        missing = 0 if _are_numbers(losses) else missing + 1
        if missing == _LOST:
            raise TaxiwayError(
                f"The losses are no numbers any more at {trainer.seen / 1000:.1f} kimg, so the "
                f"training has stopped; go on from what was saved with --resume{trainer.calmer}."
            )
        if watcher is None:
            continue
        watcher.stepped(trainer, losses)
        if not missing and before // every != trainer.seen // every:
            watcher.snapshot(trainer)
        if not missing and time.monotonic() - saved > schedule.state_seconds:
            trainer.save(folder / STATE)
            saved = time.monotonic()


def _are_numbers(losses: Mapping[str, float]) -> bool:
    return all(map(math.isfinite, losses.values()))


def begin(trainer: Trainer, folder: Path, stages: Stages) -> None:
    """Have a trainer go on from what is saved in a folder, else start.

    Raises InvalidArgument where what was saved is damaged, or of another training.
    """
    if not (folder / STATE).exists():
        trainer.start()
        sized(trainer, stages)
        return
    with readable(folder):
        trainer.resume(folder / STATE)
    if trainer.size not in dict(stages):
        raise lost(folder)


@contextmanager
def readable(folder: Path, *others: type[Exception]) -> Iterator[None]:
    """Make InvalidArgument of whatever reading a training's state raises within the block.

    There are many kinds for a damaged file; those of `others` say what is wrong by themselves.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, (TaxiwayError, PermissionError, MemoryError, *others)):
            raise
        raise lost(folder) from None


@contextmanager
def enough_room(folder: Path) -> Iterator[None]:
    """Raise TaxiwayError where the disk is too full for what is written to a folder within."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise TaxiwayError(
            f"The disk of '{folder}' is full; what was saved before is kept, so free some room and "
            "go on with --resume."
        ) from None
