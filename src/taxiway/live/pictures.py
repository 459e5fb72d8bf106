"""Which of a command's outputs is shown, and its picture."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from taxiway.core.command import Command
from taxiway.core.datatypes.picture import Picture
from taxiway.core.images import Pixels


def picture_name(command: Command) -> str | None:
    """The output that goes to the broadcast: the first picture; None where there is none."""
    pictures = (name for name, output in command.outputs.items() if isinstance(output, Picture))
    return next(pictures, None)


def picture_of(command: Command, outputs: Mapping[str, Any]) -> Pixels | None:
    """The picture for the broadcast, uint8 [H, W] or [H, W, C]; None where there is none."""
    name = picture_name(command) or ""
    output = command.outputs.get(name)
    if not isinstance(output, Picture) or name not in outputs:
        return None
    pixels = output.shown(outputs[name])
    # What is no picture is an error once it is encoded, which viewers are spared.
    return pixels if pixels.dtype == np.uint8 and pixels.ndim in (2, 3) else None
