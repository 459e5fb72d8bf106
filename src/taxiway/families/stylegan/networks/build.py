"""From a checkpoint to a generator: its shapes give the sizes, its config the rest."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from taxiway.checkpoint import Checkpoint
from taxiway.core.errors import UnreadableCheckpoint
from taxiway.families.stylegan.networks import fastgan, stylegan1, stylegan2, stylegan3
from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.networks.mapping import MappingNetwork, Unmapped

Tensors = Mapping[str, np.ndarray[Any, Any]]
Shapes = Mapping[str, Sequence[int]]


def build(checkpoint: Checkpoint) -> Generator:
    """The generator that a checkpoint describes, in float32 on the CPU, ready to be called.

    Raises UnreadableCheckpoint if the family is unknown or tensors are missing or do not fit.
    """
    with _Undrawn():
        generator = fresh(**described(checkpoint))
    load(generator, checkpoint.tensors)
    return generator.eval().requires_grad_(False)


class _Undrawn(TorchFunctionMode):
    """Within it nothing is drawn just to be replaced; torch's own way, the "meta" device, imports
    sympy first, which takes longer than all else here.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return (torch.empty if func is torch.randn else func)(*args, **(kwargs or {}))


def described(checkpoint: Checkpoint) -> dict[str, Any]:
    """What `fresh` needs to make a checkpoint's network anew, as plain JSON."""
    shapes = {name: list(array.shape) for name, array in checkpoint.tensors.items()}
    return {"family": checkpoint.family, "config": dict(checkpoint.config), "shapes": shapes}


def fresh(family: str, config: Mapping[str, Any], shapes: Shapes) -> Generator:
    """A generator as described, ready to be trained; its weights drawn, its filters plain means.

    Raises UnreadableCheckpoint if the family is unknown or shapes are missing.
    """
    if family not in SYNTHESIS:
        known = ", ".join(SYNTHESIS)
        raise UnreadableCheckpoint(f"A generator is {known}; this checkpoint is {family}.")
    try:
        mapping = mapping_of(config, shapes)
        synthesis = SYNTHESIS[family](config, shapes)
    except KeyError as error:
        raise UnreadableCheckpoint(f"The checkpoint has no {error}.") from error
    return Generator(family, dict(config), mapping, synthesis)


def mapping_of(config: Mapping[str, Any], shapes: Shapes) -> MappingNetwork:
    """The mapping network; its widths are those of the tensors."""
    if "mapping" not in config:
        return Unmapped(config["z_dim"], config["c_dim"])
    depth = config["mapping"]["num_layers"]
    weights = [shapes[f"mapping.fc{i}.weight"] for i in range(depth)]
    widths = [weights[0][1], *(weight[0] for weight in weights)]
    return MappingNetwork(
        config["z_dim"],
        config["c_dim"],
        widths,
        config["mapping"]["lr_multiplier"],
        config["mapping"]["activation"],
        config["mapping"].get("embed_lr_multiplier", 1.0),
        config["mapping"].get("joins_labels", False),
        config["mapping"].get("class_centres", False),
    )


def stylegan1_of(config: Mapping[str, Any], shapes: Shapes) -> nn.Module:
    """The StyleGAN1 synthesis network; channels are those of the tensors."""
    names = [f"b{4 << index}" for index in range(config["num_ws"] // 2)]
    channels = {name: shapes[f"synthesis.{name}.conv1.bias"][0] for name in names}
    return stylegan1.SynthesisNetwork(config, channels)


def stylegan2_of(config: Mapping[str, Any], shapes: Shapes) -> nn.Module:
    """The StyleGAN2 synthesis network; channels and sizes are those of the tensors."""
    names = {name.split(".")[1] for name in shapes if name.startswith("synthesis.b")}
    blocks = sorted(names, key=lambda name: int(name[1:]))
    channels = {name: shapes[f"synthesis.{name}.conv1.weight"][0] for name in blocks}
    height, width = shapes[f"synthesis.{blocks[0]}.const"][1:]
    return stylegan2.SynthesisNetwork(config, channels, (height, width))


def stylegan3_of(config: Mapping[str, Any], shapes: Shapes) -> nn.Module:
    """The StyleGAN3 synthesis network; which layers have which filters is in the tensors."""
    named = {name: tuple(shape) for name, shape in shapes.items() if name.endswith("_filter")}
    filters = {name: torch.full(shape, 1 / math.prod(shape)) for name, shape in named.items()}
    return stylegan3.SynthesisNetwork(config, filters)


SYNTHESIS = {
    "stylegan1": stylegan1_of,
    "stylegan2": stylegan2_of,
    "stylegan3": stylegan3_of,
    "fastgan": fastgan.SynthesisNetwork,
}


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
