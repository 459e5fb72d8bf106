"""What a member of the slot `sinks` is: where the frames of a running model go."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from taxiway.core.command import Values
from taxiway.core.datatypes import AnyDataType
from taxiway.core.errors import TaxiwayError
from taxiway.core.frame import Frame


class SinkDone(TaxiwayError):
    """A sink has done all that it was asked for; the message says what that was."""


class Sink:
    """One way out for the frames of one model.

    `open`, `send` and `close` are called by a thread of the sink's own, so they may block: nobody
    waits for them, and while they work only the newest frame is kept. A frame is uint8 [H, W, 3];
    with `alpha` one that is transparent comes as [H, W, 4]. After `open` every frame has that size;
    when it changes, the sink is closed and opened anew.

    Whatever `open` or `send` raises ends the sink: the text of a TaxiwayError or OSError is what
    people read; SinkDone is no error. `close` is called once after every `open`, also after one
    that failed.

    `settings` become arguments of `taxiway run --sink` and a form in the studio. `always` is for a
    sink that is there from the start of every model, since it costs nothing until someone reads.
    """

    title: ClassVar[str]
    settings: ClassVar[Mapping[str, AnyDataType]] = {}
    seen: ClassVar[str] = ""
    """How a person comes to see it elsewhere, in a sentence or two."""
    paths: ClassVar[tuple[str, ...]] = ("path",)
    """Settings that are paths: pages may name those below a folder that the owner opened."""
    alpha: ClassVar[bool] = False
    always: ClassVar[bool] = False
    least_fps: ClassVar[int] = 0
    """A picture at rest is sent again so many times a second, `fps` at most; 0 for never. For what
    takes a source that says nothing for one that is gone."""
    end_seconds: ClassVar[float] = 2.0
    """How long it may take to end, as to write what is left of a file."""

    def __init__(self, settings: Values) -> None:
        self.settings_given = settings
        """The decoded values of `settings`; of an `always` sink they may change."""
        self.on_receivers: Callable[[], None] = lambda: None
        """To be called, on any thread, when `receivers` has changed."""

    @classmethod
    def probe(cls) -> str | None:
        """None if this machine can run it, else a sentence that says what is missing."""
        return None

    @property
    def receivers(self) -> int | None:
        """How many receive it now; None if it cannot know. While 0, it is sent nothing.

        Asked on any thread, so it answers at once, as `address` does.
        """
        return None

    @property
    def address(self) -> str:
        """Where the frames can be found: a path of this machine, a path of the model's HTTP
        address that begins with /, or a name."""
        return ""

    @property
    def note(self) -> str:
        """How its frames go there, where that is worth a sentence, or ""."""
        return ""

    @property
    def result(self) -> str:
        """What there is of it once it has ended, as a sentence, or ""."""
        return ""

    def open(self, width: int, height: int, fps: int) -> None:
        """Begin to send frames of a size in pixels, at most `fps` a second."""

    def send(self, frame: Frame) -> None:
        """Send one frame."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of whatever `open` took."""

    def play(self, command: str) -> None:
        """The model is asked that command; called before `change`, on the server's thread."""

    def change(self, values: Mapping[str, Any], time: float) -> None:
        """Inputs were set at a time of the monotonic clock, None to their defaults; first all.

        Called for every change, on the server's thread: it answers at once.
        """

    def end(self) -> None:
        """It is not wanted any more; called once, on the server's thread, before the last `close`
        and even while `send` is at work."""

    def routes(self) -> Sequence[Any]:
        """Routes at the model's HTTP address, of an `always` sink."""
        return ()
