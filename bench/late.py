"""What is saved where only late layers change: a network in parts, CPU time of one thread.

    python bench/late.py [ROUNDS [SIZE...]]

A StyleGAN2 of each SIZE with random weights, one picture at a time, by OpenVINO in each of its
precisions. Each call has other ws: of all layers, or only of the last blocks'; or a layer of the
last block is bent otherwise. Ratios are of the same run.
"""

import statistics
import sys
from functools import partial

import numpy as np
import torch

from backends import network, timed
from taxiway.backends import Inputs
from taxiway.backends.openvino import OpenVinoBackend
from taxiway.checkpoint import Checkpoint
from taxiway.families.stylegan.bending.live import LiveBend, bent
from taxiway.families.stylegan.networks.graphs import graphs_of
from taxiway.families.stylegan.rendering.kept import KeptNetwork

RNG = np.random.default_rng(0)
LAST = {"all layers": 0, "the last three blocks": 7, "the last two": 5, "the last": 3}
"""How many of the last ws change."""


def moved(rest: Inputs, rows: int) -> Inputs:
    """A call with other ws of the last rows, or of all (0)."""
    ws = rest["ws"].copy()
    ws[:, -rows:] += RNG.standard_normal((1, 1, ws.shape[2]), np.float32)
    return {**rest, "ws": ws}


def turned(rest: Inputs, layer: str, shape: tuple[int, int, int]) -> Inputs:
    """A call in which a layer is turned otherwise."""
    return {**rest, **LiveBend(layer=layer, rotate=float(RNG.uniform(1, 180))).arrays(shape)}


def show(size: str, precision: str, rounds: int) -> None:
    """Print how many times as fast each change is as that of everything."""
    generator, graph = network(size)
    tensors = {name: tensor.numpy() for name, tensor in generator.state_dict().items()}
    checkpoint = Checkpoint("stylegan2", generator.config, tensors, {})
    layer, shapes = f"b{size}.conv0", list[tuple[int, int, int]]()
    changed, _ = graphs_of(checkpoint, change=bent(layer, shapes))
    played, bending = (
        KeptNetwork(OpenVinoBackend("cpu").compile(each, precision, 1), 1)
        for each in (graph, changed)
    )
    assert graph.trial is not None
    rest = {"ws": graph.trial["ws"][:1], "noise_mode": "const"}
    bent_all, bent_only = f"{layer} bent, and all layers", f"{layer} bent"
    times: dict[str, list[float]] = {name: [] for name in (*LAST, bent_all, bent_only)}
    for _ in range(rounds):
        for name, rows in LAST.items():
            played.run(moved(rest, 0))
            played.run(rest)
            times[name].append(timed(partial(played.run, moved(rest, rows))))
        for name, rows in ((bent_all, 0), (bent_only, None)):
            bending.run(turned(rest, layer, shapes[0]))
            call = turned(rest if rows is None else moved(rest, rows), layer, shapes[0])
            times[name].append(timed(partial(bending.run, call)))
    for name, each in times.items():
        whole = times[bent_all if "bent" in name else "all layers"]
        pairs = zip(whole, each, strict=True)
        print(f"{size} px, {precision}, {name}: {statistics.median(a / b for a, b in pairs):.2f}")


def main(rounds: int = 9, *sizes: int) -> None:
    torch.set_num_threads(1)
    for size in map(str, sizes or (512,)):
        for precision in ("bfloat16", "float32"):
            show(size, precision, rounds)


if __name__ == "__main__":
    with torch.inference_mode():
        main(*map(int, sys.argv[1:]))
