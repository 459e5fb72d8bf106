"""A training in a terminal: what it will cost, a bar with what goes wrong, and Ctrl-C."""

import errno
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event

import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from taxiway.backends.torch.device import pick_device
from taxiway.core.errors import TaxiwayError
from taxiway.families.stylegan.training import speed
from taxiway.families.stylegan.training.config import TrainingConfig
from taxiway.families.stylegan.training.loop import Schedule, train
from taxiway.families.stylegan.training.painted_pictures import Pictures
from taxiway.families.stylegan.training.session import Session, begun, fitted, snapshot_kimg
from taxiway.training.datasets.pictures.labels import Classes
from taxiway.training.datasets.pictures.packed import read_classes, read_dataset
from taxiway.training.distributed import ALONE, Group, Stop, check_processes, together
from taxiway.training.metrics_log import Record

_TWICE = 1.0  # seconds
_FULL = (errno.ENOSPC, errno.EDQUOT)
_BARS = ("d", "g", "p", "kid", "variety")


def work(
    order: TrainingConfig, folder: Path, pictures: Pictures, classes: Classes | None = None
) -> None:
    """Train as ordered until that is done or Ctrl-C is pressed, in as many processes as ordered.

    Of several each reads the pictures and their classes from the order's dataset.
    """
    count, device = order.settings.processes, pick_device(order.settings.device)
    check_processes(count, device)
    lower_priority()
    with stopping() as stop:
        if count > 1:
            together(partial(share, order, folder), count, device, stop)
        else:
            with enough_memory(order):
                lead(order, folder, pictures, stop, classes=classes)


def lead(
    order: TrainingConfig,
    folder: Path,
    pictures: Pictures,
    stop: Stop,
    group: Group = ALONE,
    classes: Classes | None = None,
) -> Session:
    """Train, tell how it goes, and return what is left."""
    one_thread()
    with enough_room(folder):
        session = Session(order, folder, pictures, group, classes)
        every = announced(session, pictures)
        with bar(order.kimg) as session.told:
            players = session.run(stop, every)
    print(f"{players.seen / 1000:.1f} kimg seen. Play it: taxiway run {folder}/model.safetensors")
    return session


def share(order: TrainingConfig, folder: Path, group: Group, stop: Stop) -> None:
    """The part of one process of several."""
    dataset = Path(order.dataset)
    pictures = fitted(read_dataset(dataset), order.size)
    classes = read_classes(dataset) if order.settings.labels else None
    with enough_memory(order):
        if group.is_first:
            lead(order, folder, pictures, stop, group, classes)
        else:
            one_thread()
            players = begun(order, folder, group, classes)
            train(players, pictures, folder, Schedule(order.stages), stop, None)


@contextmanager
def enough_memory(order: TrainingConfig) -> Iterator[None]:
    """Raise TaxiwayError where the GPU's memory is too small for what is done within."""
    try:
        yield
    except torch.OutOfMemoryError:
        settings = order.settings
        raise TaxiwayError(
            f"The GPU has too little memory for {settings.batch // settings.processes} pictures of "
            f"{order.size} pixels at a time: begin with a smaller --batch, or --quality draft."
        ) from None


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


def one_thread() -> None:
    """Have PyTorch use one thread: a batch is split over threads by the trainer itself."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


def lower_priority() -> None:
    """Let a model that is being played go first."""
    if hasattr(os, "nice"):
        os.nice(10)


def announced(session: Session, pictures: Pictures) -> float:
    """Say what it will cost, from a few real steps, or that it is done.

    Returns kimg between snapshots.
    """
    order, seen = session.order, session.players.seen / 1000
    settings = order.settings
    if session.players.seen >= 1000 * order.kimg:
        print(f"This training is done after {seen:.4g} kimg; --kimg N goes on for longer.")
        return order.kimg
    paces = speed.paces(order.stages, seen, settings, pictures)
    pace, seconds = paces[order.size], speed.expected_seconds(order.stages, seen, paces)
    places = f"{settings.processes} x " if settings.processes > 1 else ""
    print(
        f"{len(pictures):,} pictures of {order.size} pixels"
        f"{f' in {settings.c_dim} classes' if settings.labels else ''}"
        f" on {places}{settings.device}"
        f"{' in bfloat16' if settings.bf16 else ''}: {pace:.3g} s per thousand, so "
        f"{order.kimg - seen:.4g} kimg take about {speed.told(seconds)}; memory so far "
        f"{speed.memory() / 1e9:.1f} GB, state {speed.state_bytes(session.players) / 1e6:.0f} MB."
    )
    print("Ctrl-C finishes the step, saves and writes the model; --resume goes on from there.")
    return snapshot_kimg(pace)


@contextmanager
def bar(kimg: float) -> Iterator[Callable[[Record], None]]:
    """A progress bar that is given records; prints what they warn of above itself."""
    columns = ("{task.completed:.1f} of {task.total:g} kimg", "{task.fields[figures]}")
    parts = [BarColumn(), *map(TextColumn, columns), TimeElapsedColumn(), TimeRemainingColumn()]
    with Progress(*parts, speed_estimate_period=600) as shown:
        task = shown.add_task("", total=kimg, figures="")

        def told(record: Record) -> None:
            figures = " ".join(f"{name} {record[name]:.3g}" for name in _BARS if name in record)
            shown.update(task, completed=record["kimg"], figures=figures)
            for warning in record.get("warnings", ()):
                shown.console.print(f"{record['kimg']:.1f} kimg: {warning}")

        yield told


@contextmanager
def stopping() -> Iterator[Event]:
    """An event that Ctrl-C and SIGTERM set; another one later ends the program at once.

    What comes within a second is the same wish: `timeout` sends each signal twice.
    """
    stop, numbers = Event(), (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    asked: dict[str, float] = {}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def ask(number: int, frame: object) -> None:
        now = time.monotonic()
        first = asked.setdefault("first", now)
        stop.set()
        if now - first > _TWICE:
            restore()
            signal.raise_signal(number)

    for number in numbers:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        restore()
