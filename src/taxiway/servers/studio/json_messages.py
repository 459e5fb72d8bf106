"""The text messages of the studio's socket (docs/wire.md), both ways; JSON."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from taxiway.core.frame import Mark
from taxiway.live.controls import Origin
from taxiway.servers.studio.binary_messages import VERSION, Malformed

Seq = Annotated[int, Meta(ge=0, le=2**32 - 1)]


class Numbered(Struct, frozen=True, kw_only=True, tag_field="type"):
    """What carries the page's change counter and clock."""

    seq: Seq = 0
    time: float = 0.0

    @property
    def mark(self) -> Mark:
        return Mark(self.seq, self.time)


class Set(Numbered, frozen=True, tag="set"):
    """Set inputs by name."""

    values: dict[str, Any]


class Seed(Numbered, frozen=True, tag="seed"):
    """Go to the z of a seed."""

    seed: int


class Pick(Numbered, frozen=True, tag="pick"):
    """Go to the z of a point of the map."""

    field_seed: int
    x: float
    y: float


class CancelTiles(Struct, frozen=True, tag_field="type", tag="cancel_tiles"):
    """Forget the tiles that wait."""


class ModelAction(Struct, frozen=True, tag_field="type", tag="model"):
    """Start or stop the model."""

    action: Literal["start", "stop"]


class StopWalk(Struct, frozen=True, tag_field="type", tag="walk"):
    """Stop the walk, whoever began it."""

    action: Literal["stop"]


class SetBlackout(Struct, frozen=True, tag_field="type", tag="blackout"):
    """Make every output black, or let it be seen again."""

    on: bool


class Signals(Numbered, frozen=True, tag="signals"):
    """What the page's hardware says, in order: names and numbers, for the mapping."""

    signals: Annotated[list[tuple[str, float]], Meta(max_length=256)]


class ShowSignals(Struct, frozen=True, tag_field="type", tag="feedback"):
    """Whether the page's hardware is to show how the controls stand."""

    on: bool


class Cancel(Struct, frozen=True, tag_field="type", tag="cancel"):
    """Stop what the model works on, whoever asked for it."""


class Perform(Struct, frozen=True, tag_field="type", tag="perform"):
    """Do something to the session: an action by its name."""

    action: str
    inputs: dict[str, Any] = {}


Word = (
    Set
    | Seed
    | Pick
    | CancelTiles
    | StopWalk
    | SetBlackout
    | Signals
    | ShowSignals
    | Cancel
    | ModelAction
    | Perform
)

_decoder = msgspec.json.Decoder(Word)


def read(text: str) -> Word:
    """What a page says. Raises Malformed."""
    try:
        word: Word = _decoder.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError) as error:
        raise Malformed(f"Not a message of the studio: {error}") from None
    return word


class Hello(Struct, frozen=True, kw_only=True, tag_field="type", tag="hello"):
    """All there is to know: sent first, and after each set-up of the model."""

    version: int = VERSION
    model: Mapping[str, Any]
    info: Mapping[str, Any] | None
    live: bool
    owns: bool = False
    """Whether this page may start, stop, train and open files."""
    state: str
    message: str
    device: str | None
    facts: Mapping[str, Any]
    values: Mapping[str, Any]
    origin: Origin | None
    theirs: list[str] = []
    """What others set last, z and w too: neither this page nor one before it in its tab."""
    walk: bool = False
    blackout: bool = False


class State(Struct, frozen=True, tag_field="type", tag="state"):
    """The model's state changed."""

    state: str
    message: str


class Values(Struct, frozen=True, tag_field="type", tag="values"):
    """Somebody else set these."""

    values: Mapping[str, Any]
    origin: Origin | UnsetType | None = UNSET
    """Where the vector comes from; left out where the vector did not change."""
    movers: Mapping[str, str] = {}
    """Who set each, the vector too: a knob of the mapping, a program, another page."""
    yours: list[str] = []
    """Those of them that something moves which this page began, such as a fade."""


