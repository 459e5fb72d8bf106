"""Engine.IO 3 and 4 from one address: polling, WebSocket, and the way from one to the other.

Our own, since the kept library speaks only version 4 and keeps whatever a slow client does not
read (docs/dependencies.md). Version and transport come in the query: `?EIO=3&transport=polling`.
"""

import asyncio
import contextlib
import logging
from typing import Protocol

import msgspec
from msgspec import Struct
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from taxiway.servers.socketio import engineio_payload as payload
from taxiway.servers.socketio.engineio_payload import (
    CLOSE,
    MESSAGE,
    OPEN,
    PING,
    PONG,
    UPGRADE,
    Malformed,
)
from taxiway.servers.socketio.engineio_session import Session, Timing
from taxiway.web.origin import foreign_origin
from taxiway.web.powers import Power, declared
from taxiway.web.responses import Answer, to_json

log = logging.getLogger("taxiway.servers")

MOST_SESSIONS = 256
MOST_OF_AN_ORIGIN = 64
"""Of these, how many the pages of one other origin may be."""
MOST_BYTES = 8 * 2**20
"""Of one polling request or one message of a WebSocket; a photo as base64 fits."""
VERSIONS: dict[str | None, payload.Version] = {"3": 3, "4": 4}


class Refused(Exception):
    """A request that belongs to no session: a code of the protocol, and a sentence."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.answer = Answer(to_json({"code": code, "message": message}), status)


class Handler(Protocol):
    """What is spoken over Engine.IO; called on the event loop, never to wait."""

    def opened(self, session: Session) -> None:
        """A client came."""

    def received(self, session: Session, text: str) -> None:
        """A client sent a message."""

    def closed(self, session: Session) -> None:
        """A client has gone."""


class Handshake(Struct, rename="camel"):
    """What a client is told first; times in milliseconds."""

    sid: str
    upgrades: list[str]
    ping_interval: int
    ping_timeout: int
    max_payload: int = MOST_BYTES


class EngineIo:
    """All sessions, by their secret names; at most `most_sessions`."""

    def __init__(
        self, handler: Handler, timing: Timing | None = None, most_sessions: int = MOST_SESSIONS
    ) -> None:
        self.sessions: dict[str, Session] = {}
        self._handler = handler
        self._timing = timing or Timing()
        self._most = most_sessions

    def routes(self, path: str) -> list[BaseRoute]:
        """Both transports at `path`."""
        found: list[BaseRoute] = [
            Route(path, self._polling, methods=["GET", "POST"]),
            WebSocketRoute(path, self._websocket),
        ]
        return declared(Power.ASK, found)

    def close(self) -> None:
        """End every session; no request hangs after that."""
        for session in list(self.sessions.values()):
            session.close()

    async def _polling(self, request: Request) -> Response:
        query = request.query_params
        try:
            if query.get("transport") != "polling":
                raise Refused(0, "Transport unknown")
            if "sid" not in query:
                return self._greet(request)
            session = self._find(query)
            if request.method == "POST":
                return await self._post(session, request)
        except Refused as refusal:
            return refusal.answer
        return _packets(session, await session.poll())

    def _greet(self, request: Request) -> Response:
        if request.method != "GET":
            raise Refused(2, "Bad handshake method")
        session, handshake = self._open(
            request.query_params, ["websocket"], foreign_origin(request.scope)
        )
        return _packets(session, [handshake, *session.take_all()])

    async def _post(self, session: Session, request: Request) -> Response:
        too_large = Refused(3, f"At most {MOST_BYTES // 2**20} MB are taken.", 413)
        if int(request.headers.get("content-length", 0)) > MOST_BYTES:
            raise too_large
        body = await request.body()
        if len(body) > MOST_BYTES:
            raise too_large
        try:
            packets = payload.read(session.version, body)
        except Malformed as error:
            session.close()
            raise Refused(3, str(error)) from None
        for packet in packets:
            self._hear(session, packet)
        return Response("ok", media_type="text/html", headers={"cache-control": "no-store"})

    def _open(
        self, query: QueryParams, upgrades: list[str], origin: str | None
    ) -> tuple[Session, str]:
        """A new session and its first packet."""
        version = VERSIONS.get(query.get("EIO"))
        if version is None:
            raise Refused(5, "Unsupported protocol version")
        self._make_room(origin)
        session = Session(version, self._timing, self._closed)
        session.origin = origin
        self.sessions[session.sid] = session
        self._handler.opened(session)
        milliseconds = int(self._timing.interval * 1000), int(self._timing.timeout * 1000)
        handshake = Handshake(session.sid, upgrades, *milliseconds)
        return session, OPEN + msgspec.json.encode(handshake).decode()

    def _make_room(self, origin: str | None) -> None:
        """A flood drives out its own: the oldest that never came back, then the longest silent of
        the pages of other origins, who have some places each."""
        everyone = list(self.sessions.values())
        same = [session for session in everyone if origin and session.origin == origin]
        if len(same) >= MOST_OF_AN_ORIGIN:
            min(same, key=lambda session: (session.is_known, session.heard_at)).close()
            return
        if len(everyone) < self._most:
            return
        strangers = [session for session in everyone if not session.is_known]
        foreign = [session for session in everyone if session.origin]
        if strangers:
            strangers[0].close()
        elif foreign:
            min(foreign, key=lambda session: session.heard_at).close()
        else:
            raise Refused(3, f"There are {self._most} clients, which is the most.", 503)

    def _find(self, query: QueryParams) -> Session:
        session = self.sessions.get(query["sid"])
        if session is None:
            raise Refused(1, "Session ID unknown")
        if session.is_socket:
            raise Refused(3, "Bad request")
        session.is_known = True
        return session

    def _closed(self, session: Session) -> None:
        del self.sessions[session.sid]
        self._handler.closed(session)

    def _hear(self, session: Session, packet: str) -> None:
        if not (session.is_open and session.receive()):
            return
        match packet[:1]:
            case payload.MESSAGE:
                self._handler.received(session, packet.removeprefix(MESSAGE))
            case payload.PING:
                session.send(PONG)
            case payload.CLOSE:
                session.close()

    async def _websocket(self, socket: WebSocket) -> None:
        query = socket.query_params
        try:
            if "sid" in query:
                await self._upgrade(socket, self._find(query))
                return
            session, handshake = self._open(query, [], foreign_origin(socket.scope))
        except Refused as refusal:
            await _deny(socket, refusal.answer)
            return
        session.is_known = session.is_socket = True
        with contextlib.closing(session), contextlib.suppress(WebSocketDisconnect):
            await socket.accept()
            await socket.send_text(handshake)
            await self._talk(socket, session)

    async def _upgrade(self, socket: WebSocket, session: Session) -> None:
        """Polling goes on until the client has tried the socket and says so."""
        try:
            async with asyncio.timeout(self._timing.patience):
                await socket.accept()
                session.probe(True)
                tried = await _received(socket) == PING + "probe"
                if tried:
                    await socket.send_text(PONG + "probe")
                agreed = tried and await _received(socket) == UPGRADE
        except (TimeoutError, WebSocketDisconnect):
            agreed = False
        finally:
            session.probe(False)
        if agreed and session.is_open and not session.is_socket:
            session.is_socket = True
            with contextlib.closing(session), contextlib.suppress(WebSocketDisconnect):
                await self._talk(socket, session)

    async def _talk(self, socket: WebSocket, session: Session) -> None:
        """Until either side ends it; never raises."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read(socket, session))
                group.create_task(self._write(socket, session))
        except* (WebSocketDisconnect, TimeoutError):
            pass
        except* Exception:
            log.exception("A Socket.IO client's WebSocket failed")

    async def _read(self, socket: WebSocket, session: Session) -> None:
        while session.is_open:
            self._hear(session, await _received(socket))

    async def _write(self, socket: WebSocket, session: Session) -> None:
        while True:
            while (packet := session.take()) is not None:
                async with asyncio.timeout(self._timing.patience):
                    await socket.send_text(packet)
                if packet == CLOSE:
                    raise WebSocketDisconnect
            await session.filled()


async def _received(socket: WebSocket) -> str:
    """The next packet; empty for a binary one, which nobody here takes."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    return message.get("text") or ""


def _packets(session: Session, packets: list[str]) -> Response:
    return Response(
        payload.write(session.version, packets),
        media_type="text/plain; charset=UTF-8",
        headers={"cache-control": "no-store"},
    )


async def _deny(socket: WebSocket, answer: Answer) -> None:
    if "websocket.http.response" in socket.scope.get("extensions", {}):
        await socket.send_denial_response(answer)
    else:
        await socket.close(1008)
