"""Runway's Socket.IO server (docs/socketio.md), for clients of every version from 1 to 4.

client -> `query` (inputs)      server -> `data` (outputs) or `error` ({"error": message}) to all,
          `cancel` (its own queries)      `part` (what there is of an answer, progress) to all,
                                          `info` (fields) once to whoever connects
          `job` (a tool, its inputs, the token)  `job` (how far it is) to whoever began it
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from starlette.routing import BaseRoute

from taxiway.core.callers import caller
from taxiway.core.datatypes import Wire
from taxiway.core.errors import Busy, Cancelled, InvalidArgument, TaxiwayError
from taxiway.core.events import CallEnded, Event, OutputReady, PartReady, QueryFailed
from taxiway.jobs.remote import RemoteJobs
from taxiway.live.readers import Readers
from taxiway.servers.socketio import packet as packets
from taxiway.servers.socketio.engineio import EngineIo
from taxiway.servers.socketio.engineio_payload import Malformed
from taxiway.servers.socketio.engineio_session import Session, Timing
from taxiway.servers.socketio.packet import CONNECT, DISCONNECT, Packet
from taxiway.web.powers import Power

if TYPE_CHECKING:
    from taxiway.engine import Engine

log = logging.getLogger("taxiway.servers")

PATHS = ("/socket.io/", "/socket.io")
MOST_QUERIES = 32
"""Queries of one client that may wait; a sketch without back-pressure gets errors then."""

POWERS = {"query": Power.ASK, "cancel": Power.ASK, "job": Power.OWN}
"""What the events of a client take; `job` brings the owner's token."""

_asking: ContextVar[Session | None] = ContextVar("asking", default=None)


