"""The live session: the newest controls of one model in, its newest outputs out, for everyone."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from taxiway.core.command import Command, Values, first_command
from taxiway.core.datatypes import Vector, Wire, names
from taxiway.core.errors import InvalidArgument, TaxiwayError, Unavailable
from taxiway.core.events import (
    Answer,
    BlackoutChanged,
    CommandsChanged,
    Event,
    Events,
    MovementStopped,
    OutputReady,
    PartReady,
    State,
    StateChanged,
)
from taxiway.core.frame import Frame, Mark
from taxiway.core.images import EncodedPicture, Pixels
from taxiway.core.model import ModelSpec
from taxiway.latent.field import field
from taxiway.latent.sample import z_of_seed
from taxiway.live.at_once import AtOnce
from taxiway.live.broadcast import Broadcast
from taxiway.live.controls import QUERY, Controls, Origin, Snapshot
from taxiway.live.mapping.mapping import SignalMapping
from taxiway.live.messages.actions import add_actions
from taxiway.live.messages.addresses import Addresses
from taxiway.live.messages.own_addresses import add_own
from taxiway.live.movement.fade import Fade
from taxiway.live.movement.modulators import Movement
from taxiway.live.movement.timeline import Timeline
from taxiway.live.movement.walk import LiveWalk
from taxiway.live.pictures import picture_name, picture_of
from taxiway.live.presets.kept_states import KeptStates
from taxiway.live.presets.mixing import Mixing
from taxiway.live.presets.state_folder import StateFolder
from taxiway.live.previews import Previews
from taxiway.live.readers import Readers
from taxiway.live.taking import given, is_heavy, takes
from taxiway.live.tiles import Tiles, length_of_z, plays_live

if TYPE_CHECKING:
    from taxiway.engine import Engine

log = logging.getLogger("taxiway.live")

REST_SECONDS = 0.2
"""When the input has rested for so long, the picture is sent again at full quality."""


class LiveSession:
    """Everything live about one model: `controls` in, pictures out by `broadcast`, and `tiles`.

    The answer to any query gives the session its newest values, but for what hands moved since it
    was asked, and its first picture is a frame of the broadcast. A control that is set by hand is
    rendered where someone would see it: a viewer of the broadcast, or one of `readers` of the
    current output. So an idle server does nothing, however the controls move.

    `events` reports the model's states, its current output and its current error.
    Presets and history lie in `folder`, where there is one.
    Keep `run` going; stopping, failing and restarting of the model is met by waiting for the next
    change or for it to be running again.
    """

    def __init__(
        self,
        engine: "Engine",
        spec: ModelSpec,
        rest_seconds: float = REST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        first_seed: int = 0,
        folder: Path | None = None,
    ) -> None:
        self._first_seed = first_seed
        self.engine = engine
        self.spec = spec
        self.events = Events()
        self.clock = clock
        self.controls = Controls(self._notify, clock)
        self.broadcast = Broadcast(self._come, clock)
        self.readers = Readers(self._come, clock)
        self.tiles = Tiles(engine, spec.name, self.controls)
        self.command: Command | None = None
        self.live_walk = LiveWalk(self)
        self.mixing = Mixing(self)
        self.movement = Movement(self)
        self.timeline = Timeline(self)
        self.addresses = Addresses(self)
        self.fade = Fade(self)
        self.kept = KeptStates(self, StateFolder(folder) if folder else None)
        add_own(self)
        add_actions(self)
        self.mapping = SignalMapping(self)
        self._rest_seconds = rest_seconds
        self._previews = Previews()
        self._changed = asyncio.Event()
        self._came = asyncio.Event()
        self._life = 0
        self._rendered = (-1, -1)
        self._shown = -1
        self._answers = 0
        self._commands: Mapping[str, Command] | None = None
        self._in_work = AtOnce()
        self._is_moved = False
        self._is_coarse = False
        self._is_black = False
        self._error: str | None = None
        self._unpublished: Values | None = None
        self._publish = asyncio.Event()
        self._stop_listening = engine.events.listen(self._on_event)
        self._stop_watching = engine.watch(spec.name, lambda: self.broadcast.watched > 0)
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
        """Whether the model is an instrument, which shows a picture before anyone asks for one."""
        return self.command is not None and plays_live(self.command)

    @property
    def wanted(self) -> bool:
        """Whether someone would see what is rendered."""
        return self.broadcast.watched > 0 or self.readers.wanted

    async def until_wanted(self, seconds: float) -> None:
        """Wait until someone would see what is rendered, or that long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.wanted:
                    self._came.clear()
                    await self._came.wait()

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
                group.create_task(self._render_newest())
                group.create_task(self._publish_newest())
                group.create_task(self.kept.run())
                group.create_task(self.mixing.run())
                group.create_task(self.movement.run())
                group.create_task(self.mapping.feedback.run())
        finally:
            self.stop_moving()
            self._in_work.stop()
            self.kept.close()
            self._stop_listening()
            self._stop_watching()
            self.broadcast.close()

    @property
    def z_length(self) -> int:
        """How many numbers z has. Raises InvalidArgument, or Unavailable before the set-up."""
        return length_of_z(self.known)

    @property
    def is_black(self) -> bool:
        """Whether every output is black, whatever is played; who plays sees it all the same."""
        return self._is_black

    def black_out(self, on: bool) -> None:
        """Make every output black, or let it be seen again."""
        if on != self._is_black:
            self._is_black = on
            self.events.emit(BlackoutChanged(self.spec.name, on))

    def stop_moving(self) -> None:
        """Stop whatever moves the picture by itself, whoever began it."""
        self.live_walk.end()
        self.fade.end()
        self.mapping.stop()
        self.movement.stop()
        self.timeline.end()
        self.events.emit(MovementStopped(self.spec.name))

    def modulate(self, overlay: Values) -> None:
        """Lay values over what is set, for rendering; what is set stays."""
        self._is_moved = True
        self.controls.modulate(overlay)

    def cancel(self) -> None:
        """Stop what the model works on, whoever asked for it."""
        if self.spec.name in self.engine.running:
            self.engine.cancel(self.spec.name)

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

        Pictures and files stay as they are given, and are decoded for rendering. Raises
        InvalidArgument naming the input, or Unavailable before the first set-up.
        """
        inputs = self.known.inputs
        for name in values:
            if name not in inputs:
                raise InvalidArgument(
                    f"No input named '{name}'. There are: {names(list(inputs))}.", name
                )
        decoded: Values = {
            name: value
            if value is None or is_heavy(inputs[name])
            else inputs[name].decode(name, value)
            for name, value in values.items()
        }
        self._is_moved = True
        self._set(decoded, source, mark, origin)

    def _set(
        self, decoded: Values, source: Hashable, mark: Mark | None, origin: Origin | None
    ) -> None:
        if decoded.get("seed") is not None and "z" in self.known.inputs:
            origin = {"seed": decoded.pop("seed")}
            decoded["z"] = self._z_of_seed(origin["seed"])
        self.controls.set(decoded, source, mark, origin)

    def set_vector(
        self, name: str, numbers: npt.NDArray[Any], source: Hashable, mark: Mark
    ) -> None:
        """Set z or w from flat numbers; whole rows of them are a w for each layer."""
        vector = self.known.inputs.get(name)
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
        z: npt.NDArray[Any] = field(field_seed, length_of_z(self.known)).z([(x, y)])[0]
        self.set({"z": z}, source, mark, {"field_seed": field_seed, "x": x, "y": y})
        return z

    @property
    def known(self) -> Command:
        """The command that is played. Raises Unavailable before the first set-up."""
        if self.command is None:
            raise Unavailable(f"'{self.spec.name}' has not been started yet; start it first.")
        return self.command

    def _z_of_seed(self, seed: int) -> npt.NDArray[Any]:
        return z_of_seed(seed, length_of_z(self.known))

    def _notify(self) -> None:
        self._changed.set()

    def _come(self) -> None:
        self._came.set()
        self._changed.set()

    def _on_event(self, event: Event) -> None:
        if event.model != self.spec.name:
            return
        if isinstance(event, StateChanged):
            if event.state == "running" and self._is_new():
                self._introduce()
            self._notify()
        if isinstance(event, CommandsChanged):
            self._introduce()
            self._notify()
        if isinstance(event, OutputReady) and event.answer is not None:
            self._show_answer(event.answer)
        if isinstance(event, PartReady):
            command = self.engine.running[self.spec.name].commands[event.command]
            self._show(picture_of(command, event.news), Snapshot({}, 0, {}, 0))
        self.events.emit(event)

    def _is_new(self) -> bool:
        """Whether it was set up since; of one that runs on only the words may have changed."""
        return self.engine.running[self.spec.name].commands is not self._commands

    def _introduce(self) -> None:
        """The model was set up: learn its command, and keep of the controls what it takes."""
        self._life += 1
        commands = self._commands = self.engine.running[self.spec.name].commands
        self.command = self.tiles.command = command = first_command(commands, self.spec.command)
        self.controls.one_of = tuple(name for name in command.needs_one_of if name != "seed")
        unfit = {
            name: None
            for name, value in self.controls.values().items()
            if not takes(command, name, value)
        }
        if unfit:
            self.controls.set(unfit)
        if self.is_live and not {"z", *self.controls.one_of} & self.controls.values().keys():
            seed = self._first_seed
            self.controls.set({"z": self._z_of_seed(seed)}, origin={"seed": seed})

    def _show_answer(self, answer: Answer) -> None:
        """A query was answered: what it asked with is newest, and needs no rendering."""
        command = self.engine.running[self.spec.name].commands[answer.command]
        values, marks = given(command, answer), dict[Hashable, Mark]()
        if self.command is not None and command.name == self.command.name:
            if self._keep(values, answer.asked_at):
                return
            self._rendered = (self.controls.version, self._life)
            self._answers += 1
            self._is_moved, self._unpublished, self._error = False, None, None
            self._previews.is_small = self._is_coarse = False
            marks = self.controls.marks  # of what it overtook
        snapshot = Snapshot(values, 0, marks, 0)
        picture = answer.outputs.get(picture_name(command) or "")
        if isinstance(picture, EncodedPicture):
            frame = self._frame(snapshot, answer.render_ms)
            self.broadcast.hold(lambda: frame(picture.pixels()))
        else:
            self._show(picture_of(command, answer.outputs), snapshot, answer.render_ms)

    def _keep(self, given: Values, asked_at: float | None) -> bool:
        """Take over what a query was given; what it left out is back at its default. Whether hands
        have moved something since it was asked, which is newer: the picture of both is due then."""
        newer = set[str]() if asked_at is None else self.controls.moved_since(asked_at)
        left_out = dict.fromkeys(self.controls.values().keys() - given.keys())
        # Who asks for what is played, as for a better file of it, leaves it and its origin alone.
        entries = self.controls.entries
        news = {
            name: value
            for name, value in {**left_out, **given}.items()
            if name not in newer
            and (name not in entries or not np.array_equal(entries[name].value, value))
        }
        if news:
            self._is_moved = True
            self._set(news, QUERY, None, None)
        return bool(newer)

    async def _render_newest(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._until_final()):
                    await self._change()
            except TimeoutError:
                if self._until_final():
                    continue  # queries came meanwhile
                if self._previews.is_small or self._is_coarse:
                    await self._render(rests=True)
                    continue
                self.broadcast.finish()
                self._publish.set()
                if self.broadcast.newest is not None:
                    self.kept.settle(self.broadcast.newest.frame)
            else:
                await self._in_work.begin(self._render(), self._most())

    def _most(self) -> int:
        running = self.engine.running.get(self.spec.name)
        return running.live_at_once if running else 1

    async def _publish_newest(self) -> None:
        """Make what was rendered the current output, one after the other and the newest only."""
        while True:
            await self._publish.wait()
            self._publish.clear()
            outputs, self._unpublished = self._unpublished, None
            if outputs is not None:
                try:
                    await self.engine.publish(self.spec.name, outputs)
                except TaxiwayError:
                    pass  # The model was stopped meanwhile.
                except Exception:
                    log.exception("A live output could not be encoded")
                    self.report("The live output could not be encoded; the server's log says why.")

    def _until_final(self) -> float | None:
        if self.broadcast.is_settled:
            return None
        return max(self._rest_seconds - self.controls.resting(), 0)

    async def _change(self) -> None:
        """Wait until there is something new to render, and someone to see it."""
        while not self.is_due():
            self._changed.clear()
            await self._changed.wait()

    def is_due(self) -> bool:
        """Whether the newest controls are yet to be rendered, for someone who would see it."""
        # A sleeping model is due too: being asked wakes it. An instrument shows a picture unasked,
        # but who reads outputs wants those that somebody caused.
        return (
            self._rendered != (self.controls.version, self._life)
            and self.command is not None
            and self.state in ("running", "asleep")
            and ((self._is_moved and self.wanted) or (self.is_live and self.broadcast.watched > 0))
        )

    async def _render(self, rests: bool = False) -> None:
        snapshot = self.controls.snapshot()
        values = self._previews.asked(self.known, snapshot.values, rests)
        self._rendered = (snapshot.version, self._life)
        answers = self._answers
        started = self.clock()
        try:
            outputs = await self.engine.run(self.spec.name, values, live="session", rests=rests)
        except TaxiwayError as error:
            self.report(str(error))
            return
        except Exception:
            log.exception("A live output could not be made")
            self.report("The live output could not be made; the server's log says why.")
            return
        if self._answers != answers or snapshot.version < self._shown:
            return  # a query was answered meanwhile, with newer values, or a later change
        self._shown = snapshot.version
        self._is_coarse = not rests and bool(self._facts.get("played_as"))
        self._error = None
        self._is_moved = self._is_moved and self.controls.version != snapshot.version
        self._unpublished = outputs
        pixels = picture_of(self.known, outputs)
        took = (self.clock() - started) * 1000
        self._previews.took(took - float(self._facts.get("away_ms", 0.0)))
        self._show(pixels, snapshot, took)
        # Pages that play an instrument see its frames; for them alone nothing is encoded twice.
        if self.readers.wanted or not self.is_live or pixels is None:
            self._publish.set()

    @property
    def _facts(self) -> Mapping[str, Any]:
        running = self.engine.running.get(self.spec.name)
        return running.facts if running else {}

    async def drawn(self, values: Values) -> Pixels | None:
        """The picture of some values, beside what is played. Raises TaxiwayError."""
        return picture_of(self.known, await self.engine.run(self.spec.name, values))

    def _show(self, pixels: Pixels | None, snapshot: Snapshot, render_ms: float = 0.0) -> None:
        if pixels is not None:
            self.broadcast.publish(self._frame(snapshot, render_ms)(pixels))

    def _frame(self, snapshot: Snapshot, render_ms: float) -> Callable[[Pixels], Frame]:
        """The frame of what was made now, once there are its pixels."""
        now = self.clock()
        return lambda pixels: Frame(
            pixels=pixels,
            index=0,
            time=now,
            values=snapshot.values,
            marks=snapshot.marks,
            merged=snapshot.merged,
            render_ms=render_ms,
        )

    def report(self, error: str) -> None:
        """Make a sentence the model's current error."""
        # Reported once: at 60 changes a second the same sentence would be no news.
        if error != self._error:
            self._error = error
            with contextlib.suppress(TaxiwayError):
                self.engine.report(self.spec.name, error)
