"""The training loop: from small pictures to large, saved as it goes, stopped and continued."""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import torch

from taxiway.core.files import write_whole
from taxiway.training.pictures import Pictures, reduced
from taxiway.training.samples import save_sheet
from taxiway.training.stylegan2 import Players, Settings, grown

Report = Callable[[float, dict[str, float]], None]


@dataclass(frozen=True)
class Schedule:
    """How long to train (thousands of pictures) at each size, and how often to save.

    `stages` are (size in pixels, kimg at which this size ends), smallest size first, each size
    twice the one before.
    """

    stages: tuple[tuple[int, float], ...]
    state_seconds: float = 120.0
    snapshot_kimg: float = 10.0


def train(
    pictures: Pictures,
    folder: Path,
    settings: Settings,
    schedule: Schedule,
    stop: Event,
    report: Report,
) -> Players:
    """Train on pictures [N, S, S, 3] of the last stage's size until the schedule or `stop` ends it.

    Continues from `folder`/state.pt where there is one. After each step `report` hears how many
    kimg have been seen, and the losses. `folder` gets a sheet and the weights at every snapshot.
    """
    players = resumed(folder, settings, schedule)
    for size, end in schedule.stages:
        if players.size * 2 == size and not stop.is_set():
            players = grown(players)
        if players.size == size:
            _stage(players, reduced(pictures, size), folder, end, schedule, stop, report)
    save_state(players, folder)
    return players


def _stage(
    players: Players,
    pictures: Pictures,
    folder: Path,
    end: float,
    schedule: Schedule,
    stop: Event,
    report: Report,
) -> None:
    """Train at one size until `end` kimg."""
    every, saved = 1000 * schedule.snapshot_kimg, time.monotonic()
    while players.seen < 1000 * end and not stop.is_set():
        before = players.seen
        report(players.seen / 1000, players.step(pictures))
        if before // every != players.seen // every:
            snapshot(players, folder)
        if time.monotonic() - saved > schedule.state_seconds:
            save_state(players, folder)
            saved = time.monotonic()


def resumed(folder: Path, settings: Settings, schedule: Schedule) -> Players:
    """The players as last saved in `folder`, or new ones at the smallest size."""
    path = folder / "state.pt"
    if not path.exists():
        return Players(schedule.stages[0][0], settings)
    state = torch.load(path, weights_only=True)
    players = Players(state["size"], settings)
    players.restore(state)
    return players


def save_state(players: Players, folder: Path) -> None:
    """Write everything that continuing needs to `folder`/state.pt, whole."""
    _save(players.state(), folder / "state.pt")


def snapshot(players: Players, folder: Path) -> None:
    """Keep the average generator as it is now, and a sheet of its pictures."""
    name = f"{players.size:03d}px-{players.seen // 1000:05d}kimg"
    _save(players.average.state_dict(), folder / f"{name}.pt")
    save_sheet(folder / f"{name}.png", players.average)


def _save(values: object, path: Path) -> None:
    buffer = io.BytesIO()
    torch.save(values, buffer)
    write_whole(path, buffer.getvalue())