class SocketIo:
    """The clients of one model, which `name_of_model` names at the time of each query.

    A client gets one `data` or `error` for each of its queries, in any case. Outputs and errors
    that others asked for come as well, but a client that reads slowly gets only the newest.
    """

    def __init__(
        self,
        engine: "Engine",
        name_of_model: Callable[[], str],
        timing: Timing | None = None,
        jobs: RemoteJobs | None = None,
        readers: Readers | None = None,
    ) -> None:
        self._jobs = jobs
        self._readers = readers or Readers()
        self._engine = engine
        self._name_of_model = name_of_model
        self._engineio = EngineIo(self, timing)
        self._clients: dict[Session, set[asyncio.Task[None]]] = {}
        self._queries: WeakKeyDictionary[asyncio.Task[None], str] = WeakKeyDictionary()
        self._encoded: tuple[Wire, str] = (None, "")
        self._stop_reading = self._readers.add(lambda: bool(self._clients))
        self._stop_listening = engine.events.listen(self._on_event)

    def routes(self) -> list[BaseRoute]:
        """For as many ports as there are; all share the same clients."""
        return [route for path in PATHS for route in self._engineio.routes(path)]

    def close(self) -> None:
        """Part with every client; no poll hangs after that."""
        self._stop_listening()
        self._stop_reading()
        self._engineio.close()

    def opened(self, session: Session) -> None:
        """Clients of Engine.IO 3 are connected unasked."""
        if session.version == 3:
            self._connect(session)

    def received(self, session: Session, text: str) -> None:
        """A packet of Socket.IO came."""
        try:
            packet = packets.read(text)
        except Malformed:
            session.close()
            return
        if packet.namespace != "/":
            if packet.kind == CONNECT:
                session.send(packets.no_namespace(session.version, packet.namespace))
        elif packet.kind == CONNECT:
            self._connect(session)
        elif packet.kind == DISCONNECT:
            self.closed(session)
        elif session in self._clients:
            self._obey(session, packet)

    def closed(self, session: Session) -> None:
        """A client that has gone leaves no work behind."""
        for task in self._clients.pop(session, ()):
            task.cancel()
        self._engine.forget(session.sid)

    def _connect(self, session: Session) -> None:
        if session in self._clients:
            return
        self._clients[session] = set()
        self._readers.come()
        session.send(packets.welcome(session.version, session.sid))
        self._send_on(session, self._introduce(session))

    def _obey(self, session: Session, packet: Packet) -> None:
        if packet.kind == packets.BINARY_EVENT:
            self._refuse(session, InvalidArgument("Bytes are not taken; send a data URI."), "")
            return
        if packet.kind != packets.EVENT:
            return
        try:
            name, arguments = packets.arguments(packet)
        except Malformed as error:
            self._refuse(session, InvalidArgument(str(error)), packet.ack)
            return
        if name not in POWERS:
            return
        argument = arguments[0] if arguments else None
        if name == "query":
            self._query(session, argument, packet.ack)
        elif name == "cancel":
            self._cancel(session)
        elif name == "job" and self._jobs and len(self._clients[session]) < MOST_QUERIES:
            self._send_on(session, self._order(self._jobs, session, argument, packet.ack))

    async def _order(self, jobs: RemoteJobs, session: Session, wire: Wire, ack: str) -> None:
        """Begin a job, or stop one, for a page that has the token."""

        def notify(record: Mapping[str, Wire]) -> None:
            if session in self._clients:
                session.offer(packets.event("job", record), f"job {record['id']}")

        try:
            await jobs.ask(self._name_of_model(), wire, notify)
        except TaxiwayError as error:
            self._refuse(session, error, ack)

    def _query(self, session: Session, wire: Wire, ack: str) -> None:
        if not isinstance(wire, dict):
            example = '{"seed": 1}'
            error = InvalidArgument(f"'query' takes an object of inputs, such as {example}.")
            self._refuse(session, error, ack)
        elif len(self._clients[session]) >= MOST_QUERIES:
            self._refuse(session, Busy(f"{MOST_QUERIES} of your queries wait already."), ack)
        else:
            task = self._send_on(session, self._ask(session, wire, ack))
            self._queries[task] = ack

    def _cancel(self, session: Session) -> None:
        """Cancel the client's own queries; each of them gets an error as its one answer."""
        for task in tuple(self._clients[session]):
            # It may not even have begun: then it could not answer by itself.
            if task in self._queries and task.cancel():
                self._refuse(session, Cancelled("The query was cancelled."), self._queries[task])

    async def _ask(self, session: Session, wire: dict[str, Wire], ack: str) -> None:
        _asking.set(session)
        caller.set(session.sid)
        try:
            outputs = await self._engine.query(self._name_of_model(), wire)
        except TaxiwayError as error:
            self._refuse(session, error, ack)
        except Exception:
            log.exception("A Socket.IO query failed")
            message = "The server failed at this query; its log says why."
            self._refuse(session, TaxiwayError(message), ack)
        else:
            self._reply(session, "data", outputs, ack)

    def _refuse(self, session: Session, error: TaxiwayError, ack: str) -> None:
        self._reply(session, "error", {"error": str(error)}, ack)

    def _reply(self, session: Session, name: str, argument: Wire, ack: str) -> None:
        """The one answer to a query, and its acknowledgement if the client wants that too."""
        session.send(self._event(name, argument), name)
        if ack:
            session.send(packets.acknowledgement(ack, argument))

    async def _introduce(self, session: Session) -> None:
        try:
            command = await self._engine.command_of(self._name_of_model())
            session.send(packets.event("info", command.describe()))
        except TaxiwayError as error:
            self._refuse(session, error, "")

    def _send_on(self, session: Session, errand: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        tasks = self._clients[session]
        task = asyncio.create_task(errand)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return task

    def _on_event(self, event: Event) -> None:
        if not self._clients or event.model != self._name_of_model():
            return
        match event:
            case OutputReady(outputs=outputs):
                self._broadcast("data", outputs)
            case QueryFailed(error=error):
                self._broadcast("error", {"error": error})
            case PartReady():
                packet = packets.event("part", _told(event))
                for session in self._clients:
                    session.offer(packet, "part")
            case CallEnded():
                for session in self._clients:
                    session.forget("part")

    def _broadcast(self, name: str, argument: Wire) -> None:
        """Offer to everyone but the one whose query this answers, who gets it as a reply."""
        asker = _asking.get()
        packet = self._event(name, argument)
        for session in self._clients:
            if session is not asker:
                session.offer(packet, name)

    def _event(self, name: str, argument: Wire) -> str:
        """The packet of an output, encoded once for everyone."""
        known, packet = self._encoded
        if known is not argument:
            packet = packets.event(name, argument)
            self._encoded = argument, packet
        return packet


def _told(part: PartReady) -> dict[str, Wire]:
    """A part as clients get it; `progress` from 0 to 1 and `message` where the model says so."""
    progress = part.progress
    return {
        "call": part.call,
        "outputs": part.outputs,
        "progress": progress.done if progress else None,
        "message": progress.message if progress else "",
    }


SLOT: Any = SocketIo
