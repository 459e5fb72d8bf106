"""StyleGAN2 from the attributes that NVIDIA's files record, whatever their defaults were."""

import math
from collections.abc import Mapping
from re import fullmatch
from typing import Any

import numpy as np

from taxiway.checkpoint.limits import MAX_BLOCKS, MAX_KERNEL, Broken
from taxiway.checkpoint.modules import Network
from taxiway.checkpoint.shapes import shape_of
from taxiway.checkpoint.tensors import Array

Config = dict[str, Any]


def stylegan2_config(network: Network, arrays: dict[str, Array]) -> Config:
    """The config of a taken-apart StyleGAN2; `arrays` are its tensors by name."""
    top = network.attributes("")
    blocks = sorted(network.children("synthesis", r"b\d{1,5}"), key=lambda name: int(name[1:]))
    const = arrays.get("synthesis.b4.const")
    if not 0 < len(blocks) <= MAX_BLOCKS or const is None or const.ndim != 3:
        raise Broken("has no learned constant of a StyleGAN2")
    scale = 1 << (len(blocks) - 1)
    return {
        "z_dim": top.whole("z_dim"),
        "w_dim": top.whole("w_dim"),
        "c_dim": top.whole("c_dim"),
        "img_channels": top.whole("img_channels"),
        "img_resolution": [int(size) * scale for size in const.shape[1:]],
        "num_ws": top.whole("num_ws"),
        "architecture": _architecture(network, blocks),
        "mapping": mapping_config(network),
        "resample_filter": _taps(network, blocks, arrays),
        "layers": _layers(network, blocks),
    }


def mapping_config(network: Network) -> Config:
    """The config of the mapping network, which StyleGAN2 and 3 share."""
    mapping, first = network.attributes("mapping"), network.attributes("mapping.fc0")
    config = {
        "num_layers": mapping.whole("num_layers"),
        "activation": first.text("activation"),
        "lr_multiplier": first.number("bias_gain"),
        "w_avg_beta": mapping.optional_number("w_avg_beta"),
    }
    if "mapping.embed" in network.modules and not has_table(network):
        config["embed_lr_multiplier"] = network.attributes("mapping.embed").number("bias_gain")
    return config


def has_table(network: Network) -> bool:
    """Whether classes are looked up in a table of features, as only StyleGAN-XL does."""
    embed = network.modules.get("mapping.embed")
    return embed is not None and embed.name.endswith(".Embedding")


def layer_names(architecture: str, blocks: int) -> list[str]:
    """The layers of a StyleGAN2 with so many blocks, smallest block first."""
    names = []
    for size in [4 << index for index in range(blocks)]:
        names += [f"b{size}.conv1"] if size == 4 else [f"b{size}.conv0", f"b{size}.conv1"]
        if architecture == "skip" or size == 2 << blocks:
            names.append(f"b{size}.torgb")
        if architecture == "resnet" and size > 4:
            names.append(f"b{size}.skip")
    return names


def architecture_of(tensors: Mapping[str, Array]) -> str:
    """What the layers show, whether the settings say it or not."""
    if any(name.endswith("skip.weight") for name in tensors):
        return "resnet"
    return "skip" if "synthesis.b4.torgb.weight" in tensors else "orig"


def config_of_shapes(
    tensors: Mapping[str, Array],
    architecture: str,
    taps: list[Any],
    conv_clamp: float | None = None,
    activation: str = "lrelu",
    use_noise: bool = True,
    lr_multiplier: float = 0.01,
    w_avg_beta: float | None = None,
) -> Config:
    """The config of files with one setting for all layers, or none; all sizes are the shapes'."""
    depth = sum(fullmatch(r"mapping\.fc\d+\.weight", name) is not None for name in tensors)
    blocks = sum(fullmatch(r"synthesis\.b\d+\.conv1\.weight", name) is not None for name in tensors)
    if not depth or not 0 < blocks <= MAX_BLOCKS:
        raise Broken("has no layers of a StyleGAN2")
    last = f"synthesis.b{2 << blocks}"
    height, width = shape_of(tensors, "synthesis.b4.const", 3)[1:]
    features, labels = (
        shape_of(tensors, "mapping.embed.weight", 2)
        if "mapping.embed.weight" in tensors
        else (0, 0)
    )
    return {
        "z_dim": shape_of(tensors, "mapping.fc0.weight", 2)[1] - features,
        "w_dim": shape_of(tensors, f"mapping.fc{depth - 1}.weight", 2)[0],
        "c_dim": labels,
        "img_channels": shape_of(tensors, f"{last}.torgb.weight", 4)[0],
        "img_resolution": [height << (blocks - 1), width << (blocks - 1)],
        "num_ws": 2 * blocks,
        "architecture": architecture,
        "mapping": {
            "num_layers": depth,
            "activation": activation,
            "lr_multiplier": lr_multiplier,
            "w_avg_beta": w_avg_beta,
        },
        "resample_filter": taps,
        "layers": _plain_layers(architecture, blocks, conv_clamp, activation, use_noise),
    }


