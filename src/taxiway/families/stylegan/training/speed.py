"""How fast steps are on this machine, and how large the state becomes."""

import time
from dataclasses import replace

import torch

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


def state_bytes(players: Players) -> int:
    """About how large state.pt becomes: weights, the average, and two numbers each for Adam."""
    g, d = (sum(p.numel() for p in network.parameters()) for network in (players.g, players.d))
    return 4 * (4 * g + 3 * d)


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
