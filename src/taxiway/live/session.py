"""The session: one model played live; renders the newest controls, then the newest again."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from taxiway.core.command import Command, Values, first_command
from taxiway.core.datatypes import Vector, Wire, names
from taxiway.core.errors import InvalidArgument, TaxiwayError, Unavailable
from taxiway.core.events import Event, Events, QueryFailed, State, StateChanged
from taxiway.core.frame import Frame, Mark
from taxiway.core.model import ModelSpec
from taxiway.latent.field import field
from taxiway.latent.sample import z_of_seed
from taxiway.live.broadcast import Broadcast
from taxiway.live.controls import Controls, Origin
from taxiway.live.live_walk import LiveWalk
from taxiway.live.tiles import Tiles, image_name, length_of_z, plays_live

if TYPE_CHECKING:
    from taxiway.engine import Engine

log = logging.getLogger("taxiway.live")

REST_SECONDS = 0.2
"""When the input has rested for so long, the picture is sent again at full quality."""


class LiveSession:
    """Everything live about one model: `controls` in, pictures out by `broadcast`, and `tiles`.

    `events` tells what viewers should know: the model's states and outputs, and live trouble as
    QueryFailed.
    Keep `run` going; stopping, failing and restarting of the model is met by waiting for the next
    change or for it to be running again. Nothing is rendered while nobody watches.
    """

    def __init__(
        self,
        engine: "Engine",
        spec: ModelSpec,
        rest_seconds: float = REST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.engine = engine
        self.spec = spec
        self.events = Events()
        self.controls = Controls(self._stir, clock)
        self.broadcast = Broadcast(self._stir, clock)
        self.tiles = Tiles(engine, spec.name, self.controls)
        self.command: Command | None = None
        self.live_walk = LiveWalk(self)
        self._rest_seconds = rest_seconds
        self.clock = clock
        self._stirred = asyncio.Event()
        self._life = 0
        self._rendered = (-1, -1)
        self._trouble: str | None = None
        self._outputs: Values = {}
        self._stop_listening = engine.events.listen(self._on_event)
        if self.state == "running":
            self._introduce()

    @property
    def state(self) -> State:
        """The model's state; asleep before it was first started."""
        running = self.engine.running.get(self.spec.name)
        return running.state if running else "asleep"

    @property
    def message(self) -> str:
        """The model's state in a sentence."""
        running = self.engine.running.get(self.spec.name)
        return running.message if running else f"{self.spec.name} is not started."

    @property
    def is_live(self) -> bool:
        """Whether the model is played here; of any other, viewers see the answers to queries."""
        return self.command is not None and plays_live(self.command)

    @property
    def last_output(self) -> Mapping[str, Wire]:
        """The model's current output, empty before the first."""
        running = self.engine.running.get(self.spec.name)
        return running.last_output if running else {}

    async def run(self) -> None:
        """Render for ever; cancel it to end."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.tiles.run())
                group.create_task(self._live())
        finally:
            self.live_walk.end()
            self._stop_listening()
            self.broadcast.close()

    @property
    def z_length(self) -> int:
        """How many numbers z has. Raises InvalidArgument, or Unavailable before the set-up."""
        return length_of_z(self._known())

    async def start(self) -> None:
        """Begin to start the model."""
        await self.engine.start(self.spec)

    async def stop(self) -> None:
        """Stop the model."""
        if self.spec.name in self.engine.running:
            await self.engine.stop(self.spec.name)

    def set(
        self,
        values: Mapping[str, Any],
        source: Hashable = None,
        mark: Mark | None = None,
        origin: Origin | None = None,
    ) -> None:
        """Set inputs of the command by name, wire values or decoded; None means the default.

        Raises InvalidArgument naming the input, or Unavailable before the first set-up.
        """
        inputs = self._known().inputs
        for name in values:
            if name not in inputs:
                raise InvalidArgument(
                    f"No input named '{name}'. There are: {names(list(inputs))}.", name
                )
        decoded: Values = {
            name: None if value is None else inputs[name].decode(name, value)
            for name, value in values.items()
        }
        if decoded.get("seed") is not None and "z" in inputs:
            origin = {"seed": decoded.pop("seed")}
            decoded["z"] = self._z_of_seed(origin["seed"])
        self.controls.set(decoded, source, mark, origin)

    def set_vector(
        self, name: str, numbers: npt.NDArray[Any], source: Hashable, mark: Mark
    ) -> None:
        """Set z or w from flat numbers; whole rows of them are a w for each layer."""
        vector = self._known().inputs.get(name)
        if not isinstance(vector, Vector):
            raise InvalidArgument(f"'{self.spec.name}' takes no '{name}'.", name)
        if numbers.size > vector.length and numbers.size % vector.length == 0:
            numbers = numbers.reshape(-1, vector.length)
        self.set({name: numbers}, source, mark)

    def go_to_seed(self, seed: int, source: Hashable, mark: Mark) -> npt.NDArray[Any]:
        """Set z to that of a seed and return it."""
        z = self._z_of_seed(seed)
        self.set({"z": z}, source, mark, {"seed": seed})
        return z

    def go_to_place(
        self, field_seed: int, x: float, y: float, source: Hashable, mark: Mark
    ) -> npt.NDArray[Any]:
        """Set z to that of a point of a map and return it."""
        z: npt.NDArray[Any] = field(field_seed, length_of_z(self._known())).z([(x, y)])[0]
        self.set({"z": z}, source, mark, {"field_seed": field_seed, "x": x, "y": y})
        return z

    def _known(self) -> Command:
        if self.command is None:
            raise Unavailable(f"'{self.spec.name}' has not been started yet; start it first.")
        return self.command

    def _z_of_seed(self, seed: int) -> npt.NDArray[Any]:
        return z_of_seed(seed, length_of_z(self._known()))

    def _stir(self) -> None:
        self._stirred.set()

    def _on_event(self, event: Event) -> None:
        if event.model != self.spec.name:
            return
        if isinstance(event, StateChanged):
            if event.state == "running":
                self._introduce()
            self._stir()
        # What a query failed at concerns who asked; live trouble is told by `_tell`.
        if not isinstance(event, QueryFailed):
            self.events.emit(event)

    def _introduce(self) -> None:
        """The model was set up: learn its command, and keep of the controls what it takes."""
        self._life += 1
        commands = self.engine.running[self.spec.name].commands
        self.command = self.tiles.command = command = first_command(commands, self.spec.command)
        self.controls.one_of = tuple(name for name in command.needs_one_of if name != "seed")
        unfit = {
            name: None
            for name, value in self.controls.values().items()
            if not _takes(command, name, value)
        }
        if unfit:
            self.controls.set(unfit)
        if self.is_live and not {"z", *self.controls.one_of} & self.controls.values().keys():
            self.controls.set({"z": self._z_of_seed(0)}, origin={"seed": 0})

    async def _live(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._until_final()):
                    await self._change()
            except TimeoutError:
                self.broadcast.finish()
                await self._publish()
            else:
                await self._render()

    def _until_final(self) -> float | None:
        newest = self.broadcast.newest
        if newest is None or newest.final:
            return None
        return max(self._rest_seconds - self.controls.resting(), 0)

    async def _change(self) -> None:
        """Wait until there is something new to render, and someone to see it."""
        while not self._is_due():
            self._stirred.clear()
            await self._stirred.wait()

    def _is_due(self) -> bool:
        # A sleeping model is due too: being asked wakes it.
        return (
            self.broadcast.watched > 0
            and self.is_live
            and self.state in ("running", "asleep")
            and self._rendered != (self.controls.version, self._life)
        )

    async def _render(self) -> None:
        snapshot = self.controls.snapshot()
        self._rendered = (snapshot.version, self._life)
        started = self.clock()
        try:
            pixels = await self._picture(snapshot.values)
        except TaxiwayError as error:
            self._tell(str(error))
            return
        except Exception:
            log.exception("A live picture could not be made")
            self._tell("The live picture could not be made; the server's log says why.")
            return
        self._trouble = None
        now = self.clock()
        self.broadcast.publish(
            Frame(
                pixels=pixels,
                index=0,
                time=now,
                values=snapshot.values,
                marks=snapshot.marks,
                merged=snapshot.merged,
                render_ms=(now - started) * 1000,
            )
        )

    async def _picture(self, values: Values) -> Any:
        name = image_name(self._known())
        self._outputs = await self.engine.run(self.spec.name, values, live="stage")
        return self._outputs[name]

    async def _publish(self) -> None:
        """What was played last is the current output, which other protocols hear of as well."""
        with contextlib.suppress(TaxiwayError):
            await self.engine.publish(self.spec.name, self._outputs)

    def _tell(self, trouble: str) -> None:
        # Told once: at 60 changes a second the same sentence would be no news.
        if trouble != self._trouble:
            self._trouble = trouble
            self.events.emit(QueryFailed(self.spec.name, trouble))


def _takes(command: Command, name: str, value: Any) -> bool:
    try:
        command.inputs[name].decode(name, value)
    except (KeyError, InvalidArgument):
        return False
    return True
