"""The fast StyleGAN2 beside a plain one, in CPU time of one thread.

    python bench/synthesis.py [ROUNDS]

A 256 px network of channel_base 8192 with at most 256 channels and random weights; the same weights
and ws for all. Goals: batch 1, 1.7 times in float32 and 2.7 in bfloat16; batch 8, 2.2 and 5 times;
mapping 4 times.
"""

import statistics
import sys
from collections.abc import Callable

import torch
from torch import Tensor

import plain_stylegan2 as plain
from side_by_side import compare, ratio
from taxiway.backends.torch.device import processor
from taxiway.families.stylegan.networks.fast import fast
from taxiway.families.stylegan.networks.generator import Generator, to_uint8, truncate
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2

ROW = "{:22} {:>9} {:>7}   {}"


def light256(mapping_layers: int = 2) -> Generator:
    """The network, with noise and biases that matter as in a trained one."""
    torch.manual_seed(0)
    g = new_stylegan2(256, 8192, 256, mapping_layers, conv_clamp=256.0)
    for name, parameter in g.requires_grad_(False).named_parameters():
        if name.endswith("noise_strength"):
            parameter.fill_(0.1)
        if name.startswith("synthesis") and name.endswith(("conv0.bias", "conv1.bias")):
            parameter.normal_(std=0.1)
    return g


def difference(got: Tensor, wanted: Tensor) -> str:
    """How far the results are from the plain ones; images in levels, at a photograph's contrast."""
    most = f"{(got - wanted).abs().max() / wanted.abs().max():.0e} of max"
    if wanted.ndim == 2:
        return most
    scale = 0.5 / wanted.std()
    levels = (to_uint8(got * scale).int() - to_uint8(wanted * scale).int()).abs().float()
    return f"{most}, levels: mean {levels.mean():.2f}, max {levels.max():.0f}"


def show(
    title: str, ways: dict[str, Callable[[], Tensor]], batch: int, rounds: int, base: str = "plain"
) -> None:
    """Print one table: milliseconds per image, ratio over `base`, difference from it."""
    wanted = ways[base]()
    notes = {name: difference(way(), wanted) for name, way in ways.items()}
    times = compare(ways, rounds)
    print(ROW.format(title, "ms/image", "ratio", "difference"))
    for name in ways:
        each = statistics.median(times[name]) / batch
        print(ROW.format(name, f"{each:.2f}", f"{ratio(times, base, name):.2f}", notes[name]))


def synthesis(g: Generator, forms: dict[str, Generator], batch: int, rounds: int) -> None:
    """The table of one batch size; for several images also the plain form one by one."""
    ws = truncate(g.mapping(torch.randn(batch, g.z_dim)), g.w_avg, 0.7, None, g.num_ws)
    ways: dict[str, Callable[[], Tensor]] = {"plain": lambda: plain.synthesis(g, ws)}
    if batch > 1:
        singles = ws.chunk(batch)
        ways["plain, one by one"] = lambda: torch.cat([plain.synthesis(g, w) for w in singles])
    ways |= {f"fast {name}": lambda f=form: f.synthesis(ws) for name, form in forms.items()}
    show(f"synthesis, batch {batch}", ways, batch, rounds)


def mapping(g: Generator, batch: int, rounds: int) -> None:
    """The table of the mapping network; ten calls to a measurement, it is so quick."""
    z, quick = torch.randn(batch, g.z_dim), fast(g)
    ways = {
        "plain": lambda: torch.cat([plain.mapping(g, z) for _ in range(10)]),
        "fast": lambda: torch.cat([quick.mapping(z) for _ in range(10)]),
    }
    show(f"mapping of {g.mapping.num_layers}, batch {batch}", ways, 10 * batch, rounds)


@torch.inference_mode()
def main(rounds: int = 9) -> None:
    torch.set_num_threads(1)
    cpu = processor()
    print(f"{cpu.name}, bfloat16 by {cpu.bfloat16}; CPU time of 1 thread, {rounds} rounds, medians")
    g = light256()
    forms = {"float32": fast(g), "bfloat16": fast(g, torch.bfloat16)}
    synthesis(g, forms, 1, rounds)
    synthesis(g, forms, 8, rounds // 2 + 1)
    # Two layers are what NVIDIA's "auto" gives this size; eight are its paper's, and 8 MB to read.
    for network in (g, light256(mapping_layers=8)):
        mapping(network, 1, 3 * rounds)
        mapping(network, 8, 3 * rounds)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
