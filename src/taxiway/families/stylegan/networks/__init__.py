"""Generator networks in PyTorch, and the files they come in.

Nothing here imports torch until a generator is built, so that `checkpoint` can be used without.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taxiway.checkpoint import Checkpoint
    from taxiway.families.stylegan.networks.generator import Generator


def build_generator(checkpoint: "Checkpoint") -> "Generator":
    """The generator that a checkpoint describes, in float32 on the CPU, ready to be called.

    Raises UnreadableCheckpoint if the family is unknown or tensors are missing or do not fit.
    """
    from taxiway.families.stylegan.networks.build import build

    return build(checkpoint)
