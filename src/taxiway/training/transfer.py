"""Starting from a trained model rather than from nothing."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from taxiway.core.errors import InvalidArgument
from taxiway.networks.checkpoint import Checkpoint, read_checkpoint
from taxiway.networks.checkpoint.discriminator import read_discriminator
from taxiway.training.stylegan2 import Players, Settings

HOLD_KIMG = 1.0
"""How long the generator waits for a discriminator that starts from nothing."""
Arrays = Mapping[str, NDArray[Any]]


class Start:
    """A trained model to start from: weights by name, and the settings that its network has.

    `source` is a checkpoint file, or the folder of a training, whose discriminator comes too.
    Raises InvalidArgument for a network that the trainer cannot train on: anything but
    StyleGAN2's skip architecture, whose channels follow one rule and whose pictures are square.
    """

    def __init__(self, source: Path) -> None:
        folder = source.is_dir()
        checkpoint = read_checkpoint(source / "model.safetensors" if folder else source)
        self.name = source.name
        self.size = trainable(checkpoint, source.name)
        self.shape = shape_of(checkpoint)
        self.average = tensors_of(checkpoint.tensors)
        if folder:
            state = torch.load(source / "state.pt", map_location="cpu", weights_only=True)
            self.average, self.g, self.d = (state[name] for name in ("average", "g", "d"))
            self.size = state["size"]
        else:
            self.g, self.d = self.average, tensors_of(read_discriminator(source))

    def settings(self, size: int, settings: Settings) -> Settings:
        """The settings with this network's shape, for a training from it to `size` pixels."""
        settings = replace(replace(settings, **self.shape), ema_ramp=0.0)
        knows = self._knows(min(size, self.size), settings)
        return replace(settings, hold_kimg=0.0 if knows else HOLD_KIMG)

    def players(self, size: int, settings: Settings) -> Players:
        """Players of `size` pixels with every weight that fits; from larger models, the lower part.

        Raises InvalidArgument where the generator lacks some of them.
        """
        players = Players(min(size, self.size), settings)
        for network, tensors in ((players.g, self.g), (players.average, self.average)):
            missing = set(network.state_dict()) - set(fill(network, tensors))
            if missing:
                raise InvalidArgument(
                    f"'{self.name}' has another shape than its channels say: {min(missing)}."
                )
        fill(players.d, self.d)
        return players

    def _knows(self, size: int, settings: Settings) -> bool:
        """Whether there is a discriminator for all of a network of `size` pixels."""
        with torch.device("meta"):
            network = Players(size, replace(settings, device="meta")).d
        shapes = {name: tensor.shape for name, tensor in network.state_dict().items()}
        used = [x for x in shapes if "fromrgb" not in x or x.startswith(f"b{size}.")]
        there = all(name in self.d and self.d[name].shape == shapes[name] for name in used)
        return there and size == self.size


def fill(network: nn.Module, tensors: Mapping[str, Tensor]) -> list[str]:
    """Put tensors into a network where names and shapes agree; returns the names of those."""
    state = network.state_dict()
    fits = {
        name: tensor
        for name, tensor in tensors.items()
        if name in state and state[name].shape == tensor.shape
    }
    network.load_state_dict(fits, strict=False)
    return list(fits)


def tensors_of(arrays: Arrays) -> dict[str, Tensor]:
    """Arrays as float32 tensors."""
    return {name: torch.from_numpy(np.array(array, np.float32)) for name, array in arrays.items()}


def trainable(checkpoint: Checkpoint, name: str) -> int:
    """The size in pixels of a network that can be trained on; InvalidArgument for others."""
    config = checkpoint.config
    if checkpoint.family != "stylegan2" or config["architecture"] != "skip":
        kind = config.get("architecture") if checkpoint.family == "stylegan2" else ""
        raise InvalidArgument(
            f"Trainings start from a StyleGAN2 of the skip architecture; '{name}' is "
            f"{checkpoint.family} {kind}".rstrip()
            + "."
        )
    height, width = config["img_resolution"]
    if height != width or config["img_channels"] != 3:
        raise InvalidArgument(f"'{name}' makes no square colour pictures; trainings do.")
    return int(height)


def shape_of(checkpoint: Checkpoint) -> dict[str, Any]:
    """The settings that say what a StyleGAN2 looks like; InvalidArgument for uneven channels."""
    config, tensors = checkpoint.config, checkpoint.tensors
    sizes = [4 << i for i in range(config["num_ws"] // 2)]
    channels = {size: tensors[f"synthesis.b{size}.conv1.bias"].shape[0] for size in sizes}
    most = channels[4]
    base = max(size * count for size, count in channels.items() if count < most or size == 4)
    base = max(base, *(size * most for size, count in channels.items() if count == most))
    if any(min(base // size, most) != count for size, count in channels.items()):
        raise InvalidArgument(f"The channels of its blocks follow no rule: {channels}.")
    layer = config["layers"]["b4.conv1"]
    return {
        "channel_base": base,
        "channel_max": most,
        "mapping_layers": config["mapping"]["num_layers"],
        "use_noise": layer["use_noise"],
        "conv_clamp": layer["conv_clamp"],
        "z_dim": config["z_dim"],
        "w_dim": config["w_dim"],
        "c_dim": config["c_dim"],
    }
