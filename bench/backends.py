"""The backends beside each other: one network, the same ws, CPU time of one thread.

    python bench/backends.py [ROUNDS]

A 128 px StyleGAN2 of channel_base 4096 with at most 128 channels and random weights, from ws to
uint8 pictures. Ratios are of the same run, against PyTorch in float32.
"""

import statistics
import sys
import time

import numpy as np
import torch

from side_by_side import compare, ratio
from taxiway.backends import Graph
from taxiway.backends.onnxruntime import OnnxRuntimeBackend
from taxiway.backends.openvino import OpenVinoBackend
from taxiway.backends.torch import TorchBackend
from taxiway.checkpoint import Checkpoint
from taxiway.families.stylegan.networks.graphs import graphs_of
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2

BACKENDS = {
    "torch": TorchBackend,
    "openvino": OpenVinoBackend,
    "onnxruntime": OnnxRuntimeBackend,
}
ROW = "{:24} {:>9} {:>7}   {}"


def light128() -> Graph:
    """The synthesis, with noise and biases that matter as in a trained one."""
    torch.manual_seed(0)
    g = new_stylegan2(128, 4096, 128, mapping_layers=2, conv_clamp=256.0)
    for name, parameter in g.requires_grad_(False).named_parameters():
        if name.endswith("noise_strength"):
            parameter.fill_(0.1)
        if name.startswith("synthesis") and name.endswith(("conv0.bias", "conv1.bias")):
            parameter.normal_(std=0.1)
    tensors = {name: tensor.numpy() for name, tensor in g.state_dict().items()}
    return graphs_of(Checkpoint("stylegan2", g.config, tensors, {}), g)[0]


def show(graph: Graph, batch: int, rounds: int) -> None:
    """Print the table of one batch size."""
    rng = np.random.default_rng(0)
    w = 0.7 * rng.standard_normal((batch, 1, graph.config["w_dim"]), np.float32)
    inputs = {"ws": np.repeat(w, graph.config["num_ws"], axis=1), "noise_mode": "const"}
    ways, networks = {}, {}
    for title, backend in BACKENDS.items():
        for precision in backend("cpu").precisions():
            network = networks[f"{title} {precision}"] = backend("cpu").compile(graph, precision, 1)
            ways[f"{title} {precision}"] = lambda n=network: n.run(inputs)["image"]
    wanted = ways["torch float32"]().astype(int)
    times = compare(ways, rounds, time.process_time)
    print(ROW.format(f"batch {batch}", "ms/image", "ratio", "levels from torch float32"))
    for name, way in ways.items():
        off = np.abs(way() - wanted)
        each = statistics.median(times[name]) / batch
        note = f"mean {off.mean():.2f}, max {off.max()}"
        print(ROW.format(name, f"{each:.2f}", f"{ratio(times, 'torch float32', name):.2f}", note))
    for precision in ("float32", "bfloat16"):
        for title in ("openvino", "onnxruntime"):
            if {f"torch {precision}", f"{title} {precision}"} <= set(times):
                found = ratio(times, f"torch {precision}", f"{title} {precision}")
                print(f"{precision}: {title} is {found:.2f} times as fast as PyTorch")


def main(rounds: int = 15) -> None:
    graph = light128()
    show(graph, 1, rounds)
    show(graph, 8, rounds // 2 + 1)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
