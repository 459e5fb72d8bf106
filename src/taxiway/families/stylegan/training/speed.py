"""What a training will cost on this machine, measured by a few of its own steps."""

import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch

from taxiway.core.errors import TaxiwayError
from taxiway.families.stylegan.training.loop import Stages
from taxiway.families.stylegan.training.painted_pictures import Pictures, reduced
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.stylegan2 import PATH_EVERY, R1_EVERY, Players

_TRIED = 256  # pictures


def seconds_per_kimg(size: int, settings: Settings, pictures: Pictures) -> float:
    """How long a thousand pictures take at one size: a few steps, the first with all penalties.

    One before them is not counted: it sets up what all others use, on a GPU for seconds. Of several
    processes one is timed at its share, without what they tell each other.
    """
    share = settings.batch // settings.processes
    players = Players(size, replace(settings, batch=share, processes=1, hold_kimg=0.0))
    players.p = 0.5 if settings.augment else 0.0
    tried = reduced(pictures[:_TRIED], size)
    players.step(tried)
    players.seen = 0
    lazy, *plain = [
        _seconds(players, tried) for _ in range(1 + PATH_EVERY if settings.path_length else 3)
    ]
    path = plain.pop() if settings.path_length else min(plain)
    step = min(plain) + max(path - min(plain), 0) / PATH_EVERY + max(lazy - path, 0) / R1_EVERY
    return step * 1000 / settings.batch


def _seconds(players: Players, pictures: Pictures) -> float:
    start = time.perf_counter()
    players.step(pictures)  # the losses are read, so a GPU has finished
    return time.perf_counter() - start


def paces(
    stages: Stages, seen_kimg: float, settings: Settings, pictures: Pictures
) -> dict[int, float]:
    """Seconds per kimg at each size that the rest of a schedule has."""
    left = [size for size, end in stages if end > seen_kimg]
    return {size: seconds_per_kimg(size, settings, pictures) for size in left}


def expected_seconds(stages: Stages, seen_kimg: float, paces: Mapping[int, float]) -> float:
    """How long the rest of a schedule takes."""
    total, before = 0.0, seen_kimg
    for size, end in stages:
        if end > before:
            total += (end - before) * paces[size]
            before = end
    return total


def memory() -> float:
    """The most memory that this process has used so far, in bytes; 0 where that is not known."""
    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated())
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def state_bytes(players: Players) -> int:
    """About how large state.pt becomes: weights, the average, and two numbers each for Adam."""
    g, d = (sum(p.numel() for p in network.parameters()) for network in (players.g, players.d))
    return 4 * (4 * g + 3 * d)


def check_disk(folder: Path, players: Players) -> None:
    """Raise TaxiwayError if the disk has no room for three times what is kept."""
    wanted, free = 3 * state_bytes(players) + 50_000_000, shutil.disk_usage(folder).free
    if free < wanted:
        raise TaxiwayError(
            f"The disk of '{folder}' has {free / 1e9:.1f} GB free; "
            f"this training wants {wanted / 1e9:.1f} GB."
        )


def pays_bf16(device: torch.device) -> bool:
    """Whether convolutions in bfloat16 pay here: timed on a CPU, since every other one differs."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    if device.type != "cpu":
        return False
    x, weight = torch.randn(16, 64, 32, 32), torch.randn(64, 64, 3, 3)
    pairs = {"full": (x, weight), "half": (x.bfloat16(), weight.bfloat16())}
    times: dict[str, list[float]] = {name: [] for name in pairs}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for _ in range(8):  # in turn, so that a busy machine is fair to both
            for name, pair in pairs.items():
                times[name].append(_convolving(*pair))
    finally:
        torch.set_num_threads(threads)
    return min(times["half"]) < 0.8 * min(times["full"])


def _convolving(x: torch.Tensor, weight: torch.Tensor) -> float:
    start = time.thread_time()
    torch.nn.functional.conv2d(x, weight, padding=1)
    return time.thread_time() - start


def told(seconds: float) -> str:
    """A length of time in words: "40 s", "12 min", "3 h 20 min"."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
