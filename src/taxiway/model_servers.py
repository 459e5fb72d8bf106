"""One server per running model, with every door to it; slot k is at port 8000 + k and so on."""

import asyncio
import contextlib
from collections.abc import Awaitable, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs
from starlette.routing import BaseRoute, Route

from taxiway.annotation.sets import Sets
from taxiway.catalog import catalog
from taxiway.catalog.catalog import Card
from taxiway.catalog.folder import NoDataFolder, data_path
from taxiway.catalog.kept import KeptModels
from taxiway.core.command import Command
from taxiway.core.config import Config
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.core.model import ModelSpec
from taxiway.core.opened import OpenFolders
from taxiway.core.sink import Sink
from taxiway.core.source import Source
from taxiway.engine import Engine
from taxiway.jobs.expiry import forgetting
from taxiway.jobs.remote import RemoteJobs
from taxiway.jobs.runner import Jobs
from taxiway.live.chains import Chains
from taxiway.live.inputs import Inputs, sources
from taxiway.live.members import Members
from taxiway.live.model_manager import RunningModel, ToFetch
from taxiway.live.outputs import Outputs, sinks
from taxiway.live.presets.state_folder import folder_name
from taxiway.live.session import LiveSession
from taxiway.servers.studio import (
    annotation_routes,
    disk_routes,
    film_routes,
    gallery_routes,
    job_routes,
    manager_routes,
    training_routes,
    workspace_routes,
)
from taxiway.servers.studio.film_models import FilmModels
from taxiway.servers.studio.gallery import Gallery
from taxiway.servers.studio.workspaces import Played, Workspaces
from taxiway.web.addresses import LOOPBACK, elsewhere
from taxiway.web.application import application
from taxiway.web.listen import Listener, PortInUse
from taxiway.web.powers import Power, Tokens, declared
from taxiway.web.server import Server, ServerContext
from taxiway.web.server_slot import (
    Kind,
    decoded,
    made,
    of_kind,
    routes_of,
    server_kinds,
    started,
    stopped,
)

MOST_MODELS = 32


@dataclass(frozen=True)
class Slots:
    """What every model server is given a member of each of: loaded once for all."""

    servers: Mapping[str, Kind] = field(default_factory=server_kinds)
    sinks: Members[Sink] = field(default_factory=sinks)
    sources: Members[Source] = field(default_factory=sources)


@dataclass(frozen=True)
class Shared:
    """What all model servers of one start have in common: its tokens, and the folders it opened."""

    tokens: Tokens
    opened: OpenFolders


