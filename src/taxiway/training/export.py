"""From a training to a model people can run: its checkpoint."""

from collections.abc import Sequence
from pathlib import Path

from taxiway.networks.checkpoint import Checkpoint, write_checkpoint
from taxiway.networks.generator import Generator


def write_model(path: Path, generator: Generator, seen: int, classes: Sequence[str] = ()) -> None:
    """Write a generator as safetensors, weights in float16; `seen` is how many pictures it saw.

    `classes` are the names of its classes, where they are known.
    """
    state = generator.state_dict()
    tensors = {name: tensor.detach().cpu().numpy() for name, tensor in state.items()}
    source = {"format": "trained", "notes": [f"Taxiway's trainer, {seen} pictures seen."]}
    config = generator.config | ({"classes": list(classes)} if classes else {})
    checkpoint = Checkpoint(generator.family, config, tensors, source)
    write_checkpoint(path, checkpoint, dtype="float16")
