"""Reading and writing checkpoints safely: nothing in a file is ever executed or looked up."""

from taxiway.networks.checkpoint.contents import Checkpoint
from taxiway.networks.checkpoint.native import write_checkpoint
from taxiway.networks.checkpoint.reader import read_checkpoint

__all__ = ["Checkpoint", "read_checkpoint", "write_checkpoint"]
