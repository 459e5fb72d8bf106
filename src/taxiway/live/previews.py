"""Which pictures of a slow model may be small: those made while something moves.

A model that can make a picture sooner says so by an input `preview`, which is one of auto, on and
off. While that is auto and the controls move, it is asked for previews; once they rest, for a whole
picture.
"""

from collections import deque

from taxiway.core.command import Command, Values

INPUT = "preview"
SLOW_MS = 100.0
"""What a whole picture takes in a model that is slow: under ten a second."""
LOOKED_AT = 3
"""Whole pictures of which the quickest counts: a machine that stood still once is not slow."""


class Previews:
    """What one session asks its model for; `is_small` of what it asked for last."""

    def __init__(self) -> None:
        self.is_small = False
        self._whole_ms: deque[float] = deque(maxlen=LOOKED_AT)

    def asked(self, command: Command, values: Values, rests: bool) -> Values:
        """The values to render with."""
        auto = INPUT in command.inputs and values.get(INPUT, "auto") == "auto"
        self.is_small = auto and not rests and min(self._whole_ms, default=0) > SLOW_MS
        return {**values, INPUT: "on"} if self.is_small else values

    def took(self, milliseconds: float) -> None:
        """How long the picture that was asked for last took."""
        if not self.is_small:
            self._whole_ms.append(milliseconds)
