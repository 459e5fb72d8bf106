"""Reading and writing checkpoints safely: nothing in a file is ever executed or looked up."""

from taxiway.checkpoint.contents import Checkpoint
from taxiway.checkpoint.inspect import inspect_checkpoint
from taxiway.checkpoint.native import write_checkpoint
from taxiway.checkpoint.reader import read_checkpoint
from taxiway.checkpoint.report import Report

__all__ = ["Checkpoint", "Report", "inspect_checkpoint", "read_checkpoint", "write_checkpoint"]
