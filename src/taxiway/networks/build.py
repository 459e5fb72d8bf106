"""From a checkpoint to a generator: its shapes give the sizes, its config the rest."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from taxiway.core.errors import UnreadableCheckpoint
from taxiway.networks import stylegan2, stylegan3
from taxiway.networks.checkpoint import Checkpoint
from taxiway.networks.generator import Generator
from taxiway.networks.mapping import MappingNetwork

Tensors = Mapping[str, np.ndarray[Any, Any]]


def build(checkpoint: Checkpoint) -> Generator:
    """The generator that a checkpoint describes, in float32 on the CPU, ready to be called.

    Raises UnreadableCheckpoint if the family is unknown or tensors are missing or do not fit.
    """
    if checkpoint.family not in SYNTHESIS:
        known = ", ".join(SYNTHESIS)
        raise UnreadableCheckpoint(
            f"A generator is {known}; this checkpoint is {checkpoint.family}."
        )
    config, tensors = checkpoint.config, checkpoint.tensors
    try:
        with torch.device("meta"):  # shapes only: nothing is drawn just to be replaced
            mapping = mapping_of(config, tensors)
            synthesis = SYNTHESIS[checkpoint.family](config, tensors)
            generator = Generator(checkpoint.family, dict(config), mapping, synthesis)
    except KeyError as error:
        raise UnreadableCheckpoint(f"The checkpoint has no {error}.") from error
    load(generator, tensors)
    return generator.eval().requires_grad_(False)


def mapping_of(config: Mapping[str, Any], tensors: Tensors) -> MappingNetwork:
    """The mapping network; its widths are those of the tensors."""
    depth = config["mapping"]["num_layers"]
    weights = [tensors[f"mapping.fc{i}.weight"] for i in range(depth)]
    widths = [weights[0].shape[1], *(weight.shape[0] for weight in weights)]
    return MappingNetwork(
        config["z_dim"],
        config["c_dim"],
        widths,
        config["mapping"]["lr_multiplier"],
        config["mapping"]["activation"],
        config["mapping"].get("embed_lr_multiplier", 1.0),
    )


def stylegan2_of(config: Mapping[str, Any], tensors: Tensors) -> nn.Module:
    """The StyleGAN2 synthesis network; channels and sizes are those of the tensors."""
    names = {name.split(".")[1] for name in tensors if name.startswith("synthesis.b")}
    blocks = sorted(names, key=lambda name: int(name[1:]))
    channels = {name: tensors[f"synthesis.{name}.conv1.weight"].shape[0] for name in blocks}
    height, width = tensors[f"synthesis.{blocks[0]}.const"].shape[1:]
    return stylegan2.SynthesisNetwork(config, channels, (height, width))


def stylegan3_of(config: Mapping[str, Any], tensors: Tensors) -> nn.Module:
    """The StyleGAN3 synthesis network; which layers have which filters is in the tensors."""
    filters = {k: torch.empty(v.shape) for k, v in tensors.items() if k.endswith("_filter")}
    return stylegan3.SynthesisNetwork(config, filters)


SYNTHESIS = {"stylegan2": stylegan2_of, "stylegan3": stylegan3_of}


def load(generator: Generator, tensors: Tensors) -> None:
    """Put a checkpoint's tensors into a generator by name; a StyleGAN2's filters are constants."""
    state = {
        name: torch.tensor(array, dtype=torch.float32)
        for name, array in tensors.items()
        if not name.endswith("resample_filter")
    }
    try:
        generator.load_state_dict(state, assign=True)
    except RuntimeError as error:
        problem = str(error).splitlines()[1].strip()
        raise UnreadableCheckpoint(f"The checkpoint's tensors do not fit: {problem}") from error