class ModelServer:
    """One model at a slot: its session, and its doors from `open` to `close`."""

    def __init__(
        self,
        engine: Engine,
        config: Config,
        slot: int,
        card: Card,
        options: dict[str, Any],
        command: str | None,
        slots: Slots,
    ) -> None:
        self._slots = slots
        self.engine, self.slot, self.card = engine, slot, card
        self.config = shifted(config, slot)
        self._options, self.means = options, command
        self.given: dict[str, Any] = {}
        """The options that it was started with, without paths of this machine."""
        self.session = LiveSession(engine, self._spec(), **_kept(card))
        self._open_mapping()
        self.outputs = Outputs(self.session, slots.sinks, self.tell)
        self.inputs = Inputs(self.session, slots.sources, self.tell)
        self.listener: Listener | None = None
        self._doors = AsyncExitStack()
        self._open: dict[str, int | None] = {}

    async def open(
        self, shared: "Shared", more: Sequence[BaseRoute], remote_jobs: RemoteJobs
    ) -> None:
        """Take the ports and begin to start the model; `more` are routes beside the model's own.

        Raises PortInUse or CannotListen for the HTTP port; another server whose port is taken
        stays off.
        """
        members = self._members(shared, more, remote_jobs)
        ordered = sorted(members.values(), key=lambda member: member.is_last)
        routes = [route for member in ordered for route in routes_of(member)]
        # What shows the frames is for whoever may ask for them.
        routes = [*declared(Power.ASK, self.outputs.routes()), *routes]
        listener = Listener(application(routes, self.config), self.config)
        self.listener = await self._doors.enter_async_context(listener)
        live = asyncio.create_task(self.session.run())
        self._doors.push_async_callback(_end, live)
        self._doors.push_async_callback(self.inputs.close)
        self._doors.push_async_callback(self.outputs.close)
        await self.session.start()
        for name, member in members.items():
            self._doors.push_async_callback(stopped, member)
            self._open[name] = await started(member, f"{member.title} of {self.card.title}")

    def _members(
        self, shared: "Shared", more: Sequence[BaseRoute], remote_jobs: RemoteJobs
    ) -> dict[str, Server]:
        """One of every server, by name; HTTP's first, whose routes others may offer as well."""
        context = ServerContext(
            engine=self.engine,
            session=self.session,
            config=self.config,
            tokens=shared.tokens,
            opened=shared.opened,
            card=lambda: msgspec.to_builtins(self.card),
            jobs=remote_jobs,
            outputs=self.outputs,
            inputs=self.inputs,
            studio_routes=more,
        )
        kinds = of_kind(self._slots.servers, Server)
        http = kinds.pop("http")(context)
        context = replace(context, http_routes=http.routes())
        given = self.config.servers
        others = {
            name: made(
                name, kind, replace(context, settings=decoded(kind, given.get(name, {}), self.slot))
            )
            for name, kind in kinds.items()
        }
        return {"http": http} | {name: each for name, each in others.items() if each is not None}

    async def close(self) -> None:
        """Shut every door and stop the model."""
        await self._doors.aclose()
        if self.name in self.engine.running:
            await self.engine.remove(self.name)

    async def play(self, card: Card) -> None:
        """Begin to start the model anew by a card of the same name: its file may be a new one."""
        await self.session.stop()
        self.card = card
        self.session.spec = self._spec()
        await self.session.start()

    def _open_mapping(self) -> None:
        """Take the mapping that is kept for this model."""
        given = self.config.mapping if self.slot == 0 else None
        path = Path(given) if given else mapping_path(self.card)
        self.session.mapping.open(path)
        if self.session.mapping.error:
            self.tell(self.session.mapping.error)

    async def reported(self, work: Awaitable[Any]) -> None:
        """Do something; what goes wrong is a sentence for the person at the machine."""
        try:
            await work
        except TaxiwayError as error:
            self.tell(str(error))

    def tell(self, sentence: str) -> None:
        """Tell the person at the machine."""
        print(f"{self.card.title}: {sentence}", flush=True)

    @property
    def name(self) -> str:
        """The model's, which stays."""
        return self.session.spec.name

    @property
    def running(self) -> RunningModel:
        """Where it is, and how the model does."""
        assert self.listener is not None
        return RunningModel(
            name=self.name,
            title=self.card.title,
            card=msgspec.to_builtins(self.card),
            slot=self.slot,
            state=self.session.state,
            message=self.session.message,
            url=self.listener.url,
            port=self.listener.port,
            path=self.config.root_path,
            socketio_port=self._open.get("socketio"),
            osc_port=self._open.get("osc"),
            osc_reply_port=self.config.osc_reply_port,
            ports=self._open,
            info=self.session.command.describe() if self.session.command else None,
        )

    def _spec(self) -> ModelSpec:
        """What the engine is told to run."""
        spec = catalog.spec(self.card, self._options)
        return structs.replace(spec, command=self.means, on=self.config.on)


