"""A slot: one file is one tool that works on a generator (see `core.tool`)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taxiway.families.stylegan.rendering.instrument import Instrument


def generator(checkpoint: str) -> "Instrument":
    """What tools work on, from a checkpoint's file; raises as `read_checkpoint` does."""
    from taxiway.checkpoint import read_checkpoint
    from taxiway.families.stylegan.networks import build_generator
    from taxiway.families.stylegan.rendering.instrument import Instrument

    read = read_checkpoint(checkpoint)
    return Instrument(build_generator(read), sha256=read.source["sha256"])
