"""Networks on a GPU: launched from Python, recorded, and copied beside the computing; clock time.

    python bench/gpu.py [DEVICE [ROUNDS [SIZE...]]]

StyleGAN2 of several SIZES with random weights, from ws to uint8 pictures in the computer's own
memory, one picture and eight at once, some calls in turn. Ratios are of the same run, against the
plain form in float32 (`plain_stylegan2`), without TF32; `ceiling` is the share of what a large
convolution reaches on that GPU in that precision. What the GPU has no memory for is left out. With
"cpu" only what is launched is measured, with few calls, to try it: `gpu.py cpu 1 64`.
"""

import gc
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
import torch.nn.functional as F

import plain_stylegan2 as plain
from backends import SIZES, TRUNCATION, Way, network, print_table
from taxiway.backends import Network, NoMemory
from taxiway.backends.torch.device import keep_digits, pick_device
from taxiway.backends.torch.network import TorchNetwork
from taxiway.backends.torch.recorded import SETS, GpuQueues, RecordedNetwork, give_back
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.networks.generator import to_uint8

GPU_SIZES = ("256", "512", "1024")
CALLS = 16
"""In a row, as of frames."""
LARGE = {"cuda": (8, 512), "mps": (4, 512)}
"""Samples and channels of a large convolution; others have fewer, so that they are soon done."""


def ceilings(device: torch.device) -> dict[str, float]:
    """The most that a large convolution reached, 10^9 multiplications and additions a second."""
    most, (samples, channels) = {}, LARGE.get(device.type, (1, 64))
    for precision in ("float32", "float16"):
        x, weight = (
            torch.randn(shape, device=device, dtype=getattr(torch, precision)).contiguous(
                memory_format=torch.channels_last
            )
            for shape in ((samples, channels, 64, 64), (channels, channels, 3, 3))
        )
        least = min(timed(lambda x=x, w=weight: F.conv2d(x, w, padding=1), device) for _ in "12345")
        most[precision] = 2 * weight.numel() * samples * 64 * 64 / least / 1e9
    return most


def timed(call: Callable[[], object], device: torch.device, times: int = 4) -> float:
    """Seconds until one of several calls is done."""
    began = time.perf_counter()
    for _ in range(times):
        call()
    if device.type != "cpu":
        torch.accelerator.synchronize(device)
    return (time.perf_counter() - began) / times


def show(size: str, batch: int, rounds: int, device: torch.device, most: dict[str, float]) -> None:
    """Print the table of one size and batch."""
    g, graph = network(size)
    w = TRUNCATION * np.random.default_rng(0).standard_normal((batch, 1, g.w_dim), np.float32)
    ws = np.repeat(w, g.num_ws, axis=1)
    calls = CALLS if device.type != "cpu" else 2
    ways: dict[str, Way] = {}
    assert graph.torch is not None
    for precision in ("float32", "float16"):
        call = graph.torch(getattr(torch, precision), device)
        ways[f"launched {precision}"] = in_turn(TorchNetwork(call, device), ws, calls)
        if device.type == "cuda":
            recorded = RecordedNetwork(call, device, GpuQueues(device))
            ways[f"recorded {precision}"] = in_turn(recorded, ws, calls)
            ways[f"beside {precision}"] = at_once(recorded, ws, calls)
    g.to(device)

    def plainly() -> np.ndarray:
        for _ in range(calls):
            found = to_uint8(plain.synthesis(g, torch.from_numpy(ws).to(device))).cpu().numpy()
        return found

    title, first = f"{size} px, batch {batch}", {"plain float32": plainly}
    ways = fitting(first | ways, title)
    if first.keys() <= ways.keys():
        print_table(title, ways, batch * calls, rounds, most, graph, time.perf_counter)


def fitting(ways: dict[str, Way], title: str) -> dict[str, Way]:
    """Those that there is memory for; each is called twice, after which it may be recorded."""
    fit = {}
    for name, way in ways.items():
        try:
            way(), way()
            fit[name] = way
        except (NoMemory, torch.OutOfMemoryError):
            print(f"{title}: too little memory for '{name}'")
    return fit


def in_turn(made: Network, ws: np.ndarray, calls: int) -> Way:
    """One call after the other, as a live session asks."""
    return lambda: [made.run({"ws": ws, "noise_mode": "const"})["image"] for _ in range(calls)][-1]


def at_once(made: Network, ws: np.ndarray, calls: int) -> Way:
    """As many calls by two threads."""

    def asked(number: int) -> np.ndarray:
        with torch.inference_mode():  # a thread's own
            return made.run({"ws": ws, "noise_mode": "const"})["image"]

    pool = ThreadPoolExecutor(SETS)
    return lambda: list(pool.map(asked, range(calls)))[-1]


@torch.inference_mode()
def main(device: str = "cuda", rounds: str = "5", *sizes: str) -> None:
    if strange := [size for size in sizes if size not in SIZES]:
        sys.exit(f"There is no size {', '.join(strange)}; there are {', '.join(SIZES)}.")
    try:
        there = pick_device(device)
    except InvalidArgument as error:
        sys.exit(str(error))
    keep_digits()
    if there.type == "cpu":
        torch.set_num_threads(1)
    most = ceilings(there)
    reached = ", ".join(f"{rate:.0f} in {precision}" for precision, rate in most.items())
    print(f"{there}, {rounds} rounds, medians; convolutions reach (10^9 a second) {reached}")
    for size in sizes or GPU_SIZES:
        for batch in (1, 8):
            show(size, batch, int(rounds), there, most)
            if there.type == "cuda":
                gc.collect()  # what knows itself, as layers do
                give_back()


if __name__ == "__main__":
    main(*sys.argv[1:])
