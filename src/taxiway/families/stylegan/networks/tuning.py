"""The fastest way to run one generator on one machine, found by running it for about a second."""

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from taxiway.backends.torch.device import keep_freed_memory, processor
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.networks.fast import fast
from taxiway.families.stylegan.networks.generator import Generator

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
WORTH = 1.15
"""How much faster a lower precision must be to be taken: it costs a level here and there."""


@dataclass(frozen=True)
class Tuning:
    """How a generator runs, and what was measured to decide it.

    `milliseconds` are for one image of one call, by (precision, threads).
    """

    device: str
    precision: str
    threads: int
    milliseconds: dict[tuple[str, int], float]


def tune(
    generator: Generator, device: torch.device, precision: str = "auto", seconds: float = 1.0
) -> tuple[Generator, Tuning]:
    """The fast form of `generator` that is fastest on `device`, in one precision or in the best.

    Sets this process's number of threads and has it keep freed memory. Trying stops after about
    `seconds`, likely candidates first; at least one image is made. Raises InvalidArgument for a
    precision that is none of auto, float32, bfloat16, float16.
    """
    names = candidates(device, precision)
    keep_freed_memory()
    most = torch.get_num_threads()
    forms = {names[0]: fast(generator, PRECISIONS[names[0]], device)}
    milliseconds: dict[tuple[str, int], float] = {}
    deadline = time.monotonic() + seconds

    def measure(name: str, threads: int) -> None:
        if milliseconds and time.monotonic() > deadline:
            return
        if name not in forms:
            forms[name] = fast(generator, PRECISIONS[name], device)
        torch.set_num_threads(threads)
        milliseconds[name, threads] = time_image(forms[name], seconds / 8)

    for threads in thread_counts(device, most):
        measure(names[0], threads)
    for name in names[1:]:
        measure(name, pick(milliseconds)[1])
    best = pick(milliseconds)
    torch.set_num_threads(best[1])
    return forms[best[0]], Tuning(device.type, *best, milliseconds)


def candidates(device: torch.device, precision: str) -> list[str]:
    """The precisions to try, the likely winner first; float32 last, and always there for auto."""
    if precision != "auto":
        if precision not in PRECISIONS:
            known = ", ".join(PRECISIONS)
            raise InvalidArgument(f"'precision' takes auto, {known}, got {precision}.", "precision")
        return [precision]
    if device.type != "cpu":
        return ["float16", "float32"]
    return ["bfloat16", "float32"] if processor().bfloat16 else ["float32"]


def thread_counts(device: torch.device, most: int) -> list[int]:
    """How many threads to try: one, as they hinder each other on a busy machine; all; between."""
    if device.type != "cpu":
        return [most]
    powers = [1 << shift for shift in range(1, most.bit_length())]
    return list(dict.fromkeys([1, most, *powers]))


def pick(milliseconds: dict[tuple[str, int], float]) -> tuple[str, int]:
    """The fastest setting, where a lower precision has to be worth it."""
    penalty = {"float32": 1.0}
    return min(milliseconds, key=lambda key: milliseconds[key] * penalty.get(key[0], WORTH))


@torch.inference_mode()
def time_image(generator: Generator, seconds: float) -> float:
    """The least time that one image took, in milliseconds, over about `seconds`, at least once."""
    ws = generator.w_avg.expand(1, generator.num_ws, -1)
    deadline = time.perf_counter() + seconds
    least = float("inf")
    while least == float("inf") or time.perf_counter() < deadline:
        start = time.perf_counter()
        synthesize(generator, ws)
        least = min(least, time.perf_counter() - start)
    return least * 1000


def synthesize(generator: Generator, ws: Tensor) -> None:
    """Make an image and wait until it is there: an accelerator works on its own time."""
    generator.synthesis(ws).sum().item()
