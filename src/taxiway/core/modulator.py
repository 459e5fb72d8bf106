"""What a member of the slot `modulators` is: a number over time, which moves controls."""

from collections.abc import Mapping
from typing import ClassVar

from taxiway.core.command import Values
from taxiway.core.datatypes import AnyDataType
from taxiway.core.errors import InvalidArgument


class Modulator:
    """One at work: `value` is asked 60 times a second, and must answer at once.

    How long a round takes, and whether it goes on, back and forth, or ends, is no concern of its.
    """

    title: ClassVar[str]
    settings: ClassVar[Mapping[str, AnyDataType]] = {}

    def __init__(self, settings: Values) -> None:
        self.settings_given = settings

    def value(self, u: float, rounds: int) -> float:
        """From -1 to 1, at the part u of a round, 0 to 1, after that many whole rounds."""
        raise NotImplementedError

    def give(self, value: float) -> None:
        """Take a number from outside, as a level of sound; most take none."""
        raise InvalidArgument(f"A modulator of the kind '{self.title}' takes no values.", "value")
