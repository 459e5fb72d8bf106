"""The backends beside each other: one network, the same ws, CPU time of one thread.

    python bench/backends.py [ROUNDS [SIZE...]]

StyleGAN2 of several SIZES with random weights and `rainbow`, from ws to uint8 pictures. Ratios are
of the same run, against the plain form (`plain_stylegan2`), which stands for NVIDIA's reference;
`ceiling` is the share of what a large convolution reaches here in that precision (of rainbow, only
the multiplications before its upscaler are counted).
"""

import re
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

import plain_stylegan2 as plain
from side_by_side import compare, ratio
from taxiway.backends import Graph
from taxiway.backends.onnxruntime import OnnxRuntimeBackend
from taxiway.backends.openvino import OpenVinoBackend
from taxiway.backends.torch import TorchBackend
from taxiway.catalog import catalog
from taxiway.checkpoint import Checkpoint, read_checkpoint
from taxiway.choosing.machine import processor
from taxiway.families.stylegan.networks.generator import Generator, to_uint8
from taxiway.families.stylegan.networks.graphs import graphs_of
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2

BACKENDS = {
    "torch": TorchBackend,
    "openvino": OpenVinoBackend,
    "onnxruntime": OnnxRuntimeBackend,
}
SIZES = {
    "64": (64, 1024, 32),
    "128": (128, 4096, 128),
    "256": (256, 8192, 256),
    "512": (512, 32768, 512),
    "1024": (1024, 32768, 512),
}
"""Pixels, channel_base and most channels."""
TRUNCATION, CONTRAST = 0.7, 0.5
"""How far ws are from their average; how far pixels, -1 to 1, as in photographs."""
ROW = "{:24} {:>9} {:>7} {:>8}   {}"
Way = Callable[[], npt.NDArray[np.uint8]]


def network(size: str) -> tuple[Generator, Graph]:
    """A generator with noise, biases and contrast as of a trained one, and its synthesis."""
    torch.manual_seed(0)
    g = new_stylegan2(*SIZES[size], mapping_layers=2, conv_clamp=256.0)
    for name, parameter in g.requires_grad_(False).named_parameters():
        if name.endswith("noise_strength"):
            parameter.fill_(0.1)
        if name.startswith("synthesis") and name.endswith(("conv0.bias", "conv1.bias")):
            parameter.normal_(std=0.1)
    ws = torch.randn(4, 1, g.w_dim).repeat(1, g.num_ws, 1) * TRUNCATION
    contrast = CONTRAST / plain.synthesis(g, ws).std()
    for name, parameter in g.named_parameters():
        if name.endswith("torgb.weight"):
            parameter.mul_(contrast)
    tensors = {name: tensor.numpy() for name, tensor in g.state_dict().items()}
    return g, graphs_of(Checkpoint("stylegan2", g.config, tensors, {}), g)[0]


def rainbow() -> tuple[Graph, npt.NDArray[np.float32]]:
    """The model that Taxiway brings, and a picture's ws."""
    checkpoint = catalog.spec(catalog.choose("rainbow")).options["checkpoint"]
    graph, _ = graphs_of(read_checkpoint(checkpoint))
    assert graph.trial is not None
    return graph, graph.trial["ws"][:1]


def ceilings() -> dict[str, float]:
    """The most that a large convolution reached on one thread, 10^9 multiplications and additions
    a second, by precision."""
    most = {}
    for precision in ("float32", "bfloat16"):
        dtype = getattr(torch, precision)
        x, weight = (
            torch.randn(shape).to(dtype).contiguous(memory_format=torch.channels_last)
            for shape in ((1, 256, 64, 64), (256, 256, 3, 3))
        )
        least = min(timed(lambda x=x, w=weight: F.conv2d(x, w, padding=1)) for _ in range(9))
        most[precision] = 2 * weight.numel() * 64 * 64 / least / 1e9
    return most


def timed(call: Callable[[], object]) -> float:
    """Seconds of CPU."""
    began = time.process_time()
    call()
    return time.process_time() - began


def work(graph: Graph) -> float:
    """Multiplications and additions of a picture's convolutions, 10^9."""
    total = 0
    for name, weight in graph.tensors.items():
        if found := re.fullmatch(r"b(\d+)\.(conv0|conv1|torgb)\.weight", name):
            side = int(found[1]) // (2 if found[2] == "conv0" else 1)
            total += 2 * weight.size * side * side
    return total / 1e9


def show(size: str, batch: int, rounds: int, most: dict[str, float]) -> None:
    """Print the table of one size and batch."""
    g, graph = network(size)
    w = TRUNCATION * np.random.default_rng(0).standard_normal((batch, 1, g.w_dim), np.float32)
    ws = np.repeat(w, g.num_ws, axis=1)
    ways = {"plain float32": lambda: to_uint8(plain.synthesis(g, torch.from_numpy(ws))).numpy()}
    print_table(f"{size} px, batch {batch}", ways | compiled(graph, ws), batch, rounds, most, graph)


def compiled(graph: Graph, ws: npt.NDArray[np.float32], threads: int = 1) -> dict[str, Way]:
    """A call of each backend in each of its precisions."""
    ways = {}
    for title, backend in BACKENDS.items():
        for precision in backend("cpu").precisions():
            made = backend("cpu").compile(graph, precision, threads)
            ways[f"{title} {precision}"] = lambda n=made: n.run({"ws": ws, "noise_mode": "const"})[
                "image"
            ]
    return ways


def print_table(
    title: str,
    ways: dict[str, Way],
    batch: int,
    rounds: int,
    most: dict[str, float],
    graph: Graph,
    clock: Callable[[], float] = time.process_time,
) -> None:
    """The ways beside each other, against the first."""
    base = next(iter(ways))
    wanted = ways[base]().astype(int)
    times = compare(ways, rounds, clock)
    print(ROW.format(title, "ms/image", "ratio", "ceiling", f"levels off {base}"))
    for name, way in ways.items():
        off = np.abs(way() - wanted)
        each = statistics.median(times[name]) / batch
        share = work(graph) / each * 1000 / most[name.split()[1]]
        said = f"mean {off.mean():.2f}, most {off.max()}"
        figures = f"{each:.2f}", f"{ratio(times, base, name):.2f}", f"{share:.0%}"
        print(ROW.format(name, *figures, said), flush=True)


@torch.inference_mode()
def main(rounds: int = 9, *sizes: int) -> None:
    torch.set_num_threads(1)
    most = ceilings()
    print(
        f"{processor()}; CPU time of 1 thread, {rounds} rounds, medians; convolutions reach", most
    )
    for size in map(str, sizes or (128, 256, 512)):
        few = max(rounds // (16 if size == "512" else 1), 2)
        show(size, 1, few, most)
        if size != "512":
            show(size, 8, rounds // 3 + 1, most)
    graph, ws = rainbow()
    ways = compiled(graph, ws)
    ways = {"onnxruntime float32": ways.pop("onnxruntime float32"), **ways}
    print_table("rainbow", ways, 1, rounds, most, graph)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
