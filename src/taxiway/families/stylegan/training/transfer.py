"""Starting from a trained model rather than from nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from taxiway.checkpoint import Checkpoint, read_checkpoint
from taxiway.checkpoint.discriminator import beside, read_discriminator
from taxiway.core.errors import InvalidArgument, UnreadableCheckpoint
from taxiway.families.stylegan.networks.build import described
from taxiway.families.stylegan.training.class_transfer import (
    discriminator_of,
    generator_of,
    network_of,
)
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.shape import channels_of, is_plain, shape_of
from taxiway.families.stylegan.training.stylegan2 import Players
from taxiway.training.config import STATE
from taxiway.training.loop import readable

HOLD_KIMG = 1.0
"""How long the generator waits for a discriminator that starts from nothing."""
Arrays = Mapping[str, NDArray[Any]]


class Start:
    """A trained model to start from: weights by name, and the settings that its network has.

    `source` is a checkpoint file of any family, or the folder of a training, whose discriminator
    comes too. Raises InvalidArgument for a model whose pictures the discriminator cannot judge.
    """

    def __init__(self, source: Path) -> None:
        folder = source.is_dir()
        checkpoint = without_upscaler(read_checkpoint(model_of(source)))
        self.name, self.family = source.name, checkpoint.family
        self.size = trainable(checkpoint, source.name)
        self.shape, self.network = shape_of(checkpoint), described(checkpoint)
        self.plain = is_plain(checkpoint)
        self.average = tensors_of(checkpoint.tensors)
        if folder:
            with saved(source) as state:
                self.average, self.g, self.d = (state[name] for name in ("average", "g", "d"))
                self.size = state["size"]
        else:
            self.g, self.d = self.average, tensors_of(_discriminator(source))

    def settings(self, size: int, settings: Settings) -> Settings:
        """The settings with this network's shape, for a training from it to `size` pixels.

        A StyleGAN2 like those that trainings from nothing make is cut or grown to `size`; any
        other keeps its network, its size, and the channels of its discriminator. Raises
        InvalidArgument where it has another size, or is a StyleGAN3 and its paths are to be
        regularised. Its classes stay, unless the dataset's are learnt.
        """
        shape = self.shape
        classes = settings.c_dim if settings.labels else shape["c_dim"]
        if size == self.size:
            shape = shape | channels_of(self.d, size)
        if not self.plain or shape != self.shape:
            self._check(size, settings)
            shape = shape | {"network": network_of(self.network, classes)}
        settings = replace(replace(settings, **shape), ema_ramp=0.0, c_dim=classes)
        knows = self._knows(min(size, self.size), settings)
        return replace(settings, hold_kimg=0.0 if knows else HOLD_KIMG)

    def players(self, size: int, settings: Settings) -> Players:
        """Players of `size` pixels with every weight that fits; from larger models, the lower part.

        Raises InvalidArgument where the generator lacks some of them.
        """
        players = Players(min(size, self.size), settings)
        for network, tensors in ((players.g, self.g), (players.average, self.average)):
            own = network.state_dict()
            missing = set(own) - set(fill(network, generator_of(tensors, own)))
            if missing:
                raise InvalidArgument(f"'{self.name}' lacks the tensor {min(missing)}.")
        fill(players.d, discriminator_of(self.d, players.d.state_dict()))
        return players

    def _check(self, size: int, settings: Settings) -> None:
        if size != self.size:
            raise InvalidArgument(
                f"'{self.name}' trains at its own {self.size} pixels, not at {size}: give "
                f"--resolution {self.size}, here or when the dataset is prepared."
            )
        if self.family == "stylegan3" and settings.path_length:
            raise InvalidArgument(
                f"'path_length' is for StyleGAN2; '{self.name}' is a StyleGAN3, whose paths "
                "move the picture.",
                "path_length",
            )

    def _knows(self, size: int, settings: Settings) -> bool:
        """Whether there is a discriminator for all of a network of `size` pixels."""
        with torch.device("meta"):
            network = Players(size, replace(settings, device="meta")).d
        shapes = {name: tensor.shape for name, tensor in network.state_dict().items()}
        used = [x for x in shapes if "fromrgb" not in x or x.startswith(f"b{size}.")]
        known = discriminator_of(self.d, network.state_dict())
        there = all(name in known and known[name].shape == shapes[name] for name in used)
        return there and size == self.size


def model_of(source: Path) -> Path:
    """The checkpoint file that is meant: a file, or the model in the folder of a training."""
    return source / "model.safetensors" if source.is_dir() else source


@contextmanager
def saved(folder: Path) -> Iterator[Any]:
    """The state in a training's folder, to be taken apart within the block.

    Raises InvalidArgument for whatever that raises: torch has many kinds for a damaged file.
    """
    with readable(folder, torch.OutOfMemoryError):
        yield torch.load(folder / STATE, map_location="cpu", weights_only=True)


def _discriminator(path: Path) -> Arrays:
    """One of another kind in a snapshot, such as ProjectedGAN's, is of as little use as none."""
    try:
        return read_discriminator(path)
    except UnreadableCheckpoint:
        if beside(path).is_file():
            raise
        return {}


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


def without_upscaler(checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint without its upscaler: trainings learn the pictures that it enlarges."""
    config = {key: value for key, value in checkpoint.config.items() if key != "upscaler"}
    tensors = {
        name: array
        for name, array in checkpoint.tensors.items()
        if not name.startswith("synthesis.upscaler.")
    }
    return replace(checkpoint, config=config, tensors=tensors)


PLAYED = {"stylegan1": "StyleGAN 1", "fastgan": "FastGAN"}
"""Families that are played and not trained."""


def trainable(checkpoint: Checkpoint, name: str) -> int:
    """The size in pixels of a network that can be trained on; InvalidArgument for others."""
    kind = PLAYED.get(checkpoint.family)
    if checkpoint.config.get("mapping", {}).get("class_centres"):
        kind = "StyleGAN-XL"
    if kind:
        raise InvalidArgument(
            f"Trainings start from a StyleGAN2 or 3; '{name}' is a {kind}, to be played only."
        )
    height, width = checkpoint.config["img_resolution"]
    whole = height == width >= 8 and height & (height - 1) == 0
    if not whole:
        raise InvalidArgument(
            f"Trainings start from models of square pictures of 8, 16, 32... pixels; "
            f"'{name}' makes {width} x {height}."
        )
    return int(height)
