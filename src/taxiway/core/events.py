"""What happened, told to whoever listens; the only way in which status flows back."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from msgspec import Struct

from taxiway.core.datatypes import Wire
from taxiway.core.model import Progress

State = Literal["asleep", "starting", "running", "failed"]


class StateChanged(Struct, frozen=True, tag="state"):
    """A model changed its state; `message` is one sentence for people."""

    model: str
    state: State
    message: str = ""


class CommandsChanged(Struct, frozen=True, tag="commands"):
    """A model that runs takes other inputs from now on, or says something else of itself."""

    model: str


class Answer(Struct, frozen=True, kw_only=True):
    """A query's answer before it was encoded, with what it answers.

    `wire` is what was given, `inputs` the same decoded, with defaults; `outputs` are decoded, with
    pictures as uint8 [H, W, C], or `EncodedPicture` where nobody watches; `render_ms` is what queue
    and model took, `asked_at` when it came, in seconds of a monotonic clock; None: just now.
    """

    command: str
    wire: Mapping[str, Wire]
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    render_ms: float
    asked_at: float | None = None


class OutputReady(Struct, frozen=True, tag="output"):
    """This is now the model's current output: a query's, with its `answer`, or what was played."""

    model: str
    outputs: Mapping[str, Wire]
    answer: Answer | None = None


class PartReady(Struct, frozen=True, kw_only=True, tag="part"):
    """What there is so far of the answer to call number `call`, and how far it is.

    `outputs` are encoded, all that came; `news` are those that came now, decoded. A sentence for
    people is in `progress`.
    """

    model: str
    command: str
    call: int
    outputs: Mapping[str, Wire]
    news: Mapping[str, Any]
    progress: Progress | None


class CallEnded(Struct, frozen=True, tag="ended"):
    """A call of which parts came is answered, has failed, or nobody waits for it any more."""

    model: str
    call: int


class WalkChanged(Struct, frozen=True, tag="walk"):
    """A walk over the live session began or ended, whoever did it."""

    model: str
    goes_on: bool


class BlackoutChanged(Struct, frozen=True, tag="blackout"):
    """What leaves the live session became black, or is to be seen again."""

    model: str
    is_black: bool


class PictureTested(Struct, frozen=True, tag="test"):
    """The pages of a live session's picture are to show a test picture for some seconds."""

    model: str
    seconds: float


class MovementChanged(Struct, frozen=True, tag="movement"):
    """Modulators, tempo or hold of a live session changed."""

    model: str


class MovementStopped(Struct, frozen=True, tag="stopped"):
    """Somebody stopped whatever moves a live session by itself."""

    model: str


class PresetsChanged(Struct, frozen=True, tag="presets"):
    """A preset or the history of a live session changed, or a fade began or ended."""

    model: str


class QueryFailed(Struct, frozen=True, tag="error"):
    """A query or a live picture failed: this is now the model's current error."""

    model: str
    error: str


class InputsIgnored(Struct, frozen=True, tag="ignored"):
    """A query had inputs that the command does not have: perhaps it is meant for another model."""

    model: str
    names: list[str]


class MessageIgnored(Struct, frozen=True, tag="message"):
    """What `sender` sent by `protocol` does nothing; `reason` is one sentence for people, true of
    so many messages."""

    model: str
    protocol: str
    sender: str
    reason: str
    times: int = 1


Event = (
    StateChanged
    | CommandsChanged
    | OutputReady
    | PartReady
    | CallEnded
    | WalkChanged
    | BlackoutChanged
    | PictureTested
    | MovementChanged
    | MovementStopped
    | PresetsChanged
    | QueryFailed
    | InputsIgnored
    | MessageIgnored
)
Listener = Callable[[Event], None]


class Events:
    """A bus: every listener hears every event, in order, on the thread that emits it."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` for every event from now on; the result stops it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def emit(self, event: Event) -> None:
        """Tell every listener; a listener may stop itself while told."""
        for listener in tuple(self._listeners):
            listener(event)
