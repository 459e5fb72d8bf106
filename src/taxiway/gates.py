"""Gates: one per running model, with every door to it; slot k is at port 8000 + k and so on."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from itertools import count
from typing import Any

import msgspec
from msgspec import structs
from starlette.routing import BaseRoute, Route

from taxiway.core.command import ModelSpec
from taxiway.core.config import Config
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.engine import Engine
from taxiway.engine.jobs import Jobs
from taxiway.library import catalog
from taxiway.library.catalog import Card
from taxiway.library.folder import data_path
from taxiway.live.chains import Chains
from taxiway.live.loop import Stage
from taxiway.servers import control, frames, http, jobs, osc, sdk, studio, trainings, walking
from taxiway.servers.application import application
from taxiway.servers.desk import Place
from taxiway.servers.errands import Errands
from taxiway.servers.guard import LOOPBACK
from taxiway.servers.listen import CannotListen, Listener, PortInUse
from taxiway.servers.socketio import SocketIo
from taxiway.training.runs import Runs

MOST_GATES = 32


class Gate:
    """One model at a slot: its stage, and its doors from `open` to `close`."""

    def __init__(
        self,
        engine: Engine,
        config: Config,
        slot: int,
        card: Card,
        options: dict[str, Any],
        command: str | None = None,
    ) -> None:
        self.engine, self.slot, self.card = engine, slot, card
        self.config = shifted(config, slot)
        self._options, self._command = options, command
        self.stage = Stage(engine, self._spec())
        self.listener: Listener | None = None
        self._doors = AsyncExitStack()
        self._open: dict[str, int | None] = {}

    async def open(self, token: str, more: Sequence[BaseRoute], errands: Errands) -> None:
        """Take the ports and begin to start the model; `more` are routes beside the model's own.

        Raises PortInUse or CannotListen for the HTTP port; another door that is taken stays shut.
        """
        name = self.name
        # The SDK's come last: theirs is every path of one word.
        plugins = sdk.routes(self.engine, lambda: name)
        sockets = SocketIo(self.engine, lambda: name, jobs=errands)
        model = [*http.routes(self.engine, lambda: name), *sockets.routes()]
        page = frames.routes(self.stage, token, lambda: msgspec.to_builtins(self.card))
        walks = walking.routes(self.stage, token)
        routes = [*model, *page, *walks, *more, *studio.routes(token), *plugins]
        listener = Listener(application(routes, self.config), self.config)
        self.listener = await self._doors.enter_async_context(listener)
        live = asyncio.create_task(self.stage.run())
        self._doors.push_async_callback(_end, live)
        await self.stage.start()
        for kind, door in self._old_doors(model, errands):
            port = await enter(self._doors, f"{kind} of {self.card.title}", door)
            self._open[kind] = port
        # Last in, first out: a poll that hangs would hold its listener up.
        self._doors.callback(sockets.close)

    async def close(self) -> None:
        """Shut every door and stop the model."""
        await self._doors.aclose()
        if self.name in self.engine.running:
            await self.engine.remove(self.name)

    async def play(self, card: Card) -> None:
        """Begin to start the model anew by a card of the same name: its file may be a new one."""
        await self.stage.stop()
        self.card = card
        self.stage.spec = self._spec()
        await self.stage.start()

    @property
    def name(self) -> str:
        """The model's, which stays."""
        return self.stage.spec.name

    @property
    def place(self) -> Place:
        """Where it is, and how the model does."""
        assert self.listener is not None
        return Place(
            name=self.name,
            title=self.card.title,
            card=msgspec.to_builtins(self.card),
            slot=self.slot,
            state=self.stage.state,
            message=self.stage.message,
            url=self.listener.url,
            port=self.listener.port,
            socketio_port=self._open.get("Socket.IO"),
            osc_port=self._open.get("OSC"),
            osc_reply_port=self.config.osc_reply_port,
            info=self.stage.command.describe() if self.stage.command else None,
        )

    def _spec(self) -> ModelSpec:
        """What the engine is told to run."""
        spec = catalog.spec(self.card, self._options)
        return structs.replace(spec, command=self._command)

    def _old_doors(
        self, model: Sequence[BaseRoute], errands: Errands
    ) -> Iterator[tuple[str, AbstractAsyncContextManager[Any]]]:
        """The doors that Runway's other clients knock at."""
        if self.config.socketio_port is not None:
            beside = structs.replace(self.config, port=self.config.socketio_port)
            yield "Socket.IO", Listener(application(model, beside), beside)
        if self.config.osc_port is not None:
            yield "OSC", osc.OscServer(self.engine, self.stage, self.config, errands)


