"""From a training to a model people can run: its checkpoint."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from torch import nn

from taxiway.checkpoint import Checkpoint, write_checkpoint
from taxiway.families.stylegan.networks.generator import Generator


def write_model(path: Path, generator: Generator, seen: int, classes: Sequence[str] = ()) -> None:
    """Write a generator as safetensors, weights in float16; `seen` is how many pictures it saw.

    `classes` are the names of its classes, where they are known.
    """
    source = {"format": "trained", "notes": [f"Taxiway's trainer, {seen} pictures seen."]}
    config = generator.config | ({"classes": list(classes)} if classes else {})
    checkpoint = Checkpoint(generator.family, config, arrays_of(generator), source)
    write_checkpoint(path, checkpoint, dtype="float16")


def arrays_of(network: nn.Module) -> dict[str, NDArray[Any]]:
    """A network's tensors by name, as arrays."""
    return {name: tensor.cpu().numpy() for name, tensor in network.state_dict().items()}
