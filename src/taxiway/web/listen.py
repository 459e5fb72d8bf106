"""Listening at a port, on IPv4 and IPv6: sockets, uvicorn inside our own event loop, its end."""

import asyncio
import contextlib
import errno
import gc
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Self

import uvicorn
from starlette.types import ASGIApp

from taxiway.core.config import Config
from taxiway.core.errors import TaxiwayError
from taxiway.web.addresses import url
from taxiway.web.connection import Paced, protocol
from taxiway.web.door import Door
from taxiway.web.websocket import WebSocketProtocol

TICK = 1.0
"""Seconds between two looks at the connections."""
ATTEMPTS = 20
OBJECTS = 10_000
"""New ones, after which the garbage collector looks through them."""
BOTH = {"127.0.0.1": "::1", "localhost": "::1", "0.0.0.0": "::", "::": "0.0.0.0"}
"""Clients say `localhost`, which is either; so each of these brings its counterpart."""


class PortInUse(TaxiwayError):
    """Something listens at the port already; the message says what to do."""

    exit_code = 2

    def __init__(self, port: int, flag: str = "--port") -> None:
        super().__init__(
            f"Port {port} is in use: stop what runs there, "
            f"or choose another port, such as {flag} {port + 1}."
        )
        self.port = port


class CannotListen(TaxiwayError):
    """The address or port is none that this machine lets us listen at."""


def bind(host: str, port: int) -> list[socket.socket]:
    """Sockets bound to `host`, and to its counterpart where the machine has one.

    Of the two, one is enough: some machines have IPv6 only. All have the same port, a free one for
    0. Raises PortInUse or CannotListen.
    """
    for _ in range(ATTEMPTS):
        try:
            first = _bound(host.replace("localhost", "127.0.0.1"), port)
        except CannotListen:
            if host not in BOTH:
                raise
            return [_bound(BOTH[host], port)]
        if host not in BOTH:
            return [first]
        try:
            return [first, *_counterpart(BOTH[host], first.getsockname()[1])]
        except PortInUse:
            first.close()
            if port:
                raise
    raise CannotListen(f"No port is free on both IPv4 and IPv6 at {host}.")


def _counterpart(host: str, port: int) -> list[socket.socket]:
    try:
        return [_bound(host, port)]
    except CannotListen:
        return []


def _bound(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        bound = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise CannotListen(f"Cannot listen at {host}: {error.strerror}.") from None
    try:
        _exclusive(bound)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(port) from None
        raise CannotListen(f"Cannot listen at {host}, port {port}: {error.strerror}.") from None
    return bound


def _exclusive(bound: socket.socket) -> None:
    if sys.platform == "win32":
        # Windows lets a second program take a port that is in use, unless told not to.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if bound.family == socket.AF_INET6:
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)


class Listener:
    """Serves one ASGI app from the running event loop.

    `async with Listener(app, config) as listener` listens within the block; `listener.port` is
    the port taken. `flag` is what chooses it. Raises PortInUse or CannotListen on the way in.
    """

    def __init__(
        self, app: ASGIApp, config: Config, parser: str = "auto", flag: str = "--port"
    ) -> None:
        self.config = config
        self._flag = flag
        self.port = config.port
        self._uvicorn = _Uvicorn(settings(app, config, parser))
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The address to tell people."""
        host = "localhost" if self.config.host in BOTH else self.config.host
        scheme = "https" if self.config.certificate else "http"
        return url(host, self.port, scheme)

    @property
    def tls(self) -> ssl.SSLContext | None:
        """What answers for the certificate, while it listens with one."""
        return self._uvicorn.config.ssl

    async def start(self) -> None:
        """Listen; requests are taken when this returns."""
        try:
            sockets = bind(self.config.host, self.config.port)
        except PortInUse as error:
            raise PortInUse(error.port, self._flag) from None
        self.port = sockets[0].getsockname()[1]
        self._task = asyncio.create_task(self._uvicorn.serve(sockets))
        listening = asyncio.ensure_future(self._uvicorn.listening.wait())
        await asyncio.wait({self._task, listening}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        if self._task.done():
            await self._task

    async def stop(self) -> None:
        """Stop taking requests; those in flight get `stop_seconds`."""
        if self._task is not None:
            self._uvicorn.leave()
            await self._task
            self._task = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


def settings(app: ASGIApp, config: Config, parser: str) -> uvicorn.Config:
    """uvicorn's settings: no logs of its own, no trust in proxies, no compression."""
    http: Any = partial(protocol(parser), door=Door(config))
    return uvicorn.Config(
        app,
        http=http,
        ws=WebSocketProtocol,
        ws_max_size=config.message_limit,
        ws_per_message_deflate=False,
        ssl_certfile=config.certificate,
        ssl_keyfile=config.key,
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=int(config.idle_seconds),
        timeout_graceful_shutdown=int(config.stop_seconds),
    )


class _Uvicorn(uvicorn.Server):
    """Leaves signals to the program, says when it listens, and looks after its connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self._leaving = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def leave(self) -> None:
        """End `main_loop`."""
        self.should_exit = True
        self._leaving.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self.server_state.tasks:
            # They were cancelled; each says so to its client.
            await asyncio.wait(self.server_state.tasks, timeout=TICK)

    async def main_loop(self) -> None:
        # In place of uvicorn's, which wakes the machine ten times a second.
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), TICK)
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Paced):
                    connection.check(now, TICK)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is installed, for `asyncio.Runner`; None means the standard loop."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def settle() -> None:
    """Have the garbage collector pass over what there is now, which is to stay.

    To look through all of it took 36 ms each time, in which nobody is answered; whoever sends much
    makes it do so more often. A request leaves it nothing, but of many at once it looked through
    all, for a tenth of the server's time; now it does so less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS)