class Gates:
    """Every gate there is: what `taxiway run` opens, and the studio's desk (servers/desk.py)."""

    def __init__(self, engine: Engine, config: Config, options: dict[str, Any]) -> None:
        self.token = studio.new_token()
        self.chains = Chains(engine, lambda name: self._find(name).stage)
        self.jobs = Jobs(data_path() / "jobs")
        self._errands = Errands(self.jobs, self._checkpoint, self.token)
        self.trainings = Runs(data_path() / "trainings")
        self._engine, self._config, self._options = engine, config, options
        self._gates: dict[str, Gate] = {}
        self._closing: dict[str, asyncio.Task[None]] = {}
        self._opening = asyncio.Lock()

    @property
    def is_open_to_others(self) -> bool:
        """Whether other machines can ask."""
        return self._config.host not in LOOPBACK

    async def open(
        self, card: Card, options: dict[str, Any] | None = None, command: str | None = None
    ) -> Gate:
        """A gate for `card` at the lowest slot whose HTTP port is free; its old one if it has one.

        The first gate takes slot 0 and nothing else. Raises PortInUse or CannotListen.
        """
        # One at a time: two that ask for the same model at once are to get the same gate.
        async with self._opening:
            return self._gates.get(card.name) or await self._open(card, options, command)

    async def _open(self, card: Card, options: dict[str, Any] | None, command: str | None) -> Gate:
        if card.name in self._closing:
            await self._closing[card.name]
        merged = {**self._options, **(options or {})}
        for slot in self._free_slots():
            gate = Gate(self._engine, self._config, slot, card, merged, command)
            try:
                await gate.open(self.token, self._desk(), self._errands)
            except PortInUse as error:
                if not self._gates:
                    raise
                print(f"Port {error.port} is in use, trying the next.", flush=True)
            else:
                self._gates[card.name] = gate
                return gate
        raise InvalidArgument(f"{MOST_GATES} models run already; stop one of them first.")

    async def close(self) -> None:
        """Shut every gate."""
        self.chains.close()
        await self.jobs.close()
        training = asyncio.to_thread(self.trainings.close)
        gates = (gate.close() for gate in self._gates.values())
        await asyncio.gather(training, *gates, *self._closing.values())

    def models(self) -> list[dict[str, Any]]:
        """The cards of what can be started."""
        cards: list[dict[str, Any]] = msgspec.to_builtins(catalog.cards())
        return cards

    def places(self) -> list[Place]:
        """Every gate's place, by slot."""
        return sorted((gate.place for gate in self._gates.values()), key=lambda place: place.slot)

    async def start(
        self, model: str, options: dict[str, Any] | None = None, command: str | None = None
    ) -> Place:
        """A place for the model of that name. Raises NotFound, InvalidArgument or CannotListen."""
        gate = self._gates.get(model) or await self.open(catalog.card(model), options, command)
        if gate.stage.state in ("asleep", "failed"):
            await gate.stage.start()
        return gate.place

    async def start_card(self, card: Card) -> Place:
        """A place for a model by its card; one that has a place starts anew there, by this card."""
        known = self._gates.get(card.name)
        if known is None:
            return (await self.open(card)).place
        await known.play(card)
        return known.place

    async def stop(self, name: str) -> None:
        """Stop a model and give its place up, which the last one keeps. Raises NotFound."""
        gate = self._find(name)
        if len(self._gates) == 1:
            await gate.stage.stop()
            return
        del self._gates[name]
        self.chains.forget(name)
        # Not waited for: the gate may be the one by which this was asked.
        task = self._closing[name] = asyncio.create_task(gate.close())
        task.add_done_callback(lambda _: self._closing.pop(name))

    def _desk(self) -> list[Route]:
        """What the studio's page may do beside playing its model."""
        models = control.routes(self, self.chains, self.token)
        tools = jobs.routes(self.jobs, self._checkpoint, self.token)
        training = trainings.routes(
            self.trainings, self._checkpoint, self.start_card, self.places, self.token
        )
        return [*models, *tools, *training]

    def _checkpoint(self, name: str) -> str:
        """The file of a running model, or of one that comes with Taxiway. Raises NotFound."""
        card = self._gates[name].card if name in self._gates else catalog.card(name)
        file = catalog.spec(card).options.get("checkpoint")
        if file is None:
            raise NotFound(f"{card.title} has no network that a tool could work on.")
        return str(file)

    def _free_slots(self) -> Iterator[int]:
        taken = {gate.slot for gate in self._gates.values()}
        free = (slot for slot in count() if slot not in taken)
        return (slot for slot, _ in zip(free, range(MOST_GATES - len(taken)), strict=False))

    def _find(self, name: str) -> Gate:
        if name not in self._gates:
            there_are = ", ".join(f"'{known}'" for known in self._gates)
            raise NotFound(f"No model named '{name}' runs. Running: {there_are}.")
        return self._gates[name]


def shifted(config: Config, slot: int) -> Config:
    """The configuration of a slot: every port moved up by it; 0 still takes any free one."""
    ports = {
        name: port + slot
        for name in ("port", "socketio_port", "osc_port", "osc_reply_port")
        if (port := getattr(config, name))
    }
    return structs.replace(config, **ports)


async def enter(
    doors: AsyncExitStack, name: str, door: AbstractAsyncContextManager[Any]
) -> int | None:
    """Open a door that Taxiway can do without, and say so if it must; its port."""
    try:
        opened = await doors.enter_async_context(door)
    except PortInUse as error:
        print(f"{name} is off: port {error.port} is in use.", flush=True)
    except CannotListen as error:
        print(f"{name} is off: {error}", flush=True)
    else:
        port: int = opened.port
        return port
    return None


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
