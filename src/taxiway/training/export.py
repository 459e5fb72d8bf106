"""From a training to a model people can run: the checkpoint, and the figures for its card."""

from pathlib import Path

from taxiway.networks.checkpoint import Checkpoint, write_checkpoint
from taxiway.networks.generator import Generator
from taxiway.training.metrics import report
from taxiway.training.pictures import HELD_OUT, TWINS, painted
from taxiway.training.samples import samples

SEEDS = range(10_000, 10_500)
"""Of the pictures that are measured; the sheets show others."""


def write_model(path: Path, generator: Generator, seen: int) -> None:
    """Write a generator as safetensors, weights in float16; `seen` is how many pictures it saw."""
    tensors = {name: tensor.detach().numpy() for name, tensor in generator.state_dict().items()}
    source = {"format": "trained", "notes": [f"Taxiway's trainer, {seen} pictures seen."]}
    checkpoint = Checkpoint(generator.family, generator.config, tensors, source)
    write_checkpoint(path, checkpoint, dtype="float16")


def figures(generator: Generator, psi: float = 0.7) -> dict[str, float]:
    """The figures of `metrics.report`, on 500 pictures of each kind, rounded."""
    size, count = generator.resolution[0], len(SEEDS)
    found = report(
        samples(generator, SEEDS, psi),
        painted(range(HELD_OUT, HELD_OUT + count), size),
        painted(range(TWINS, TWINS + count), size, with_bow=False),
    )
    return {name: round(value, 4) for name, value in found.items()}
