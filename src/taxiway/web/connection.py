"""uvicorn's HTTP connections with deadlines, sizes and a number per client.

uvicorn waits for ever for a request that does not end, and an ASGI layer cannot see that; so this
is a subclass of each of its two protocols (httptools, and h11 where that is missing).
"""

import asyncio
import http
import socket
import sys
from typing import Any, Literal

import h11
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.h11_impl import H11Protocol

from taxiway.core.descriptors import most
from taxiway.web.deadlines import Pace
from taxiway.web.door import Door
from taxiway.web.notices import once
from taxiway.web.origin import OWN_NAMES, foreign_origin
from taxiway.web.responses import to_json
from taxiway.web.websocket import WebSocketProtocol

try:
    import httptools
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
except ImportError:
    HttpToolsProtocol = None  # type: ignore[assignment,misc]

OFFERS = (b"upgrade", b"connection", b"http2-settings")
"""Headers by which a client offers another protocol."""
PIPELINED = 32
"""Requests that may wait behind another on one connection."""
STATUS = b"HTTP/1.1 "
"""What every answer begins with, whatever becomes of it."""
PROBE_SECONDS = 0.1
"""Until a client that is gone has said so, when something is sent to it."""
KEEPALIVE_SECONDS = 10
KEPT = 16
"""Descriptors that are left for files, and to refuse connections with; few are kept of few."""
RETRY = "retry-after: 2\r\naccess-control-expose-headers: Retry-After\r\n"


