"""Instruments of small networks."""

from functools import cache

from paths import FIXTURES
from taxiway.checkpoint import read_checkpoint
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.rendering.renderer import TorchRenderer


@cache
def small_renderer(name: str = "stylegan2-ada_32") -> TorchRenderer:
    """The instrument of a checkpoint among the fixtures."""
    generator = build_generator(read_checkpoint(FIXTURES / f"{name}.pkl"))
    return TorchRenderer(generator, name=name, sha256="0" * 64)
