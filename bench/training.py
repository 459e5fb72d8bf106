"""What a training step costs, in CPU time of one thread: sizes, precision, augmentation.

    python bench/training.py [ROUNDS] [SIZES, such as 32,64]

The small networks of `taxiway train --quality draft`, batch 16; each round takes one step with
the R1 penalty and one without, of every way in turn, and counts the penalty as one step in 16.
"""

import statistics
import sys
import time
from dataclasses import replace

import numpy as np
import torch

from taxiway.backends.torch.device import processor
from taxiway.families.stylegan.training.augment import KINDS
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.stylegan2 import R1_EVERY, Players

PLAIN = Settings(bf16=False)
WAYS = {
    "float32": PLAIN,
    "bfloat16": replace(PLAIN, bf16=True),
    "float32, augmented (sky)": replace(PLAIN, augment=KINDS["sky"]),
    "float32, augmented (full)": replace(PLAIN, augment=KINDS["full"]),
}


def cost(players: Players, pictures: np.ndarray) -> float:
    """CPU seconds for a thousand pictures."""
    times = []
    for seen in (0, players.settings.batch):  # with the penalty, without
        players.seen, players.p = seen, 0.5 if players.settings.augment else 0.0
        start = time.process_time()
        players.step(pictures)
        times.append(time.process_time() - start)
    lazy, plain = times
    return (plain + (lazy - plain) / R1_EVERY) * 1000 / players.settings.batch


def table(size: int, rounds: int) -> None:
    """Print the ways of one size."""
    pictures = np.random.default_rng(0).integers(0, 255, (64, size, size, 3), dtype=np.uint8)
    players = {name: Players(size, settings) for name, settings in WAYS.items()}
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    for number in range(rounds + 1):  # the first warms up
        for name in list(WAYS) if number % 2 else reversed(WAYS):
            times[name].append(cost(players[name], pictures))
    base = times["float32"][1:]
    for name in WAYS:
        found = times[name][1:]
        ratio = statistics.median(b / f for b, f in zip(base, found, strict=True))
        each = statistics.median(found)
        print(f"{size:5} {name:26} {each:8.1f} {1000 / each:10.1f} {ratio:7.2f}")


def main(rounds: int = 3, sizes: str = "32,64,128") -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    cpu = processor()
    print(f"{cpu.name}, bfloat16 by {cpu.bfloat16}; CPU time of 1 thread, medians of {rounds}")
    print(f"{'px':>5} {'':26} {'s/kimg':>8} {'images/s':>10} {'ratio':>7}")
    for size in map(int, sizes.split(",")):
        table(size, rounds)


if __name__ == "__main__":
    main(*(kind(text) for kind, text in zip((int, str), sys.argv[1:], strict=False)))
