"""Reading and writing checkpoints safely: nothing in a file is ever executed or looked up."""

from taxiway.networks.checkpoint.contents import Checkpoint
from taxiway.networks.checkpoint.inspect import inspect_checkpoint
from taxiway.networks.checkpoint.native import write_checkpoint
from taxiway.networks.checkpoint.reader import read_checkpoint
from taxiway.networks.checkpoint.report import Report

__all__ = ["Checkpoint", "Report", "inspect_checkpoint", "read_checkpoint", "write_checkpoint"]
