"""What a member of the slot `sources` is: what comes into a running model by itself."""

import threading
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from taxiway.core.command import Values
from taxiway.core.datatypes import AnyDataType
from taxiway.core.images import Pixels


class Signals(list[tuple[str, float]]):
    """What hardware says, in order: names and numbers, which the session's mapping knows."""


Given = Mapping[str, Any] | Pixels | Signals
"""Values of inputs by name, or a picture, uint8 [H, W, 3], for the input that takes one, or signals
for the mapping, of which none is overtaken."""


class Source:
    """One way in for one model: `read` yields values of inputs, pictures or signals, until it ends.

    `read` runs in a thread of the source's own and may block; what it yields faster than the model
    takes it is overtaken, the newest wins, but signals come all, in order. Between two things it
    waits by `wait`, which a stop ends. Whatever it raises ends it: the text of a TaxiwayError or
    OSError is what people read.
    """

    title: ClassVar[str]
    settings: ClassVar[Mapping[str, AnyDataType]] = {}
    paths: ClassVar[tuple[str, ...]] = ("path",)
    """Settings that are paths: pages may name those below a folder that the owner opened."""
    frames: ClassVar[bool] = False
    """Whether it yields pictures, so that it is only for a model that takes one."""
    moves: ClassVar[bool] = False
    """Whether it plays by itself, so that who stops whatever moves stops it, too."""

    def __init__(self, settings: Values) -> None:
        self.settings_given = settings
        self.stopping = threading.Event()

    @classmethod
    def probe(cls) -> str | None:
        """None if this machine can run it, else a sentence that says what is missing."""
        return None

    def read(self) -> Iterator[Given]:
        """What comes in, until `stopping` is set or there is no more."""
        raise NotImplementedError

    def wait(self, seconds: float) -> bool:
        """Wait that long; whether to stop."""
        return self.stopping.wait(max(seconds, 0))

    def show(self, signals: Signals) -> None:
        """Hardware is to show these, as motors and lights do, of those that the mapping knows.

        Called in the session's thread, and returns at once; not called where it is not overridden.
        """

    def close(self) -> None:
        """Let go of whatever `read` took; called once when it has ended."""