class Shown(Struct, frozen=True, tag_field="type", tag="shown"):
    """What the page's hardware is to show: signals by name, and where they should be."""

    signals: Sequence[tuple[str, float]]


class Output(Struct, frozen=True, tag_field="type", tag="output"):
    """What the model answered last, whoever asked; only of a model that is not played live."""

    outputs: Mapping[str, Any]


class Part(Struct, frozen=True, kw_only=True, tag_field="type", tag="part"):
    """What there is so far of the answer to call number `call`; `progress` from 0 to 1."""

    call: int
    outputs: Mapping[str, Any]
    progress: float | None
    message: str


class Ended(Struct, frozen=True, tag_field="type", tag="ended"):
    """Nothing more comes of that call: it is answered, has failed, or was cancelled."""

    call: int


class Walk(Struct, frozen=True, tag_field="type", tag="walk"):
    """Whether a walk goes on."""

    on: bool


class Stopped(Struct, frozen=True, tag_field="type", tag="stopped"):
    """Somebody stopped whatever moves by itself: what a page plays is to end, too."""


class Note(Struct, frozen=True, kw_only=True, tag_field="type", tag="note"):
    """What a program sent does nothing, or not all of it; `sender` is empty where unknown, `times`
    how many messages it is true of."""

    protocol: str
    sender: str = ""
    message: str
    times: int = 1


class Blackout(Struct, frozen=True, tag_field="type", tag="blackout"):
    """Whether every output is black."""

    on: bool


class Test(Struct, frozen=True, tag_field="type", tag="test"):
    """Show colour bars in place of the picture for so long, if nothing else is to be seen."""

    seconds: float


class Preset(Struct, frozen=True):
    """A preset, or a picture of the history; `picture` is the name of its file, perhaps empty."""

    number: int
    name: str
    picture: str


class Key(Struct, frozen=True):
    """A key of the timeline, and how one comes there."""

    picture: str
    seconds: float
    curve: str


class Track(Struct, frozen=True):
    """What was recorded of a control: seconds, and numbers where it has some, to be drawn."""

    name: str
    times: list[float]
    values: list[float]


class Timeline(Struct, frozen=True):
    """Whole states in a row, and what lies over them."""

    keys: list[Key]
    tracks: list[Track]
    seconds: float
    at: float
    """The seconds of it that were shown last; while it plays, those of now."""
    loops: bool
    plays: bool
    armed: bool


class Presets(Struct, frozen=True, tag_field="type", tag="presets"):
    """What can be gone back to: presets, settled pictures by their names, oldest first."""

    presets: list[Preset]
    history: list[str]
    seconds: float
    """What a fade usually takes."""
    curve: str
    fade: bool
    """Whether one is under way."""
    said: str
    """What could not be read of what was kept."""
    timeline: Timeline


class Modulator(Struct, frozen=True):
    """A modulator at work; `targets` are the controls that it moves, by how much."""

    number: int
    kind: str
    settings: Mapping[str, Any]
    targets: Mapping[str, float]
    on: bool


class Movement(Struct, frozen=True, tag_field="type", tag="movement"):
    """What moves controls by itself, and the beat that it follows."""

    modulators: list[Modulator]
    bpm: float
    changes: str
    held: bool


class Modulated(Struct, frozen=True, tag_field="type", tag="modulated"):
    """Where modulators have moved numbers to; those of earlier that are left out are at rest."""

    values: Mapping[str, Any]


class Error(Struct, frozen=True, tag_field="type", tag="error"):
    """A message could not be obeyed, or the model failed."""

    message: str
    input: str | None = None
    seq: int | None = None


Said = (
    Hello
    | State
    | Values
    | Shown
    | Output
    | Part
    | Ended
    | Walk
    | Stopped
    | Blackout
    | Test
    | Note
    | Presets
    | Movement
    | Modulated
    | Error
)


def write(word: Said) -> str:
    """The text of one message of the server."""
    return msgspec.json.encode(word).decode()
