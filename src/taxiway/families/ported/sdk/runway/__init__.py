"""The interface of Runway's Model SDK 0.6.1: `setup`, `command`, `run` and the data types.

Written anew from its documentation; the code suits Python 3.6, which Runway's own models
ran in, and needs numpy and Pillow only.
"""

import sys

from . import ages, leash
from .data_types import *  # noqa: F403
from .model import RunwayModel

leash.hold()
sys.excepthook = ages.hook

_model = RunwayModel()
setup = _model.setup
command = _model.command
run = _model.run
