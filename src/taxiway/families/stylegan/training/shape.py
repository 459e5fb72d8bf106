"""What settings say a trained network is, and whether they say all of it."""

from collections.abc import Mapping
from typing import Any

import msgspec
import torch
from torch import Tensor

from taxiway.checkpoint import Checkpoint
from taxiway.checkpoint.schema import StyleGAN2
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.stylegan2 import new_generator


def shape_of(checkpoint: Checkpoint) -> dict[str, Any]:
    """The settings that come nearest to a network: all that it is if `is_plain`."""
    config = checkpoint.config
    shape = {
        "mapping_layers": config["mapping"]["num_layers"],
        "z_dim": config["z_dim"],
        "w_dim": config["w_dim"],
        "c_dim": config["c_dim"],
        "img_channels": config["img_channels"],
    }
    if checkpoint.family == "stylegan3":
        return shape | _stylegan3(config)
    names = {name.split(".")[0] for name in config["layers"]}
    layer = config["layers"]["b4.conv1"]
    return shape | {
        "use_noise": any(layer.get("use_noise") for layer in config["layers"].values()),
        "conv_clamp": layer["conv_clamp"],
        **rule({int(x[1:]): _channels(checkpoint, x) for x in names}),
    }


def is_plain(checkpoint: Checkpoint) -> bool:
    """Whether settings alone make the same network: skips, even channels, usual constants."""
    if checkpoint.family != "stylegan2":
        return False
    with torch.device("meta"):
        size = checkpoint.config["img_resolution"][0]
        twin = new_generator(size, Settings(**shape_of(checkpoint)))
    shapes = {name: tuple(tensor.shape) for name, tensor in twin.state_dict().items()}
    return _facts(twin.config) == _facts(checkpoint.config) and shapes == {
        name: array.shape for name, array in checkpoint.tensors.items()
    }


def rule(channels: Mapping[int, int]) -> dict[str, int]:
    """The channels of blocks by their size as settings: the rule they follow, or the next wider."""
    base = max(size * count for size, count in channels.items())
    return {"channel_base": base, "channel_max": max(channels.values())}


def channels_of(discriminator: Mapping[str, Tensor], size: int) -> dict[str, int]:
    """The channels of a discriminator of `size` pixels as settings; none where it has others."""
    names = {2**i: f"b{2**i}.conv0.weight" for i in range(3, size.bit_length())}
    names[4] = "b4.conv.weight"
    if not all(name in discriminator for name in names.values()):
        return {}
    return rule({size: len(discriminator[name]) for size, name in names.items()})


def _stylegan3(config: Mapping[str, Any]) -> dict[str, Any]:
    """No noise, no mixing of styles (Karras et al. 2021, section 3), and the channels of a judge.

    The first layer has as many as a StyleGAN2's smallest block, the last as its largest; twice
    that where convolutions of one pixel make turning harmless.
    """
    first, last = config["layers"][0], config["layers"][-1]
    wide = 2 if first["conv_kernel"] == 1 else 1
    ends = {4: first["in_channels"], config["img_resolution"][0]: last["in_channels"]}
    channels = {size: max(count // wide, 1) for size, count in ends.items()}
    return {"use_noise": False, "mixing": 0.0, **rule(channels)}


def _channels(checkpoint: Checkpoint, block: str) -> int:
    return int(checkpoint.tensors[f"synthesis.{block}.conv1.bias"].shape[0])


def _facts(config: Mapping[str, Any]) -> dict[str, Any]:
    """A StyleGAN2's config with what is left out filled in, and without what only training used."""
    facts = msgspec.to_builtins(msgspec.convert(config, StyleGAN2))
    del facts["mapping"]["w_avg_beta"]
    result: dict[str, Any] = facts
    return result
