"""The training loop: from small pictures to large, saved as it goes, stopped and continued."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.families.stylegan.networks.states import write_state
from taxiway.families.stylegan.training.painted_pictures import Pictures, reduced
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.stylegan2 import Players, grown
from taxiway.training.distributed import Stop

STATE = "state.pt"
Stages = tuple[tuple[int, float], ...]
_LOST = 3  # steps in a row without a number, after which there is nothing left to save


@dataclass(frozen=True)
class Schedule:
    """How long to train (thousands of pictures) at each size, and how often to save.

    `stages` are (size in pixels, kimg at which this size ends), smallest size first, each size
    twice the one before.
    """

    stages: Stages
    state_seconds: float = 90.0
    snapshot_kimg: float = 10.0


class Watcher(Protocol):
    """Who is told how a training goes."""

    def stepped(self, players: Players, losses: dict[str, float]) -> None:
        """After each step, with its losses."""

    def snapshot(self, players: Players) -> None:
        """Whenever `snapshot_kimg` more have been seen, and at the end of the schedule."""


def train(
    players: Players,
    pictures: Pictures,
    folder: Path,
    schedule: Schedule,
    stop: Stop,
    watcher: Watcher | None,
) -> Players:
    """Train on pictures [N, S, S, 3] of the last stage's size until the schedule or `stop` ends it.

    What continuing needs is kept in `folder`/state.pt. Of several processes only the one with a
    watcher saves. Raises TaxiwayError where the numbers run away; state.pt is then from
    before.
    """
    for size, end in schedule.stages:
        if players.size * 2 == size and not players.stops(stop):
            players = grown(players)
        if players.size == size:
            _stage(players, reduced(pictures, size), folder, end, schedule, stop, watcher)
    if watcher is not None:
        save_state(players, folder)
    return players


def _stage(
    players: Players,
    pictures: Pictures,
    folder: Path,
    end: float,
    schedule: Schedule,
    stop: Stop,
    watcher: Watcher | None,
) -> None:
    """Train at one size until `end` kimg."""
    every, saved, lost = 1000 * schedule.snapshot_kimg, time.monotonic(), 0
    while players.seen < 1000 * end and not players.stops(stop):
        before = players.seen
        losses = players.step(pictures)
        lost = 0 if all(map(math.isfinite, losses.values())) else lost + 1
        if lost == _LOST:
            raise TaxiwayError(RUN_AWAY.format(kimg=players.seen / 1000))
        if watcher is None:
            continue
        watcher.stepped(players, losses)
        if not lost and before // every != players.seen // every:
            watcher.snapshot(players)
        if not lost and time.monotonic() - saved > schedule.state_seconds:
            save_state(players, folder)
            saved = time.monotonic()


RUN_AWAY = (
    "The losses are no numbers any more at {kimg:.1f} kimg, so the training has stopped; go on "
    "from what was saved with --resume and a --gamma four times as large."
)


LOST = (
    "'{path}' is missing, damaged or of another training; begin anew from the model: "
    "taxiway train DATASET --out ANOTHER --from {model}"
)


def resumed(folder: Path, settings: Settings, schedule: Schedule) -> Players:
    """The players as last saved in `folder`, or new ones at the smallest size.

    Raises InvalidArgument where what was saved is damaged, or has another size or other settings.
    """
    if not (folder / STATE).exists():
        return Players(schedule.stages[0][0], settings)
    with saved(folder) as state:
        if state["size"] not in dict(schedule.stages):
            raise lost(folder)
        players = Players(state["size"], settings)
        players.restore(state)
    return players


@contextmanager
def saved(folder: Path) -> Iterator[Any]:
    """What `save_state` left in `folder`, to be taken apart within the block.

    Whatever that raises becomes InvalidArgument: torch has many kinds for a damaged file.
    """
    try:
        yield torch.load(folder / STATE, map_location="cpu", weights_only=True)
    except (TaxiwayError, PermissionError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception:
        raise lost(folder) from None


def lost(folder: Path) -> InvalidArgument:
    """The error for a training that cannot be gone on with, though its model is there."""
    return InvalidArgument(LOST.format(path=folder / STATE, model=folder / "model.safetensors"))


def save_state(players: Players, folder: Path) -> None:
    """Write everything that continuing needs to `folder`/state.pt; raises as `write_state`."""
    write_state(folder / STATE, players.state())
