"""A slot: one file is one tool that works on a generator (see `core.tool`)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taxiway.discovery.instrument import Instrument


def generator(checkpoint: str) -> "Instrument":
    """What tools work on, from a checkpoint's file; raises as `read_checkpoint` does."""
    from taxiway.discovery.instrument import Instrument
    from taxiway.networks import build_generator
    from taxiway.networks.checkpoint import read_checkpoint

    read = read_checkpoint(checkpoint)
    return Instrument(build_generator(read), sha256=read.source["sha256"])
