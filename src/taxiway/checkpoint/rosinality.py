"""rosinality's StyleGAN2 (`stylegan2-pytorch`): other names and leading axes for the same weights.

Its up-convolution kernels have NVIDIA's orientation and its style biases already hold the + 1.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from taxiway.checkpoint import schema
from taxiway.checkpoint.contents import Found
from taxiway.checkpoint.limits import Broken, Budget
from taxiway.checkpoint.shapes import compare, mapping_shapes, stylegan2_blocks
from taxiway.checkpoint.stylegan2 import config_of_shapes, taps_of
from taxiway.checkpoint.tensors import Array, Tensor, last_axes
from taxiway.checkpoint.vetting import listed

DRAWS = 4096
WORK = 1e10  # multiplications; an 8-layer mapping of 512 takes 8.6e9


def average_w(tensors: Mapping[str, Array], config: Mapping[str, Any]) -> tuple[Array, int]:
    """The mean w [w_dim] of random z (always the same ones), and of how many."""
    shapes = mapping_shapes(config, tensors)
    del shapes["mapping.w_avg"]
    compare(shapes, tensors)
    count = min(DRAWS, max(64, int(WORK / sum(map(math.prod, shapes.values())))))
    x = np.random.RandomState(0).standard_normal((count, config["z_dim"])).astype(np.float32)
    x /= np.sqrt((x * x).mean(axis=1, keepdims=True) + 1e-8)
    lr = config["mapping"]["lr_multiplier"]
    with np.errstate(all="ignore"):  # broken weights give a broken average, no warning
        for i in range(config["mapping"]["num_layers"]):
            weight, bias = (tensors[f"mapping.fc{i}.{part}"] for part in ("weight", "bias"))
            x = x @ (weight.T * (lr / math.sqrt(weight.shape[1]))) + bias * lr
            x = np.maximum(x, 0.2 * x) * math.sqrt(2)
        return x.mean(axis=0).astype(np.float32), count


_LAYER = re.compile(r"(conv1|to_rgb1|convs\.(\d{1,3})|to_rgbs\.(\d{1,3}))\.([a-z_.]+)")
_MAPPING = re.compile(r"style\.([1-9]\d?)\.(weight|bias)")
_NOISE = re.compile(r"noises\.noise_(\d{1,3})")
_UNUSED = re.compile(r"to_rgbs\.\d{1,3}\.upsample\.kernel")
"""What enlarges pictures, by the same filter as the layers."""
PARTS = {
    "conv.weight": "weight",
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "activate.bias": "bias",
    "bias": "bias",
    "noise.weight": "noise_strength",
}
_CONVOLUTIONS = ("conv0.weight", "conv1.weight", "torgb.weight")
_AXES = {"noise_strength": 0, "const": 3}

State = dict[Any, Any]


def rosinality_checkpoint(state: State, average: object, budget: Budget) -> Found:
    """What such a dictionary holds; `average` is the w that stood beside it, if one did."""
    tensors, kernels, unknown = sorted_tensors(state, budget)
    if not kernels or "synthesis.b4.const" not in tensors:
        raise Broken("has the names of a rosinality StyleGAN2 without its layers")
    if not all(np.array_equal(kernel, kernels[0]) for kernel in kernels):
        raise Broken("enlarges with different filters from block to block")
    config = config_of_shapes(tensors, "skip", taps_of(kernels[0]))
    schema.check("stylegan2", config)
    notes = list(silent_noise(tensors, config))
    if unknown:
        notes.append(f"ignored tensors that the network has no use for: {listed(unknown)}")
    if isinstance(average, Tensor):
        tensors["mapping.w_avg"] = _first_row(average.read(budget), config["w_dim"])
    else:
        tensors["mapping.w_avg"], count = average_w(tensors, config)
        notes.append(f"the file has no average w, so {count} random z were averaged")
    return Found("stylegan2", config, tensors, {"format": "rosinality torch file", "notes": notes})


def sorted_tensors(state: State, budget: Budget) -> tuple[dict[str, Array], list[Array], list[str]]:
    """The tensors under NVIDIA's names, the layers' filters, and the names that are not known."""
    tensors: dict[str, Array] = {}
    kernels, unknown = [], []
    for name, value in state.items():
        budget.visit()
        if not isinstance(name, str) or not isinstance(value, Tensor):
            continue
        if (new := nvidia_name(name)) is not None:
            tensors[new] = _in_nvidia_layout(new, value.read(budget))
        elif name.endswith("conv.blur.kernel"):
            kernels.append(value.read(budget))
        elif not _UNUSED.fullmatch(name):
            unknown.append(name)
    return tensors, kernels, unknown


def silent_noise(tensors: dict[str, Array], config: Mapping[str, Any]) -> Iterator[str]:
    """Put zeros where all noise that stays is missing, as in files that draw it, and a note."""
    layers = [name for name, layer in config["layers"].items() if layer.get("use_noise")]
    planes = {name: f"synthesis.{name}.noise_const" for name in layers}
    if not planes or any(plane in tensors for plane in planes.values()):
        return
    scale = 1 << (len(stylegan2_blocks(config)) - 1)
    for name, plane in planes.items():
        size = int(name[1:].split(".")[0])
        shape = [side // scale * size // 4 for side in config["img_resolution"]]
        tensors[plane] = np.zeros(shape, np.float32)
    yield "the file has no noise that stays: without 'random' there is none"


def nvidia_name(name: str) -> str | None:
    """NVIDIA's name for a tensor of rosinality's, None for one that is not needed."""
    if name == "input.input":
        return "synthesis.b4.const"
    if match := _MAPPING.fullmatch(name):
        return f"mapping.fc{int(match[1]) - 1}.{match[2]}"
    if match := _NOISE.fullmatch(name):
        return f"synthesis.{_conv(int(match[1]) - 1)}.noise_const"
    match = _LAYER.fullmatch(name)
    if match is None or match[4] not in PARTS:
        return None
    return f"synthesis.{_layer(match)}.{PARTS[match[4]]}"


def _layer(match: re.Match[str]) -> str:
    if match[2]:
        return _conv(int(match[2]))
    if match[3]:
        return f"b{8 << int(match[3])}.torgb"
    return "b4.torgb" if match[1] == "to_rgb1" else "b4.conv1"


def _conv(index: int) -> str:
    """The layer of `convs.index`; -1 is the one before, `conv1`."""
    return f"b{4 << (index + 2) // 2}.conv{index % 2}"


def _in_nvidia_layout(name: str, array: Array) -> Array:
    """rosinality gives every convolution an axis for the batch, and biases their picture's axes."""
    if name.endswith(".bias"):
        return array.reshape(-1)
    if name.endswith(_CONVOLUTIONS):
        return last_axes(array, 4)
    return last_axes(array, _AXES.get(name.rpartition(".")[2], 2))


def _first_row(average: Array, width: int) -> Array:
    """The average w, which encoders repeat for every layer."""
    if not average.size or average.size % width:
        raise Broken("has an average w of another length than its w")
    first: Array = average.reshape(-1)[:width]
    return first.copy()
