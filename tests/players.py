"""Instruments of small networks."""

from functools import cache
from pathlib import Path

from taxiway.discovery.instrument import Instrument
from taxiway.networks import build_generator
from taxiway.networks.checkpoint import read_checkpoint

FIXTURES = Path(__file__).parent / "fixtures"


@cache
def instrument(name: str = "stylegan2-ada_32") -> Instrument:
    """The instrument of a checkpoint among the fixtures."""
    generator = build_generator(read_checkpoint(FIXTURES / f"{name}.pkl"))
    return Instrument(generator, name=name, sha256="0" * 64)
