"""The actions on what moves: walk, modulators, tempo, hold."""

from typing import TYPE_CHECKING

from taxiway.core.command import Values
from taxiway.core.datatypes import AnyType, Boolean, Category, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.live.messages.action import action
from taxiway.live.movement.modulators import MODULATORS
from taxiway.live.movement.tempo import FASTEST, SLOWEST, WHEN
from taxiway.live.movement.walk import WALK

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession

NUMBER = Number(whole=True, min=1, max=MODULATORS, default=None)


def walk(session: "LiveSession", inputs: Values) -> None:
    """Begin a walk through z, on the beat or bar if changes wait for it."""
    session.live_walk.check(inputs)
    session.movement.tempo.then(lambda: session.live_walk.begin(inputs))


def modulator(session: "LiveSession", inputs: Values) -> None:
    """Set up a modulator, change it, or switch it off and on; what is left out stays."""
    settings = {} if inputs["settings"] is None else inputs["settings"]
    if not isinstance(settings, dict):
        raise InvalidArgument("'settings' takes an object of settings by name.", "settings")
    session.movement.put(inputs["number"], inputs["kind"], settings, inputs["on"])


def clear(session: "LiveSession", inputs: Values) -> None:
    """Take a modulator away."""
    session.movement.remove(inputs["number"])


def modulate(session: "LiveSession", inputs: Values) -> None:
    """Let a modulator move a control by up to that part of its range; 0: no more."""
    session.movement.route(inputs["number"], inputs["control"], inputs["amount"])


def value(session: "LiveSession", inputs: Values) -> None:
    """Send a number from -1 to 1 to a modulator of the kind sent, as the level of a sound."""
    session.movement.give(inputs["number"], inputs["value"])


def tempo(session: "LiveSession", inputs: Values) -> None:
    """Set beats a minute, and whether presets and walks wait for the beat or the bar."""
    beat = session.movement.tempo
    if inputs["bpm"] is not None:
        beat.set(inputs["bpm"])
    beat.when = inputs["changes"] or beat.when
    session.movement.changed()


def tap(session: "LiveSession", inputs: Values) -> None:
    """A beat is now: the tempo follows from the second tap on."""
    session.movement.tempo.tap()
    session.movement.changed()


def clock(session: "LiveSession", inputs: Values) -> None:
    """A MIDI clock came, of which 24 are a beat: the tempo follows."""
    before = round(session.movement.tempo.bpm)
    session.movement.tempo.tick()
    if round(session.movement.tempo.bpm) != before:
        session.movement.changed()


def hold(session: "LiveSession", inputs: Values) -> None:
    """Keep what moves where it is, or let it go on."""
    session.movement.hold(inputs["on"])


MOVEMENT_ACTIONS = (
    action("walk", walk, WALK.inputs, has_address=False),
    action(
        "tempo",
        tempo,
        {
            "bpm": Number(default=None, optional=True, min=SLOWEST, max=FASTEST),
            "changes": Category(one_of=WHEN, default=None, optional=True),
        },
        example=(120.0, "now"),
    ),
    action("tap", tap),
    action("clock", clock),
    action("hold", hold, {"on": Boolean(default=True)}, example=(1,)),
    action(
        "modulator",
        modulator,
        {
            "number": NUMBER,
            "kind": Text(default=None, optional=True),
            "settings": AnyType(optional=True),
            "on": Boolean(default=True),
        },
        example=(1, "sent"),
    ),
    action(
        "modulate",
        modulate,
        {
            "number": NUMBER,
            "control": Text(),
            "amount": Number(default=0.25, min=-1, max=1),
        },
        example=(1, "truncation", 0.25),
    ),
    action(
        "modulator/value",
        value,
        {"number": NUMBER, "value": Number(default=0, min=-1, max=1)},
        example=(1, 0.5),
    ),
    action("modulator/clear", clear, {"number": NUMBER}),
)
