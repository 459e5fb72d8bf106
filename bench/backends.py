"""The backends beside each other: one network, the same ws, CPU time of one thread.

    python bench/backends.py [ROUNDS [SIZE...]]

StyleGAN2 of several SIZES with random weights, from ws to uint8 pictures. Ratios are of the same
run, against the plain form (`plain_stylegan2`), which stands for NVIDIA's reference.
"""

import statistics
import sys
import time

import numpy as np
import torch

import plain_stylegan2 as plain
from side_by_side import compare, ratio
from taxiway.backends import Graph
from taxiway.backends.onnxruntime import OnnxRuntimeBackend
from taxiway.backends.openvino import OpenVinoBackend
from taxiway.backends.torch import TorchBackend
from taxiway.checkpoint import Checkpoint
from taxiway.choosing.machine import processor
from taxiway.families.stylegan.networks.generator import Generator, to_uint8
from taxiway.families.stylegan.networks.graphs import graphs_of
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2

BACKENDS = {
    "torch": TorchBackend,
    "openvino": OpenVinoBackend,
    "onnxruntime": OnnxRuntimeBackend,
}
SIZES = {"128": (128, 4096, 128), "256": (256, 8192, 256), "512": (512, 32768, 512)}
"""Pixels, channel_base and most channels."""
TRUNCATION, CONTRAST = 0.7, 0.5
"""How far ws are from their average; how far pixels, -1 to 1, as in photographs."""
ROW = "{:24} {:>9} {:>7}   {}"


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


def show(size: str, batch: int, rounds: int) -> None:
    """Print the table of one size and batch."""
    g, graph = network(size)
    rng = np.random.default_rng(0)
    w = TRUNCATION * rng.standard_normal((batch, 1, g.w_dim), np.float32)
    ws = np.repeat(w, g.num_ws, axis=1)
    ways = {"plain": lambda: to_uint8(plain.synthesis(g, torch.from_numpy(ws))).numpy()}
    for title, backend in BACKENDS.items():
        for precision in backend("cpu").precisions():
            made = backend("cpu").compile(graph, precision, 1)
            ways[f"{title} {precision}"] = lambda n=made: n.run({"ws": ws})["image"]
    wanted = ways["plain"]().astype(int)
    times = compare(ways, rounds, time.process_time)
    print(
        ROW.format(f"{size} px, batch {batch}", "ms/image", "ratio", "levels from the plain form")
    )
    for name, way in ways.items():
        off = np.abs(way() - wanted)
        each = statistics.median(times[name]) / batch
        note = f"mean {off.mean():.2f}, max {off.max()}"
        print(
            ROW.format(name, f"{each:.2f}", f"{ratio(times, 'plain', name):.2f}", note), flush=True
        )


@torch.inference_mode()
def main(rounds: int = 9, *sizes: int) -> None:
    torch.set_num_threads(1)
    print(f"{processor()}; CPU time of 1 thread, {rounds} rounds, medians", flush=True)
    for size in map(str, sizes or (128, 256)):
        show(size, 1, rounds)
        show(size, 8, rounds // 2 + 1)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
