"""What every request passes first: its path, the Host it names, its Origin, the size of its body.

One ASGI layer around everything else, WebSockets included, so that no route can forget it.
"""

import asyncio
import ipaddress
import re
from functools import lru_cache

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from taxiway.core.config import Config
from taxiway.web.addresses import ANY, LOOPBACK, own_names
from taxiway.web.cors import Headers, cors, preflight
from taxiway.web.origin import OWN_NAMES, host_name, is_own_origin
from taxiway.web.packed import CODINGS, Unpacked
from taxiway.web.responses import Answer, deny, error_answer

SMALL_BODY = 2**20
"""A declared body up to this size is not counted while it comes."""
BODIES_AT_ONCE = 4
"""Bodies of the largest size that may be in memory together."""

STOPPING = "The server is stopping."
FOREIGN = "Pages of this origin may not ask this server."
SLASHES = re.compile("//+")


class Guard:
    """Refuses a foreign Host (403), a foreign Origin (403) and a body over the limit (413).

    The Host list is what stops a web page whose name was made to point at this machine (DNS
    rebinding). Every answer outside the studio carries CORS headers, refusals too, or else the
    browser hides the reason from the page.
    """

    def __init__(self, app: ASGIApp, config: Config) -> None:
        self.app = app
        self.config = config
        self._held = 0
        self._known = lru_cache(maxsize=256)(self._is_known)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        scope = tidied(scope, self.config.root_path, self.config.local_proxies)
        scope[OWN_NAMES] = self.config.allowed_hosts
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["path"] == "":
            # The page's own addresses are relative, to a folder.
            location = {"location": f"{self.config.root_path}/"}
            await Answer(b"{}", 307, location)(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refuse_host(scope)
        if refusal is None and not self._welcome(scope, dict(scope["headers"])):
            refusal = error_answer(403, FOREIGN)
        if refusal is None:
            await self.app(scope, receive, send)
        else:
            await deny(WebSocket(scope, receive, send), refusal)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: Headers = dict(scope["headers"])
        more = self._cors(scope, headers)
        began = False

        async def opened(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                message = {**message, "headers": [*message.get("headers", ()), *more]}
            await send(message)

        try:
            await self._answer(scope, headers, receive, opened)
        except asyncio.CancelledError:
            # The server stops, and the time it gave to those in work is over.
            if began:
                raise
            await error_answer(503, STOPPING, {"retry-after": "2"})(scope, receive, opened)

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive, opened: Send) -> None:
        refusal = self._refuse_host(scope) or self._refuse(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, opened)
        elif scope["method"] == "OPTIONS":
            allowed = [] if is_private(scope) else preflight(headers)
            await opened({"type": "http.response.start", "status": 204, "headers": allowed})
            await opened({"type": "http.response.body"})
        elif coding(headers):
            plain = {b"content-encoding", b"content-length"}
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in plain]
            await self._counted(scope, Unpacked(receive, coding(headers)), opened)
        elif int(headers.get(b"content-length", 0)) <= SMALL_BODY and (
            b"transfer-encoding" not in headers
        ):
            await self.app(scope, receive, opened)
        else:
            await self._counted(scope, receive, opened)

    def _refuse_host(self, scope: Scope) -> Answer | None:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1:
            return error_answer(400, f"A request names one Host, got {len(hosts)}.")
        if self._known(hosts[0]):
            return None
        given = hosts[0][:100].decode("latin-1")
        return error_answer(
            403,
            f"This server is not known as '{given}'; if it is its name, start it with "
            f"{self.config.host_flag} {host_name(hosts[0][:100])}.",
        )

    def _is_known(self, header: bytes) -> bool:
        name = host_name(header)
        if name in LOOPBACK or name == self.config.host.lower():
            return True
        if any(is_named(name, allowed.lower()) for allowed in self.config.allowed_hosts):
            return True
        if self.config.host in ANY and name in own_names():
            return True
        # An address cannot be rebound to another machine, only a name can.
        return self.config.host not in LOOPBACK and is_address(name)

    def _refuse(self, scope: Scope, headers: Headers) -> Answer | None:
        if not self._welcome(scope, headers):
            return error_answer(403, FOREIGN)
        if b"content-length" in headers and b"transfer-encoding" in headers:
            # What follows may be part of this body, or a request that somebody hid in it.
            close = {"connection": "close"}
            return error_answer(400, "The body has two ways to end; give one of them.", close)
        length = headers.get(b"content-length", b"0")
        if not length.isdigit():
            return error_answer(400, "Content-Length takes a number.")
        if int(length) > self.config.body_limit:
            return too_large(self.config.body_limit)
        if coding(headers) and coding(headers) not in CODINGS:
            given = coding(headers)[:40].decode("latin-1")
            words = f"The body is compressed as '{given}'; send it plain, or as gzip or deflate."
            return error_answer(415, words)
        return None

    def _welcome(self, scope: Scope, headers: Headers) -> bool:
        origin = headers.get(b"origin")
        if origin is None or "*" in self.config.allowed_origins:
            return True
        return origin.decode("latin-1") in self.config.allowed_origins or is_own_origin(scope)

    def _cors(self, scope: Scope, headers: Headers) -> list[tuple[bytes, bytes]]:
        if is_private(scope):
            return []
        return cors(headers, self._welcome(scope, headers), "*" in self.config.allowed_origins)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app with a `receive` that stops at the limit, of this body or of all."""
        limit = self.config.body_limit
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            length = len(message.get("body", b""))
            size += length
            self._held += length
            if size > limit:
                raise HTTPException(413, too_large_words(limit))
            if self._held > limit * BODIES_AT_ONCE:
                raise HTTPException(503, "Too many large requests at once.", {"retry-after": "2"})
            return message

        try:
            await self.app(scope, counted, send)
        finally:
            self._held -= size


def tidied(scope: Scope, root_path: str = "", local_proxies: bool = True) -> Scope:
    """The request as if it had been asked properly: `//query` and `/query/` are `/query`.

    So is `/taxi/query` for a `root_path` of `/taxi`, whether a proxy took that away or not; what it
    says of the scheme is believed with `local_proxies` where it is on this machine, since it only
    goes into addresses that the client is told. HTTP/1.0 has requests without a Host. No browser
    sends one, so that no name was forged: it is taken to mean the address that it came to. One with
    an Origin stays as it is.
    """
    path = SLASHES.sub("/", scope["path"])
    tidy = {**scope, "path": path.rstrip("/") or "/"}
    if root_path and f"{path}/".startswith(f"{root_path}/"):
        below = path.removeprefix(root_path)
        is_page = scope.get("method") in ("GET", "HEAD")
        tidy["path"] = below.rstrip("/") or ("" if is_page and not below else "/")
        if below.startswith(f"{root_path}/"):
            tidy["path"] = root_path + tidy["path"]  # the router takes one away, too
    tidy["root_path"] = root_path
    headers: Headers = dict(scope["headers"])
    client = scope.get("client")
    forwarded = headers.get(b"x-forwarded-proto") == b"https"
    is_local = local_proxies and scope["type"] == "http" and client and client[0] in LOOPBACK
    if forwarded and is_local:
        tidy["scheme"] = "https"
    if scope.get("http_version") == "1.0" and not headers.keys() & {b"host", b"origin"}:
        host, port = scope["server"]
        named = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        tidy["headers"] = [(b"host", named.encode()), *scope["headers"]]
    return tidy


def coding(headers: Headers) -> bytes:
    """How the body is compressed; empty for not at all."""
    return headers.get(b"content-encoding", b"").strip().lower().replace(b"identity", b"")


def is_named(name: str, allowed: str) -> bool:
    """Whether `name` is `allowed`, or below it for one such as `*.example.org`."""
    return name == allowed or (allowed.startswith("*.") and name.endswith(allowed[1:]))


def is_address(name: str) -> bool:
    """Whether `name` is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_private(scope: Scope) -> bool:
    """Whether only our own pages may read the answer: some carry the start's token."""
    path: str = scope["path"]
    if path in ("/", "/output"):
        return scope["method"] in ("GET", "HEAD")
    return path.partition("@")[0] == "/studio" or path.startswith(("/studio/", "/teacher/api/"))


def too_large_words(limit: int) -> str:
    return f"The body is too large; at most {limit // 2**20} MB are taken."


def too_large(limit: int) -> Answer:
    return error_answer(413, too_large_words(limit))