class ModelServers:
    """Every model server: what `taxiway run` opens, a `live.model_manager.ModelManager`."""

    def __init__(self, engine: Engine, config: Config, options: dict[str, Any]) -> None:
        self.slots = Slots()
        opened = OpenFolders([data_path(), *map(Path, config.open_folders)])
        self.shared = Shared(Tokens.new(), opened)
        self.chains = Chains(engine, lambda name: self._find(name).session)
        self.sets = Sets(data_path() / "annotations")
        self.jobs = Jobs(
            *(data_path() / "jobs", data_path() / "trainings", self),
            opened=opened,
            named=self.sets.place,
        )
        self._kept = KeptModels(data_path() / "models")
        self.gallery = Gallery(self._kept, self.jobs.trainings)
        self.workspaces = Workspaces(self._played, self.start, engine.ready, self.chains)
        self._remote_jobs = RemoteJobs(self.jobs, self.tokens.own)
        self._engine, self._config, self._options = engine, config, options
        self._servers: dict[str, ModelServer] = {}
        self._closing: dict[str, asyncio.Task[None]] = {}
        self._opening = asyncio.Lock()

    @property
    def tokens(self) -> Tokens:
        """Those of this start."""
        return self.shared.tokens

    @property
    def is_open_to_others(self) -> bool:
        """Whether other machines can ask."""
        return self._config.host not in LOOPBACK

    def address_elsewhere(self, model: RunningModel) -> str | None:
        """What to type on another device, where those are let in."""
        return elsewhere(self._config.host, model.port)

    async def open(
        self, card: Card, options: dict[str, Any] | None = None, command: str | None = None
    ) -> ModelServer:
        """A server for `card` at the lowest slot whose HTTP port is free, or its old one.

        The first takes slot 0 and nothing else. Raises PortInUse or CannotListen.
        """
        # One at a time: two that ask for the same model at once are to get the same server.
        async with self._opening:
            return self._servers.get(card.name) or await self._open(card, options, command)

    async def _open(
        self, card: Card, options: dict[str, Any] | None, command: str | None
    ) -> ModelServer:
        if card.name in self._closing:
            await self._closing[card.name]
        merged = {**self._options, **(options or {})}
        for slot in self._free_slots():
            server = ModelServer(
                self._engine, self._config, slot, card, merged, command, self.slots
            )
            try:
                await server.open(self.shared, self._manager(), self._remote_jobs)
            except PortInUse as error:
                if not self._servers:
                    raise
                print(f"Port {error.port} is in use, trying the next.", flush=True)
            else:
                server.given = {**catalog.shareable(card), **(options or {})}
                self._servers[card.name] = server
                return server
        raise InvalidArgument(f"{MOST_MODELS} models run already; stop one of them first.")

    async def close(self) -> None:
        """Shut every server."""
        await self.workspaces.close()
        self.chains.close()
        await self.jobs.close()
        servers = (server.close() for server in self._servers.values())
        await asyncio.gather(*servers, *self._closing.values())

    def models(self) -> list[dict[str, Any]]:
        """The cards of what can be started; reads files."""
        found = [*catalog.offered(), *self._kept.cards()]
        cards: list[dict[str, Any]] = msgspec.to_builtins(found)
        return cards

    def running(self) -> list[RunningModel]:
        """Every model that was started and not stopped, by slot."""
        return sorted(
            (server.running for server in self._servers.values()),
            key=lambda model: model.slot,
        )

    def live(self) -> list[tuple[LiveSession, Outputs]]:
        """The session and the sinks of each."""
        return [(server.session, server.outputs) for server in self._servers.values()]

    async def start(
        self, model: str, options: dict[str, Any] | None = None, command: str | None = None
    ) -> RunningModel:
        """Start the model of that name. Raises NotFound, InvalidArgument or CannotListen."""
        server = self._servers.get(model)
        if server is None:
            card = None if options else await asyncio.to_thread(self._kept.find, model)
            card = card or catalog.of_client(model, options or {})
            server = await self.open(card, options, command)
        if server.session.state in ("asleep", "failed"):
            await server.session.start()
        return server.running

    async def open_sent(self, upload: str) -> RunningModel | ToFetch:
        """Start a model whose file a page has sent, which is kept in the data folder, unless that
        only tells where the model's files are.

        Raises NotFound, UnreadableCheckpoint, InvalidArgument or Unavailable.
        """
        with self.jobs.uploads.taken(upload) as file:
            card = await asyncio.to_thread(self._taken, file)
        if isinstance(card, ToFetch):
            return card
        server = await self.open(card)
        if server.session.state in ("asleep", "failed"):
            await server.session.start()
        return server.running

    def _taken(self, file: Path) -> Card | ToFetch:
        """The card of a file that was sent: an exported model, a manifest, or a checkpoint."""
        from taxiway.catalog.store import bundle
        from taxiway.catalog.store.store import Store

        name, is_here = bundle.take_sent(Store(), file)
        if not name:
            return self._kept.keep(file)
        return catalog.card(name) if is_here else ToFetch(to_fetch=name)

    async def start_card(self, card: Card) -> RunningModel:
        """Start a model by its card; one that runs starts anew where it is, by this card."""
        known = self._servers.get(card.name)
        if known is None:
            return (await self.open(card)).running
        await known.play(card)
        return known.running

    def spec(self, name: str) -> ModelSpec:
        """What runs under a name, or comes with Taxiway under it. Raises NotFound."""
        if name in self._servers:
            return self._servers[name].session.spec
        return catalog.spec(self._kept.find(name) or catalog.card(name))

    def commands(self, name: str) -> Collection[Command]:
        """What a model can be asked, none before it was set up once."""
        running = self._engine.running.get(name)
        return running.commands.values() if running else ()

    async def stop(self, name: str) -> None:
        """Stop a model and give its ports up, which the last one keeps. Raises NotFound."""
        server = self._find(name)
        if len(self._servers) == 1:
            await server.session.stop()
            return
        del self._servers[name]
        self.chains.forget(name)
        # Not waited for: the server may be the one by which this was asked.
        task = self._closing[name] = asyncio.create_task(server.close())
        task.add_done_callback(lambda _: self._closing.pop(name))

    async def forget_jobs(self) -> None:
        """Delete old jobs for ever, if the configuration says so."""
        if self._config.keep_jobs_days is not None:
            await forgetting(self.jobs, self._config.keep_jobs_days)

    async def feed(self) -> None:
        """Start the sinks and sources of the configuration, for the first model."""
        server = min(self._servers.values(), key=lambda server: server.slot)
        for name, settings in self._config.sinks.items():
            await server.reported(server.outputs.start(name, settings))
        for name, settings in self._config.sources.items():
            await server.reported(self._engine.ready(server.name))
            await server.reported(server.inputs.start(name, settings))

    def _manager(self) -> list[Route]:
        """What the studio's page may do beside playing its model."""
        models = manager_routes.routes(self, self.chains, self.tokens, self.open_sent)
        tools = job_routes.routes(self.jobs, self.tokens)
        training = training_routes.routes(self.jobs, self.start_card, self.running, self.tokens)
        gallery = gallery_routes.routes(self.gallery, self._stop_if_there, self.tokens)
        room = disk_routes.routes(self.tokens)
        spaces = workspace_routes.routes(self.workspaces.save, self.workspaces.reopen, self.tokens)
        films = film_routes.routes(self.jobs, FilmModels(self, self._engine), self.tokens)
        boxes = annotation_routes.routes(
            self.sets, self.jobs.uploads, self._engine, self.running, self.tokens
        )
        return [*models, *tools, *training, *films, *gallery, *room, *spaces, *boxes]

    def _played(self) -> list[Played]:
        """What runs, by slot, with what it was started with, without paths of this machine."""
        servers = sorted(self._servers.values(), key=lambda server: server.slot)
        return [
            Played(server.session, server.given, server.means, server.tell) for server in servers
        ]

    async def _stop_if_there(self, name: str) -> None:
        if name in self._servers:
            await self.stop(name)

    def _free_slots(self) -> Iterator[int]:
        taken = {server.slot for server in self._servers.values()}
        free = (slot for slot in count() if slot not in taken)
        return (slot for slot, _ in zip(free, range(MOST_MODELS - len(taken)), strict=False))

    def _find(self, name: str) -> ModelServer:
        if name not in self._servers:
            there_are = ", ".join(f"'{known}'" for known in self._servers)
            raise NotFound(f"No model named '{name}' runs. Running: {there_are}.")
        return self._servers[name]


def shifted(config: Config, slot: int) -> Config:
    """The configuration of a slot: every port moved up by it; 0 still takes any free one."""
    ports = {
        name: port + slot
        for name in ("port", "socketio_port", "osc_port", "osc_reply_port")
        if (port := getattr(config, name))
    }
    root_path = config.root_path.replace("{port}", str(config.port + slot))
    # Without the port in it, it is the path of the first model alone.
    is_own = slot == 0 or root_path != config.root_path
    return structs.replace(config, **ports, root_path=root_path if is_own else "")


def _kept(card: Card) -> dict[str, Any]:
    """What of a card a live session begins with, and where its presets and history lie."""
    folder = None
    with contextlib.suppress(NoDataFolder):
        folder = data_path() / "live" / folder_name(card.name, card.checkpoint)
    return {"first_seed": card.first_seed, "folder": folder}


def mapping_path(card: Card) -> Path:
    """Where the mapping of a model is kept, in the data folder."""
    return data_path() / "mappings" / f"{folder_name(card.name, card.checkpoint)}.jsonl"


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
