"""A walk through z while a model is played: the server moves, the newest picture is shown."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import Boolean, Category, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.events import WalkChanged
from taxiway.latent import walk
from taxiway.latent.sample import MAX_SEED, parse_seeds, z_of_seed
from taxiway.latent.walk import Curve, Floats, Walk
from taxiway.live.controls import begun
from taxiway.live.movement.tempo import MODES, Pace
from taxiway.live.readers import UNWANTED_SECONDS

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession

TICK_SECONDS = 1 / 60
MOST_KEYS = 1000


def _wander(inputs: Values, length: int) -> Curve:
    return walk.wander(inputs["seed"], length, inputs["changes"])


def _slerp(inputs: Values, length: int) -> Curve:
    return walk.constant(walk.slerp(_keys(inputs, length)))


def _circle(inputs: Values, length: int) -> Curve:
    keys = _keys(inputs, length)
    return walk.circle(keys[0], keys[1])


def _noise(inputs: Values, length: int) -> Curve:
    return walk.noise_loop(inputs["seed"], length, centred=inputs["centred"])


def _keys(inputs: Values, length: int) -> Floats:
    """The z of the seeds to pass. Raises InvalidArgument."""
    seeds = parse_seeds(inputs["keys"]) if inputs["keys"] else []
    if not 2 <= len(seeds) <= MOST_KEYS:
        raise InvalidArgument(
            f"A {inputs['kind']} takes 2 to {MOST_KEYS} keys, such as 1,5,9, got {len(seeds)}.",
            "keys",
        )
    return np.stack([z_of_seed(seed, length) for seed in seeds])


WALKS: dict[str, Callable[[Values, int], Curve]] = {
    "wander": _wander,
    "slerp": _slerp,
    "circle": _circle,
    "noise": _noise,
}
"""The closed curve through z of each kind of walk, from WALK's inputs; one row is one kind."""
WALK = Command(
    name="walk",
    description="Walk through z, round and round, until something else moves it.",
    inputs={
        "kind": Category(one_of=tuple(WALKS)),
        "keys": Text(description="Seeds to pass, as 1,5,9; a circle goes by the first two."),
        "seed": Number(default=0, whole=True, min=0, max=MAX_SEED),
        "seconds": Number(default=20, description="For one round."),
        "unit": Category(one_of=("seconds", "beats"), description="What that counts."),
        "mode": Category(one_of=MODES, description="Round and round, back and forth, or once."),
        "approach": Number(default=1.5, min=0, max=60, description="Seconds to come to it."),
        "changes": Number(default=4, description="How often a round of wander forgets."),
        "centred": Boolean(description="Noise without p5's lean to one side."),
    },
    outputs={"seconds": Number()},
)


class LiveWalk:
    """At most one walk over a session; whoever else moves z or w ends it."""

    def __init__(self, session: "LiveSession") -> None:
        self._session = session
        self._task: asyncio.Task[None] | None = None

    @property
    def goes_on(self) -> bool:
        """Whether it walks."""
        return self._task is not None and not self._task.done()

    def begin(self, wire: Values) -> float:
        """Begin a walk with inputs of WALK, instead of any other; the seconds of its round.

        Raises InvalidArgument, or Unavailable before the model was set up.
        """
        inputs, path = self.check(wire)
        self.end()
        in_beats = inputs["unit"] == "beats"
        clock = self._session.movement.tempo.beats if in_beats else self._session.clock
        pace = Pace(clock, inputs["seconds"], inputs["mode"])
        # No jump: from where the picture is it comes to the walk, which goes on by then.
        approach = Pace(self._session.clock, max(inputs["approach"], TICK_SECONDS), "once")
        self._task = asyncio.create_task(self._go(path, pace, approach))
        self._task.add_done_callback(lambda task: self._announce())
        self._announce()
        return float(inputs["seconds"])

    def check(self, wire: Values) -> tuple[Values, Walk]:
        """The decoded inputs of a walk and its path. Raises as `begin` does."""
        inputs = WALK.decode(wire)
        if not 0 <= inputs["approach"] <= 60:
            raise InvalidArgument(
                f"'approach' takes 0 to 60, got {inputs['approach']:g}.", "approach"
            )
        if not 0.5 <= inputs["seconds"] <= 86400:
            raise InvalidArgument(
                f"'seconds' takes 0.5 to 86400, got {inputs['seconds']:g}.", "seconds"
            )
        return inputs, path_of(inputs, self._session.z_length)

    def end(self) -> None:
        """Stop where it is."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self._announce()

    def _announce(self) -> None:
        session = self._session
        session.events.emit(WalkChanged(session.spec.name, self.goes_on))

    async def _go(self, path: Walk, pace: Pace, approach: Pace) -> None:
        session, source = self._session, begun("walk")
        start = session.controls.values().get("z")
        while True:
            u, _ = pace.step(session.movement.held)
            way, _ = approach.step(session.movement.held)
            z = path(u)[0]
            if way < 1 and start is not None:
                z = walk.between(start, z, np.asarray(way * way * (3 - 2 * way)))
            session.set({"z": z.astype(np.float32)}, source)
            ours = session.controls.values()["z"]
            if pace.is_over:
                return
            await asyncio.sleep(TICK_SECONDS)
            # Nothing is set while nobody would see it, and nothing over another's hand.
            while not session.wanted:
                await session.until_wanted(UNWANTED_SECONDS)
            if session.controls.values().get("z") is not ours:
                return


def path_of(inputs: Values, length: int) -> Walk:
    """The closed path through z that WALK's inputs describe."""
    return Walk(WALKS[inputs["kind"]](inputs, length))
