"""Networks on a GPU: launched from Python, recorded, and copied beside the computing; clock time.

    python bench/gpu.py [DEVICE [ROUNDS [SIZE...]]]

StyleGAN2 of several SIZES with random weights, from ws to uint8 pictures in the computer's own
memory, one picture and eight at once, some calls in turn. Ratios are of the same run, against the
plain form in float32 (`plain_stylegan2`); `ceiling` is the share of what a large convolution
reaches on that GPU in that precision. With "cpu" only what is launched is measured, to try it.
"""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
import torch.nn.functional as F

import plain_stylegan2 as plain
from backends import TRUNCATION, Way, network, print_table
from taxiway.backends import Network
from taxiway.backends.torch.network import TorchNetwork
from taxiway.backends.torch.recorded import SETS, GpuQueues, RecordedNetwork
from taxiway.families.stylegan.networks.generator import to_uint8

GPU_SIZES = ("256", "512", "1024")
CALLS = 16
"""In a row, as of frames."""


def ceilings(device: torch.device) -> dict[str, float]:
    """The most that a large convolution reached, 10^9 multiplications and additions a second."""
    most = {}
    for precision in ("float32", "float16"):
        x, weight = (
            torch.randn(shape, device=device, dtype=getattr(torch, precision)).contiguous(
                memory_format=torch.channels_last
            )
            for shape in ((8, 512, 64, 64), (512, 512, 3, 3))
        )
        least = min(timed(lambda x=x, w=weight: F.conv2d(x, w, padding=1), device) for _ in "12345")
        most[precision] = 2 * weight.numel() * 8 * 64 * 64 / least / 1e9
    return most


def timed(call: Callable[[], object], device: torch.device, times: int = 4) -> float:
    """Seconds until one of several calls is done."""
    began = time.perf_counter()
    for _ in range(times):
        call()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return (time.perf_counter() - began) / times


def show(size: str, batch: int, rounds: int, device: torch.device, most: dict[str, float]) -> None:
    """Print the table of one size and batch."""
    g, graph = network(size)
    w = TRUNCATION * np.random.default_rng(0).standard_normal((batch, 1, g.w_dim), np.float32)
    ws = np.repeat(w, g.num_ws, axis=1)
    ways: dict[str, Way] = {}
    assert graph.torch is not None
    for precision in ("float32", "float16"):
        call = graph.torch(getattr(torch, precision), device)
        ways[f"launched {precision}"] = in_turn(TorchNetwork(call, device), ws)
        if device.type == "cuda":
            recorded = RecordedNetwork(call, device, GpuQueues(device))
            ways[f"recorded {precision}"] = in_turn(recorded, ws)
            ways[f"beside {precision}"] = at_once(recorded, ws)
    g.to(device)

    def plainly() -> np.ndarray:
        for _ in range(CALLS):
            found = to_uint8(plain.synthesis(g, torch.from_numpy(ws).to(device))).cpu().numpy()
        return found

    title, count = f"{size} px, batch {batch}", batch * CALLS
    first: dict[str, Way] = {"plain float32": plainly}
    print_table(title, first | ways, count, rounds, most, graph, time.perf_counter)


def in_turn(made: Network, ws: np.ndarray) -> Way:
    """One call after the other, as a live session asks."""
    return lambda: [made.run({"ws": ws, "noise_mode": "const"})["image"] for _ in range(CALLS)][-1]


def at_once(made: Network, ws: np.ndarray) -> Way:
    """As many calls by two threads."""

    def asked(number: int) -> np.ndarray:
        with torch.inference_mode():  # a thread's own
            return made.run({"ws": ws, "noise_mode": "const"})["image"]

    pool = ThreadPoolExecutor(SETS)
    return lambda: list(pool.map(asked, range(CALLS)))[-1]


@torch.inference_mode()
def main(device: str = "cuda", rounds: str = "5", *sizes: str) -> None:
    there = torch.device(device)
    if there.type == "cuda" and not torch.cuda.is_available():
        sys.exit("PyTorch finds no GPU here.")
    most = ceilings(there)
    print(f"{there}, {rounds} rounds of {CALLS} calls, medians; convolutions reach", most)
    for size in sizes or GPU_SIZES:
        for batch in (1, 8):
            show(size, batch, int(rounds), there, most)


if __name__ == "__main__":
    main(*sys.argv[1:])
