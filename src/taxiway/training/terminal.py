"""A training in a terminal: what it will cost, a bar with what goes wrong, and Ctrl-C."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from taxiway import console
from taxiway.core.errors import TaxiwayError
from taxiway.core.faults import blamed
from taxiway.training import cost
from taxiway.training.config import TrainingConfig
from taxiway.training.given import described, made
from taxiway.training.loop import Schedule, begin, enough_room, train
from taxiway.training.metrics_log import Record
from taxiway.training.session import Session
from taxiway.training.trainer import Asked, Recipe, Stop, Trainer

_TWICE = 1.0  # seconds


def work(recipe: Recipe, config: TrainingConfig[Any], folder: Path, data: Any) -> None:
    """Train as asked until that is done or Ctrl-C is pressed, in as many processes as asked.

    Of several each reads its examples from the config's dataset.
    """
    count = recipe.processes(config)
    lower_priority()
    with stopping() as stop:
        if count > 1:
            from taxiway.training.distributed import together

            together(partial(share, recipe, config, folder), count, recipe.device(config), stop)
        else:
            with recipe.limits(config):
                lead(made(recipe, config, data), config, folder, stop)


def lead(trainer: Trainer, config: TrainingConfig[Any], folder: Path, stop: Stop) -> Session:
    """Train, tell how it goes, and return what is left."""
    with enough_room(folder):
        session = Session(trainer, config, folder)
        every = announced(session)
        names = trainer.bar or trainer.measures
        with bar(trainer.seen / 1000, config.kimg, names) as session.report:
            session.run(stop, every)
    print(f"{trainer.seen / 1000:.1f} kimg seen. {what_plays(folder / 'model.safetensors')}")
    return session


def what_plays(model: Path) -> str:
    """How a model is played, or that no family here opens it."""
    from taxiway.catalog import families

    try:
        families.opener(str(model))
    except TaxiwayError:
        return f"The model is {model}; no model family that is here opens it."
    return f"Play it: taxiway run {model}"


def share(
    recipe: Recipe, config: TrainingConfig[Any], folder: Path, group: Any, stop: Stop
) -> None:
    """The part of one process of several; `group` is a `distributed.Group`."""
    with blamed(recipe, "The training"), recipe.limits(config):
        data = recipe.read(Asked(Path(config.dataset)), config)
        trainer = made(recipe, config, data, group)
        if group.is_first:
            lead(trainer, config, folder, stop)
        else:
            begin(trainer, folder, config.stages)
            train(trainer, folder, Schedule(config.stages), stop, None)


def lower_priority() -> None:
    """Let a model that is being played go first."""
    if hasattr(os, "nice"):
        os.nice(10)


def announced(session: Session) -> float:
    """Say what it will cost, from a few real steps, or that it is done.

    Returns kimg between snapshots.
    """
    config, trainer = session.config, session.trainer
    seen = trainer.seen / 1000
    if trainer.seen >= 1000 * config.kimg:
        print(f"This training is done after {seen:.4g} kimg; --kimg N goes on for longer.")
        return config.kimg
    paces, left = cost.paces(trainer, config.stages, seen), f"{config.kimg - seen:.4g} kimg"
    pace, costs = paces.get(config.size), left
    if pace is not None:
        seconds = cost.expected_seconds(config.stages, seen, paces)
        costs = f"{pace:.3g} s per thousand, so {left} take about {cost.written(seconds)}"
    print(
        f"{described(trainer).data}: {costs}; memory so far {cost.memory() / 1e9:.1f} GB, "
        f"state {trainer.state_bytes() / 1e6:.0f} MB."
    )
    print("Ctrl-C finishes the step, saves and writes the model; --resume goes on from there.")
    return config.kimg / 10 if pace is None else cost.snapshot_kimg(pace)


@contextmanager
def bar(seen: float, kimg: float, names: Sequence[str]) -> Iterator[Callable[[Record], None]]:
    """A progress bar that is given records; prints what they warn of above itself.

    `seen` are the kimg that it begins with.
    """
    # Not by `total`, which tqdm forgets once more than that is seen.
    count = f"{{n:.1f}} of {kimg:g} kimg{{postfix}}, {{elapsed}}, left"
    with console.bar("", kimg, count, initial=seen, smoothing=0.01) as shown:

        def report(record: Record) -> None:
            figures = " ".join(f"{name} {record[name]:.3g}" for name in names if name in record)
            shown.set_postfix_str(figures, refresh=False)
            shown.update(record["kimg"] - shown.n)
            for warning in record.get("warnings", ()):
                shown.write(f"{record['kimg']:.1f} kimg: {warning}")

        yield report


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
