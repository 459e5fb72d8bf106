"""The actions on the timeline."""

from typing import TYPE_CHECKING

from taxiway.core.command import Values
from taxiway.core.datatypes import Boolean, Category, Number, Text
from taxiway.live.messages.action import action
from taxiway.live.movement.fade import CURVES, LONGEST_SECONDS
from taxiway.live.movement.timeline import MOST_KEYS

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession

AT = Number(default=0, min=0, description="Seconds from its beginning.")
SECONDS = Number(default=4, min=0.05, max=LONGEST_SECONDS, description="To come there.")
CURVE = Category(one_of=tuple(CURVES))


def add(session: "LiveSession", inputs: Values) -> None:
    """Put what is played at the end of the timeline."""
    session.timeline.add(inputs["seconds"], inputs["curve"])


def change(session: "LiveSession", inputs: Values) -> None:
    """Give a key of the timeline another time or curve; what is left out stays."""
    session.timeline.change(inputs["key"], inputs["seconds"], inputs["curve"])


def move(session: "LiveSession", inputs: Values) -> None:
    """Put a key of the timeline in the place of another, from 1."""
    session.timeline.move(inputs["key"], inputs["to"])


def remove(session: "LiveSession", inputs: Values) -> None:
    """Take a key out of the timeline, from 1; 0 is all of them."""
    session.timeline.remove(inputs["key"])


def loop(session: "LiveSession", inputs: Values) -> None:
    """Let the timeline go from its last key to the first, and on."""
    session.timeline.loop(inputs["on"])


def play(session: "LiveSession", inputs: Values) -> None:
    """Play the timeline, on the beat or bar if changes wait for it."""
    if not session.timeline.armed:
        session.timeline.check()
    session.movement.tempo.then(lambda: session.timeline.play(inputs["at"]))


def scrub(session: "LiveSession", inputs: Values) -> None:
    """Show the timeline as it is at a time."""
    session.timeline.scrub(inputs["at"])


def arm(session: "LiveSession", inputs: Values) -> None:
    """Record what hands move while the timeline plays, or no more; what is there stays."""
    session.timeline.arm(inputs["on"])


def erase(session: "LiveSession", inputs: Values) -> None:
    """Take away what was recorded of a control; of all, where none is named."""
    session.timeline.erase(inputs["control"])


def _key(least: int) -> Number:
    return Number(whole=True, min=least, max=MOST_KEYS, default=None)


TIMELINE_ACTIONS = (
    action("timeline/add", add, {"seconds": SECONDS, "curve": CURVE}),
    action(
        "timeline/key",
        change,
        {
            "key": _key(1),
            "seconds": Number(default=None, optional=True, min=0.05, max=LONGEST_SECONDS),
            "curve": Category(one_of=tuple(CURVES), default=None, optional=True),
        },
        example=(1, 2.0),
    ),
    action("timeline/move", move, {"key": _key(1), "to": _key(1)}, example=(2, 1)),
    action("timeline/loop", loop, {"on": Boolean(default=True)}, example=(1,)),
    action("timeline/play", play, {"at": AT}),
    action("timeline/scrub", scrub, {"at": AT}),
    action("timeline/arm", arm, {"on": Boolean(default=True)}, example=(1,)),
    action("timeline/erase", erase, {"control": Text(default="")}, example=("",)),
    action("timeline/remove", remove, {"key": _key(0)}, example=(1,)),
)