class Paced(asyncio.Protocol):
    """What the two subclasses share; mixed in before uvicorn's class."""

    client: tuple[str, int] | None
    scheme: Literal["http", "https"] | None
    cycle: Any
    flow: FlowControl
    loop: asyncio.AbstractEventLoop
    scope: Any
    transport: asyncio.Transport
    joined: "Joined"
    ended = False
    """Whether the client will send no more, though it may still read."""

    def __init__(self, *arguments: Any, door: Door, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.door = door
        self.pace = Pace(door.config, self.loop.time())

    @property
    def address(self) -> str:
        return self.client[0] if self.client else ""

    @property
    def is_working(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.joined = Joined(self.transport, self.loop)
        if not self.door.enter(self.address, self, self.loop.time()):
            self.refuse(429, "Too many connections from one address.")
        elif said := lack_of_room(transport.get_extra_info("socket").fileno()):
            once(said)
            self.refuse(503, said)

    def note_origin(self) -> None:
        """A header is whole: the door is told of which origin it is."""
        self.scope[OWN_NAMES] = self.door.config.allowed_hosts
        origin = foreign_origin(self.scope)
        self.door.asked(self.address, self.transport, origin, self.loop.time())

    def handle_websocket_upgrade(self, *event: Any) -> None:
        """Hand the connection over; the door goes on to know it."""
        self.note_origin()
        address, transport, door = self.address, self.transport, self.door
        super().handle_websocket_upgrade(*event)  # type: ignore[misc]
        socket = transport.get_protocol()
        if isinstance(socket, WebSocketProtocol):
            self.cycle = None
            socket.on_data = lambda: door.heard(address, transport, socket.loop.time())
            socket.on_lost = lambda: door.leave(address, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.door.leave(self.address, self.transport)
        super().connection_lost(exc)

    def eof_received(self) -> Any:  # a bool, where uvicorn gives nothing
        """Go on with the answer, as a client that only closed its sending half waits for it.

        One that hung up looks the same until something is sent to it. So the answer begins: with
        what begins every answer. Who is gone resets the connection, and `probe` sees it. Who goes
        later says nothing, but is found out by TCP's own probes within about a minute. Of answers
        on their way only those are finished whose bytes wait to be read; a stream ends. TLS cannot
        be closed by half.
        """
        if self.scheme == "https" or not self.is_working:
            return False
        if self.cycle.more_body:
            self.refuse(400, "The request ended before its body was whole.")
            return False
        if self.cycle.response_started:
            return self.transport.get_write_buffer_size() > 0
        if not self.ended:
            self.ended = True
            self.joined.begin()
            keep_asking(self.transport.get_extra_info("socket"))
            self.loop.call_later(PROBE_SECONDS, self.probe)
        return True

    def probe(self) -> None:
        """Cut the connection if its client did not only stop sending, but is gone."""
        if not self.ended or self.transport.is_closing():
            return
        end = self.transport.get_extra_info("socket")
        if end.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.transport.abort()

    def on_response_complete(self) -> None:
        """Close after the last answer to a client that will ask no more."""
        super().on_response_complete()  # type: ignore[misc]
        if self.ended and not self.is_working:
            self.joined.close()

    def check(self, now: float, elapsed: float) -> None:
        """Cut the connection if its client is too slow; called every `elapsed` seconds."""
        self.probe()
        if self.pace.is_deaf(self.transport.get_write_buffer_size(), now):
            self.transport.abort()
        elif self.flow.read_paused:
            self.pace.wait(elapsed)
        elif self.pace.is_late(now):
            self.refuse(408, "The request came too slowly.")

    def refuse(self, status: int, message: str) -> None:
        """Say why, where there is something to answer and no answer has begun; then close."""
        silent = self.pace.phase == "open" and status == 408
        answered = self.pace.phase == "body" and self.cycle and self.cycle.response_started
        if not (silent or answered or self.transport.is_closing()):
            self.joined.write(refusal(status, message))
        self.joined.close()

    def send_400_response(self, msg: str) -> None:
        """uvicorn's answer to what its parser refuses, as JSON."""
        self.refuse(400, "The request is not valid HTTP.")


def keep_asking(connected: socket.socket) -> None:
    """Have the system ask every few seconds whether the other side is there still."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in ("TCP_KEEPIDLE", "TCP_KEEPINTVL"):
        if hasattr(socket, option):  # not on every system
            connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), KEEPALIVE_SECONDS)


def lack_of_room(descriptor: int) -> str:
    """A sentence if a new connection's is one of the last descriptors that there are.

    The system gives the lowest that is free. When none is left, the event loop accepts connections
    only to close them, and nobody hears of it.
    """
    there_are = most()
    if there_are is None or descriptor < there_are - max(1, min(KEPT, there_are // KEPT)):
        return ""
    return (
        f"No more connections are taken: no more than {there_are} files and sockets may be open "
        "at once here; raise that by ulimit -n."
    )


def refusal(status: int, message: str) -> bytes:
    """A whole answer, for requests that never reach the application."""
    body = to_json({"error": message})
    retry = RETRY if status in (429, 503) else ""
    header = (
        f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n{retry}"
        "access-control-allow-origin: *\r\nconnection: close\r\n\r\n"
    )
    return header.encode("ascii") + body


class Joined:
    """A connection's transport as the application has it: the header goes with the first of the
    body, by one call of the system; by itself it would cost as much as all of HTTP's rest.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._header = b""
        self._begun = b""

    def begin(self) -> None:
        """Send what every answer begins with; the next one goes without it."""
        self._begun = STATUS
        self._transport.write(STATUS)

    def write(self, data: bytes) -> None:
        """Send `data`; a header waits for what else is written at once, or else a moment."""
        if self._header:
            self._transport.writelines([self._header, data])
            self._header = b""
        elif data.startswith(STATUS):
            self._header = data.removeprefix(self._begun)
            self._begun = b""
            self._loop.call_soon(self._send_header)
        else:
            self._transport.write(data)

    def is_closing(self) -> bool:
        """Whether the connection is closed, or about to be."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Close the connection when all was sent."""
        self._send_header()
        self._transport.close()

    def _send_header(self) -> None:
        if self._header:
            self._transport.write(self._header)
            self._header = b""


if HttpToolsProtocol is not None:

    class PacedHttpTools(Paced, HttpToolsProtocol):
        """On httptools, whose parser keeps a header of any size and any number of trailers."""

        _data = b""

        def data_received(self, data: bytes) -> None:
            self.pace.overhead += len(data)
            self._data = data
            super().data_received(data)
            if self.pace.is_bloated() and not self.transport.is_closing():
                self.refuse(431, "The header of the request is too large.")

        def _should_upgrade(self) -> bool:
            # A WebSocket begins with a GET; whatever else asks for one is an ordinary request.
            return self.parser.get_method() == b"GET" and super()._should_upgrade()

        def _unsupported_upgrade_warning(self) -> None:
            """Go on with a request that asked for another protocol in vain, as HTTP has it.

            Java's client offers HTTP/2 (h2c) with its first request. The parser stops after such a
            header, so that one without the offer is put in its place. uvicorn calls this while it
            handles the parser's exception, which says where in the data that was.
            """
            if self.parser.get_method() == b"CONNECT":  # the parser stops after it, offer or not
                self.refuse(405, "CONNECT is asked of a proxy, and this is none.")
                return
            stopped = sys.exc_info()[1]
            offset = stopped.args[0] if stopped is not None and stopped.args else len(self._data)
            request = self.parser.get_method() + b" " + self.url
            lines = [request + b" HTTP/" + self.parser.get_http_version().encode()]
            lines += [name + b": " + value for name, value in self.headers if name not in OFFERS]
            rest = self._data[offset:]
            self.parser = httptools.HttpRequestParser(self)
            super().data_received(b"\r\n".join([*lines, b"", b""]) + rest)

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self.pace.begin(self.loop.time())

        def on_header(self, name: bytes, value: bytes) -> None:
            # After the header only trailers come, which nobody here reads.
            if self.pace.phase != "body":
                super().on_header(name, value)

        def on_headers_complete(self) -> None:
            if len(self.pipeline) >= PIPELINED:
                raise ValueError("too many pipelined requests")
            if self.parser.should_upgrade() and not self._should_upgrade():
                return  # it begins again without the offer
            super().on_headers_complete()
            self.note_origin()
            self.pace.header_done(self.loop.time())
            if self.cycle is not None:
                self.cycle.transport = self.joined

        def on_body(self, body: bytes) -> None:
            self.pace.overhead -= len(body)
            self.pace.body += len(body)
            super().on_body(body)

        def on_message_complete(self) -> None:
            if not self.parser.should_upgrade():
                self.pace.rest()
            if self._should_upgrade() or not self.parser.should_upgrade():
                super().on_message_complete()


class PacedH11(Paced, H11Protocol):
    """On h11, which bounds headers, trailers and pipelining by itself."""

    def data_received(self, data: bytes) -> None:
        self.pace.body += len(data)
        super().data_received(data)
        if self.pace.is_bloated() and not self.transport.is_closing():
            self.refuse(431, "The body of the request is too large.")

    def _should_upgrade(self) -> bool:
        return self.scope["method"] == "GET" and super()._should_upgrade()

    def handle_events(self) -> None:
        super().handle_events()
        if self.cycle is not None:
            self.cycle.transport = self.joined
        state = self.conn.their_state
        if state is h11.SEND_BODY:
            if self.pace.phase != "body":
                self.note_origin()
                self.pace.header_done(self.loop.time())
        elif state is h11.IDLE and self.conn.trailing_data[0]:
            if self.pace.phase != "header":
                self.pace.begin(self.loop.time())
        else:
            if self.is_working:
                self.note_origin()
            self.pace.rest()
            self.pace.body = 0


def protocol(parser: str = "auto") -> type[Paced]:
    """The class for `parser`: httptools, h11, or the better one that is there for auto."""
    if parser == "h11" or HttpToolsProtocol is None:
        return PacedH11
    return PacedHttpTools
