"""Make the model `rainbow` again: paint its data, train, write weights and figures.

    python scripts/train_rainbow.py --out runs/rainbow [--resume] [--kimg 200]

Ctrl-C stops after the step in hand and saves; --resume goes on exactly there.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import numpy as np
import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from taxiway.core.errors import TaxiwayError
from taxiway.core.files import write_whole
from taxiway.training.export import write_model
from taxiway.training.loop import Report, Schedule, train
from taxiway.training.pictures import TRAINING, Pictures, curated, twin_threshold
from taxiway.training.rainbow import figures
from taxiway.training.samples import save_sheet
from taxiway.training.stylegan2 import Settings

SMALL_KIMG = 17.4
"""How long the network is trained at half size before its last block comes in."""


def main() -> int:
    options = arguments()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        run(options)
    except TaxiwayError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="the folder for everything made")
    parser.add_argument("--resume", action="store_true", help="continue what is in that folder")
    parser.add_argument("--kimg", type=float, default=200, help="thousands of pictures to show")
    parser.add_argument("--pictures", type=int, default=18_000, help="how many to paint")
    parser.add_argument("--size", type=int, default=64, help="pixels of the finished model")
    parser.add_argument("--threads", type=int, choices=(1, 2, 4), default=default_threads())
    return parser.parse_args()


def default_threads() -> int:
    cores = os.cpu_count() or 1
    return max(count for count in (1, 2, 4) if count <= cores)


def run(options: argparse.Namespace) -> None:
    out: Path = options.out
    if (out / "state.pt").exists() and not options.resume:
        raise TaxiwayError(f"'{out}' holds a training; add --resume or take another folder.")
    out.mkdir(parents=True, exist_ok=True)
    pictures = data(out, options.pictures, options.size)
    settings = Settings(threads=options.threads, bf16=has_bf16())
    schedule = Schedule(((options.size // 2, SMALL_KIMG), (options.size, options.kimg)))
    with progress(options.kimg) as (report, stop):
        players = train(pictures, out, settings, schedule, stop, report)
    write_model(out / "rainbow.safetensors", players.average, players.seen)
    save_sheet(out / "rainbow.png", players.average)
    text = json.dumps(figures(players.average), indent=2)
    write_whole(out / "figures.json", text.encode())
    print(text)


def data(out: Path, count: int, size: int) -> Pictures:
    """Painted and curated once, then kept in the folder."""
    path = out / "pictures.npy"
    if not path.exists():
        print(f"Painting {count} landscapes and keeping those with a plain bow.")
        np.save(path, curated(TRAINING, count, size, twin_threshold(size)))
    pictures: Pictures = np.load(path)
    return pictures


@contextmanager
def progress(kimg: float) -> Iterator[tuple[Report, Event]]:
    """A progress bar with the time left, and an event that Ctrl-C and SIGTERM set."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    columns = ("{task.completed:.1f} of {task.total:g} kimg", "{task.fields[losses]}")
    bars = [BarColumn(), *map(TextColumn, columns), TimeElapsedColumn(), TimeRemainingColumn()]
    with Progress(*bars, speed_estimate_period=300) as shown:
        task = shown.add_task("", total=kimg, losses="")

        def report(seen: float, losses: dict[str, float]) -> None:
            text = " ".join(f"{name} {value:.2f}" for name, value in losses.items())
            shown.update(task, completed=seen, losses=text)

        yield report, stop


def has_bf16() -> bool:
    """Whether convolutions in bfloat16 pay here: timed, since every other CPU differs."""
    x, weight = torch.randn(16, 64, 32, 32), torch.randn(64, 64, 3, 3)
    return _seconds(x.bfloat16(), weight.bfloat16()) < 0.8 * _seconds(x, weight)


def _seconds(x: torch.Tensor, weight: torch.Tensor) -> float:
    times = []
    for _ in range(4):
        start = time.process_time()
        torch.nn.functional.conv2d(x, weight, padding=1)
        times.append(time.process_time() - start)
    return min(times)


if __name__ == "__main__":
    sys.exit(main())
