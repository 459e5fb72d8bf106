"""A request that another server answers: asked there as it came here, answered as it was there."""

import asyncio
import hmac
import ssl
from collections.abc import Iterable
from urllib.parse import urlsplit

import httptools
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from taxiway.core.errors import Unavailable
from taxiway.hosting.line import AT_WORK, Line, Rounds
from taxiway.hosting.peers import Peers
from taxiway.hosting.records import Hosted, Server
from taxiway.web.patience import while_connected

WORD = "x-taxiway-peer"
"""By the secret in this header a server knows that another one asks."""
AT_ONCE, LOOKS_AT_ONCE = 180, 40
"""Questions, and whatever else is asked, under way to one other server; it lets 256 connections in
from an address."""
TRIES = 3
PIECE = 2**16

Pairs = list[tuple[bytes, bytes]]

OURS_TO_SAY = {
    b"connection", b"content-length", b"host", b"keep-alive", b"origin", b"referer", b"te",
    b"transfer-encoding", b"upgrade", b"vary", b"date", b"x-forwarded-for", b"x-forwarded-proto",
    WORD.encode(),
}  # fmt: skip


HERE = {("link",)}
"""What is told of the address that was asked."""
SLEEPING = {("line",), ("state",)}
"""What wakes nothing."""


class Question(Struct, frozen=True):
    """What is asked of a model, and by whom: bytes that tell callers apart."""

    hosted: Hosted
    route: tuple[str, ...]
    who: bytes

    @property
    def is_counted(self) -> bool:
        return self.route == ("query",)


class Elsewhere:
    """Asks the server that has a model."""

    def __init__(self, peers: Peers) -> None:
        self.peers = peers
        self.rounds = Rounds()
        self._lines: dict[tuple[str, bool], Line] = {}

    async def answer(
        self, request: Request, question: Question, places: list[Server]
    ) -> Response | None:
        """The answer of the server that has the model; None if that is this one.

        What a server that dies leaves unanswered is asked once more where the model is next.
        """
        if question.route in HERE or self.is_from_a_peer(request):
            return None
        for _ in range(TRIES):
            server = await self.peers.elsewhere(
                question.hosted, places, question.who, question.route not in SLEEPING
            )
            if server is None:
                return None
            body = await request.body()
            path = "/".join(("", question.hosted.name, "v1", *question.route))
            given = head(server, request, path)
            try:
                asking = self._in_turn(server, question, given, body)
                return await while_connected(request, asking)
            except (OSError, EOFError, httptools.HttpParserError):
                self._lines.pop((server.id, question.is_counted), None)
                await self.peers.shun(server, question.hosted.name)
                places = []
        raise Unavailable(f"The server that has '{question.hosted.name}' cannot be reached.")

    def is_from_a_peer(self, request: Request) -> bool:
        """Whether another server asks, who then says for whom. Raises HTTPException (421)."""
        word = request.headers.get(WORD)
        if word is None:
            return False
        if not hmac.compare_digest(word.encode(), self.peers.here.secret.encode()):
            raise HTTPException(421, "Another server was meant.")
        request.scope["client"] = (request.headers.get("x-forwarded-for", ""), 0)
        return True

    async def _in_turn(
        self, server: Server, question: Question, head: Pairs, body: bytes
    ) -> Response:
        """Raises OSError or EOFError where the server is gone, or not the one that it was."""
        died = self.peers.died(server)
        async with self._line(server, question).turn(question.who):
            asking = asyncio.ensure_future(exchange(server.url, head, body))
            dying = asyncio.ensure_future(died.wait())
            try:
                await asyncio.wait({asking, dying}, return_when=asyncio.FIRST_COMPLETED)
                if not asking.done():
                    raise EOFError
                answer = asking.result()
            finally:
                asking.cancel()
                dying.cancel()
        if answer.status_code == 421:
            raise EOFError
        return answer

    def _line(self, server: Server, question: Question) -> Line:
        """Where callers wait here: each has one question more there than is at work, for its line.

        What costs nothing has turns of its own, since who waits asks where he is.
        """
        key = server.id, question.is_counted
        if key not in self._lines:
            at_once = AT_ONCE if question.is_counted else LOOKS_AT_ONCE
            self._lines[key] = Line(
                "models of another server", at_once, shared=AT_WORK, more=1, rounds=self.rounds
            )
        return self._lines[key]


def head(server: Server, request: Request, route: str) -> Pairs:
    """The request's line and headers; who asks is told beside the word that makes it believed."""
    client = request.client.host if request.client else ""
    path = route + (f"?{request.url.query}" if request.url.query else "")
    return [
        (b"POST" if request.method == "POST" else b"GET", path.encode("ascii", "replace")),
        (b"host", urlsplit(server.url).netloc.encode()),
        (WORD.encode(), server.secret.encode()),
        (b"x-forwarded-for", client.encode()),
        (b"connection", b"close"),
        *_passed(request.headers.raw),
    ]


async def exchange(url: str, head: Pairs, body: bytes) -> Response:
    """Send a request whose `head` begins with its method and path. Raises OSError or EOFError."""
    at = urlsplit(url)
    secure = ssl.create_default_context() if at.scheme == "https" else None
    port = at.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(at.hostname, port, ssl=secure)
    try:
        (method, path), *headers = head
        lines = [method + b" " + path + b" HTTP/1.1", *(b": ".join(pair) for pair in headers)]
        lines.append(b"content-length: " + str(len(body)).encode())
        writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        await writer.drain()
        reading = _Reading()
        while not reading.is_whole:
            piece = await reader.read(PIECE)
            if not piece:
                raise EOFError
            reading.parser.feed_data(piece)
        return reading.response()
    finally:
        writer.close()


class _Reading:
    """An answer as it comes; called by httptools."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.is_whole = False
        self._headers: Pairs = []
        self._body: list[bytes] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self.is_whole = True

    def response(self) -> Response:
        body = b"".join(self._body)
        response = Response(body, self.parser.get_status_code())
        # The guard here says what pages of other origins may read.
        passed = [(name, value) for name, value in _passed(self._headers) if b"access-" not in name]
        response.raw_headers = [(b"content-length", str(len(body)).encode()), *passed]
        return response


def _passed(headers: Iterable[tuple[bytes, bytes]]) -> Pairs:
    return [pair for pair in headers if pair[0] not in OURS_TO_SAY]