def _plain_layers(
    architecture: str, blocks: int, conv_clamp: float | None, activation: str, use_noise: bool
) -> Config:
    conv = {
        "conv_clamp": conv_clamp,
        "activation": activation,
        "act_gain": math.sqrt(2) if activation in ("relu", "lrelu", "swish") else 1.0,
        "use_noise": use_noise,
    }
    layers: Config = {}
    for name in layer_names(architecture, blocks):
        if name.endswith(("conv0", "conv1")):
            layers[name] = {"up": 2 if name.endswith("conv0") else 1, **conv}
        else:
            layers[name] = {"conv_clamp": conv_clamp} if name.endswith("torgb") else {}
    return layers


def taps_of(kernel: Array) -> list[Any]:
    """The 1-D taps whose outer product a stored filter is, the smallest as 1.

    [1, 3, 3, 1] is stored as its outer product over 64. Raises Broken if it is another's.
    """
    if kernel.ndim not in (1, 2) or len({*kernel.shape}) != 1 or not 0 < kernel.size <= MAX_KERNEL:
        raise Broken(f"enlarges with a filter of shape {list(kernel.shape)}")
    row = kernel.astype(np.float64)
    row = row if row.ndim == 1 else row.sum(axis=0)
    with np.errstate(all="ignore"):
        taps = np.round(row / np.abs(row).min(), 6)
        product = np.outer(row, row) / row.sum()
        separable = kernel.ndim == 1 or np.allclose(product, kernel, atol=1e-6)
    if not separable or not np.isfinite(taps).all():
        raise Broken("enlarges with a filter that is no outer product")
    return [int(tap) if tap == int(tap) else float(tap) for tap in taps]


def _architecture(network: Network, blocks: list[str]) -> str:
    kinds = {network.attributes(f"synthesis.{block}").text("architecture") for block in blocks}
    if len(kinds) != 1:
        raise Broken("mixes architectures from block to block")
    return kinds.pop()


def _taps(network: Network, blocks: list[str], arrays: dict[str, Array]) -> list[Any]:
    """The one filter of all blocks and of the layers that enlarge."""
    paths = [f"synthesis.{block}" for block in blocks]
    paths += [f"synthesis.{block}.{layer}" for block in blocks[1:] for layer in ("conv0", "skip")]
    kernels = [arrays[name] for path in paths if (name := f"{path}.resample_filter") in arrays]
    if not kernels:
        raise Broken("has no filter to enlarge with")
    if not all(np.array_equal(kernel, kernels[0]) for kernel in kernels):
        raise Broken("enlarges with different filters from block to block")
    return taps_of(kernels[0])


def _layers(network: Network, blocks: list[str]) -> Config:
    layers: Config = {}
    for block in blocks:
        for layer in network.children(f"synthesis.{block}", "conv0|conv1|torgb|skip"):
            layers[f"{block}.{layer}"] = _layer(network, f"synthesis.{block}.{layer}")
    return layers


def _layer(network: Network, path: str) -> Config:
    layer = network.attributes(path)
    if path.endswith("skip"):
        return {}
    if path.endswith("torgb"):
        return {"conv_clamp": layer.optional_number("conv_clamp")}
    return {
        "up": layer.whole("up"),
        "conv_clamp": layer.optional_number("conv_clamp"),
        "activation": layer.text("activation"),
        "act_gain": layer.number("act_gain"),
        "use_noise": layer.flag("use_noise"),
    }
