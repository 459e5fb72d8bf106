"""`taxiway train`: a model from a dataset."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

from taxiway.commands import DEVICES

HELP = "train a model on a prepared dataset"
ASKED = {
    "title": "What is the model called?",
    "licence": "Under which licence may it be used?",
    "data": "What do the pictures show, and whose are they?",
}
"""What a card says and only its maker knows."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", type=Path, help="what `taxiway dataset prepare` wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--from", dest="start", metavar="CHECKPOINT",
                        help="start from a model: its name, file or training folder")  # fmt: skip
    parser.add_argument("--resume", action="store_true", help="go on where DIR stopped")
    parser.add_argument("--kimg", type=positive, metavar="N", help="thousands of pictures to show")
    parser.add_argument("--resolution", type=int, metavar="N", help="pixels: the dataset's")
    parser.add_argument("--quality", default="draft", choices=("draft", "good"))
    parser.add_argument("--augment", default="auto", choices=("auto", "none", "sky", "full"))
    parser.add_argument("--batch", type=int, default=16, metavar="N")
    parser.add_argument("--gamma", type=positive, metavar="X",
                        help="weight of the R1 penalty in multiples of the usual: 2")  # fmt: skip
    parser.add_argument("--path-length", type=positive, default=0.0, metavar="X",
                        help="weight of path length regularisation: none; usually 2")  # fmt: skip
    parser.add_argument("--freeze", type=int, default=0, metavar="N",
                        help="blocks of the discriminator that learn nothing")  # fmt: skip
    parser.add_argument("--device", default="auto", choices=DEVICES)
    parser.add_argument("--threads", type=int, metavar="N")
    parser.add_argument("--direct", action="store_true", help="at full size from the start")
    for name, question in ASKED.items():
        parser.add_argument(f"--{name}", metavar="TEXT", help=question)


def positive(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"a number above 0 is needed, got {text!r}")
    return value


def run(parsed: argparse.Namespace) -> None:
    from taxiway.training.folder import working
    from taxiway.training.session import free_folder

    folder = free_folder(parsed.out, parsed.resume)
    with working(folder):
        train(parsed, folder)


def train(parsed: argparse.Namespace, folder: Path) -> None:
    """Train in a folder that is ours."""
    import torch

    from taxiway.training.dataset.packed import read_dataset
    from taxiway.training.order import read_order
    from taxiway.training.session import Session, fitted

    known = read_order(folder) if parsed.resume else None
    pictures = fitted(read_dataset(parsed.dataset), known.size if known else parsed.resolution)
    order = (
        changed_order(known, parsed.kimg, parsed.gamma) if known else new_order(parsed, pictures)
    )
    lower_priority()
    torch.set_num_threads(1)  # a batch is split over threads by the trainer itself
    torch.set_flush_denormal(True)
    session = Session(order, folder, pictures)
    with stopping() as stop:
        every = announced(session, pictures)
        with bar(order.kimg) as session.told:
            players = session.run(stop, every)
    print(f"{players.seen / 1000:.1f} kimg seen. Play it: taxiway run {folder}/model.safetensors")


def lower_priority() -> None:
    """Let a model that is being played go first."""
    import os

    if hasattr(os, "nice"):
        os.nice(10)


def new_order(parsed: argparse.Namespace, pictures: Any) -> Any:
    """What the command line asks for."""
    from taxiway.networks.device import pick_device
    from taxiway.training import order
    from taxiway.training.transfer import Start

    size, device = pictures.shape[1], pick_device(parsed.device)
    settings = order.new_settings(
        parsed.quality, parsed.batch, parsed.gamma or 2.0, parsed.freeze, device, parsed.threads
    )
    settings = replace(settings, path_length=parsed.path_length)
    kimg = parsed.kimg or (order.FROM_ANOTHER if parsed.start else order.FROM_NOTHING)
    settings = order.averaged(order.augmented(settings, parsed.augment, pictures), kimg)
    stages = order.grown_stages(size, kimg, first=size if parsed.direct else order.SMALLEST)
    begun = ""
    if parsed.start:
        begun = str(start_path(parsed.start))
        start = Start(Path(begun))
        settings, stages = start.settings(size, settings), order.stages_from(start, size, kimg)
    order.check_freeze(settings, stages)
    about = order.About(**{name: answer(parsed, name) for name in ASKED})
    return order.Order(str(parsed.dataset), stages, settings, begun, about)


def changed_order(known: Any, kimg: float | None, gamma: float | None) -> Any:
    """The order of a training that goes on, perhaps for longer or with another gamma."""
    from taxiway.training.session import longer

    settings = replace(known.settings, gamma=gamma or known.settings.gamma)
    return replace(known, stages=longer(known.stages, kimg), settings=settings)


def start_path(name: str) -> Path:
    """The file, or the training's folder, of a model to start from."""
    from taxiway.core.errors import InvalidArgument
    from taxiway.library import catalog

    if Path(name).is_dir():
        return Path(name)
    options = catalog.spec(catalog.choose(name)).options
    if "checkpoint" not in options:
        raise InvalidArgument(f"'{name}' has no checkpoint to start from.")
    return Path(options["checkpoint"])


def answer(parsed: argparse.Namespace, name: str) -> str:
    """What the card says: from the command line, or asked for where somebody can answer."""
    import sys

    given = getattr(parsed, name)
    if given is None and sys.stdin.isatty():
        given = input(f"{ASKED[name]} (empty: not stated) ")
    return (given or "").strip()


def announced(session: Any, pictures: Any) -> float:
    """Say what it will cost, from a few real steps; returns kimg between snapshots."""
    from taxiway.training import speed
    from taxiway.training.session import snapshot_kimg

    order, seen = session.order, session.players.seen / 1000
    pace = speed.seconds_per_kimg(order.size, order.settings, pictures)
    seconds = speed.expected_seconds(order.stages, seen, order.settings, pictures)
    print(
        f"{len(pictures):,} pictures of {order.size} pixels on {order.settings.device}"
        f"{' in bfloat16' if order.settings.bf16 else ''}: {pace:.3g} s per thousand, so "
        f"{order.kimg - seen:.4g} kimg take about {speed.told(seconds)}; memory so far "
        f"{speed.memory() / 1e9:.1f} GB, state {speed.state_bytes(session.players) / 1e6:.0f} MB."
    )
    print("Ctrl-C finishes the step, saves and writes the model; --resume goes on from there.")
    return snapshot_kimg(pace)


@contextmanager
def bar(kimg: float) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A progress bar that is given records; prints what they warn of above itself."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = ("{task.completed:.1f} of {task.total:g} kimg", "{task.fields[figures]}")
    parts = [BarColumn(), *map(TextColumn, columns), TimeElapsedColumn(), Remaining()]
    with Progress(*parts, speed_estimate_period=600) as shown:
        task = shown.add_task("", total=kimg, figures="")

        def told(record: dict[str, Any]) -> None:
            names = [name for name in ("d", "g", "p", "kid", "variety") if name in record]
            figures = " ".join(f"{name} {record[name]:.3g}" for name in names)
            shown.update(task, completed=record["kimg"], figures=figures)
            for warning in record.get("warnings", ()):
                shown.console.print(f"{record['kimg']:.1f} kimg: {warning}")

        yield told


@contextmanager
def stopping() -> Iterator[Event]:
    """An event that Ctrl-C and SIGTERM set; the second one ends the program at once."""
    import signal

    stop, numbers = Event(), (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def ask(number: int, frame: object) -> None:
        stop.set()
        restore()

    for number in numbers:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        restore()
