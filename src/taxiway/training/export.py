"""From a training to a model people can run: its checkpoint."""

from pathlib import Path

from taxiway.networks.checkpoint import Checkpoint, write_checkpoint
from taxiway.networks.generator import Generator


def write_model(path: Path, generator: Generator, seen: int) -> None:
    """Write a generator as safetensors, weights in float16; `seen` is how many pictures it saw."""
    state = generator.state_dict()
    tensors = {name: tensor.detach().cpu().numpy() for name, tensor in state.items()}
    source = {"format": "trained", "notes": [f"Taxiway's trainer, {seen} pictures seen."]}
    checkpoint = Checkpoint(generator.family, generator.config, tensors, source)
    write_checkpoint(path, checkpoint, dtype="float16")
