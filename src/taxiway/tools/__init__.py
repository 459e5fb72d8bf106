"""A slot: one file is one tool that works on a generator (see `core.tool`)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taxiway.networks.generator import Generator


def generator(checkpoint: str) -> "Generator":
    """What tools work on, from a checkpoint's file; raises as `read_checkpoint` does."""
    from taxiway.networks import build_generator
    from taxiway.networks.checkpoint import read_checkpoint

    return build_generator(read_checkpoint(checkpoint))
