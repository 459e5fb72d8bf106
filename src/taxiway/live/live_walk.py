"""A walk through z while a model is played: the server moves, the newest picture is shown."""

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import Boolean, Category, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.events import WalkChanged
from taxiway.latent import walk
from taxiway.latent.sample import MAX_SEED, parse_seeds, z_of_seed
from taxiway.latent.walk import Walk
from taxiway.live.readers import UNWANTED_SECONDS

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession

TICK_SECONDS = 1 / 60
MOST_KEYS = 1000

WALK = Command(
    name="walk",
    description="Walk through z, round and round, until something else moves it.",
    inputs={
        "kind": Category(one_of=("wander", "slerp", "circle", "noise")),
        "keys": Text(description="Seeds to pass, as 1,5,9; a circle goes by the first two."),
        "seed": Number(default=0, whole=True, min=0, max=MAX_SEED),
        "seconds": Number(default=20, description="For one round."),
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
        inputs = WALK.decode(wire)
        if not 0.5 <= inputs["seconds"] <= 86400:
            raise InvalidArgument(
                f"'seconds' takes 0.5 to 86400, got {inputs['seconds']:g}.", "seconds"
            )
        path = path_of(inputs, self._session.z_length)
        self.end()
        self._task = asyncio.create_task(self._go(path, inputs["seconds"]))
        self._task.add_done_callback(lambda task: self._announce())
        self._announce()
        return float(inputs["seconds"])

    def end(self) -> None:
        """Stop where it is."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self._announce()

    def _announce(self) -> None:
        session = self._session
        session.events.emit(WalkChanged(session.spec.name, self.goes_on))

    async def _go(self, path: Walk, seconds: float) -> None:
        session, began = self._session, self._session.clock()
        while True:
            z = path((session.clock() - began) / seconds)[0].astype(np.float32)
            session.set({"z": z}, "walk")
            ours = session.controls.values()["z"]
            await asyncio.sleep(TICK_SECONDS)
            # Nothing is set while nobody would see it, and nothing over another's hand.
            while not session.wanted:
                await session.until_wanted(UNWANTED_SECONDS)
            if session.controls.values().get("z") is not ours:
                return


def path_of(inputs: Values, length: int) -> Walk:
    """The closed path through z that WALK's inputs describe."""
    match inputs["kind"]:
        case "wander":
            return Walk(walk.wander(inputs["seed"], length, inputs["changes"]))
        case "noise":
            return Walk(walk.noise_loop(inputs["seed"], length, centred=inputs["centred"]))
    seeds = parse_seeds(inputs["keys"]) if inputs["keys"] else []
    if not 2 <= len(seeds) <= MOST_KEYS:
        raise InvalidArgument(
            f"A {inputs['kind']} takes 2 to {MOST_KEYS} keys, such as 1,5,9, got {len(seeds)}.",
            "keys",
        )
    keys = np.stack([z_of_seed(seed, length) for seed in seeds])
    if inputs["kind"] == "circle":
        return Walk(walk.circle(keys[0], keys[1]))
    return Walk(walk.constant(walk.slerp(keys)))
