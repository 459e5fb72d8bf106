"""Renderers of small networks."""

from functools import cache

from paths import FIXTURES
from taxiway.checkpoint import Checkpoint, read_checkpoint
from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.rendering.renderer import CheckpointRenderer


@cache
def small_renderer(name: str = "stylegan2-ada_32") -> CheckpointRenderer:
    """The renderer of a checkpoint among the fixtures."""
    return CheckpointRenderer(read_checkpoint(FIXTURES / f"{name}.pkl"), name=name)


def renderer_of(generator: Generator, name: str = "", sha256: str = "") -> CheckpointRenderer:
    """The renderer of a generator as if it had been read from a file."""
    return CheckpointRenderer(checkpoint_of(generator, sha256), name=name)


def checkpoint_of(generator: Generator, sha256: str = "") -> Checkpoint:
    """A generator's checkpoint."""
    tensors = {name: tensor.numpy() for name, tensor in generator.state_dict().items()}
    return Checkpoint(generator.family, generator.config, tensors, {"sha256": sha256})
