"""The composition root of `taxiway host`: a data folder becomes an engine, a ledger, a server."""

import asyncio
import contextlib
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from msgspec import Struct
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from taxiway.catalog import families
from taxiway.core.command import Command
from taxiway.core.config import Config
from taxiway.core.descriptors import allow_more
from taxiway.core.errors import InvalidArgument
from taxiway.core.events import Event, StateChanged
from taxiway.engine import Engine, preload
from taxiway.engine.cluster.address import Cluster
from taxiway.hosting.address import RUNWAY
from taxiway.hosting.certificate import check_certificate, keep_renewed
from taxiway.hosting.forward import Elsewhere
from taxiway.hosting.peers import Peers, present
from taxiway.hosting.records import Hosted
from taxiway.hosting.server import Api
from taxiway.hosting.store import Ledger, Store
from taxiway.hosting.teacher import Teacher
from taxiway.hosting.wake import Awake
from taxiway.web.addresses import LOOPBACK, elsewhere
from taxiway.web.application import application
from taxiway.web.guard import is_address
from taxiway.web.listen import Listener, loop_factory, settle

CONNECTIONS_PER_CLIENT = 256
"""A whole class may come from one address, with six for each browser."""
CONNECTIONS_OF_A_PROXY = 4096
"""Everyone comes from its address."""
DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


class Settings(Struct, frozen=True, kw_only=True):
    """How a server hosts.

    `names` are those it is known by, each with a name for every model below it; `proxies` the
    addresses whose X-Forwarded-For and -Proto are believed; `awake` models have a process at once,
    here or on the Ray `cluster` of that address.
    `store` is a PostgreSQL database's address; at `reached_at` others that share it reach this one.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    root_path: str = ""
    certificate: str | None = None
    key: str | None = None
    names: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    awake: int = 4
    cluster: str = ""
    store: str | None = None
    reached_at: str | None = None
    metrics: tuple[str, int] | None = None
    worker_bytes: int | None = None
    stop_seconds: float = 3.0
    trace: bool = False

    def config(self) -> Config:
        """How to listen. Raises InvalidArgument."""
        for name in self.names:
            if not DOMAIN.fullmatch(name):
                raise InvalidArgument(f"A name is written as models.example.org, got '{name}'.")
        for proxy in self.proxies:
            if not is_address(proxy):
                raise InvalidArgument(f"--behind-proxy takes an IP address, got '{proxy}'.")
        if self.awake < 1:
            raise InvalidArgument(f"At least one model must be allowed awake, got {self.awake}.")
        if self.cluster:
            Cluster.of(self.cluster)
        if self.store is not None and self.reached_at is None:
            raise InvalidArgument(
                "Servers that share a store ask each other: say by --reached-at where the others "
                "reach this one, such as http://192.168.1.20:8080."
            )
        here = self._own_name()
        check_certificate(self.certificate, self.key)
        return Config(
            host=self.host,
            port=self.port,
            root_path=self.root_path,
            local_proxies=False,  # those that it is told of it believes, and no other
            certificate=self.certificate,
            key=self.key,
            metrics=self.metrics,
            worker_bytes=self.worker_bytes,
            stop_seconds=self.stop_seconds,
            trace=self.trace,
            allowed_hosts=(*here, *self.names, *(f"*.{name}" for name in (*self.names, RUNWAY))),
            host_flag="--name",
            connections_per_client=CONNECTIONS_OF_A_PROXY
            if self.proxies
            else CONNECTIONS_PER_CLIENT,
            # Those who ask are pages of other origins, all of them.
            connections_per_origin=CONNECTIONS_OF_A_PROXY,
            own_connections=0,
        )

    def _own_name(self) -> tuple[str, ...]:
        if self.reached_at is None:
            return ()
        at = urlsplit(self.reached_at)
        if at.scheme not in ("http", "https") or not at.hostname or at.path.strip("/"):
            raise InvalidArgument(
                f"--reached-at takes http://ADDRESS:PORT, got '{self.reached_at}'."
            )
        return (at.hostname,)

    def url_for_peers(self, listener: Listener) -> str:
        """Where other servers ask this one; none for them with a certificate of another name."""
        if self.reached_at is not None:
            return self.reached_at.rstrip("/")
        return "" if self.certificate else listener.url

    def url(self, listener: Listener) -> str:
        """The address to tell people: by name where there is one, as the proxy has it if any."""
        if not self.names:
            return listener.url + self.root_path
        scheme = "https" if self.certificate or self.proxies else "http"
        usual = self.proxies or listener.port == {"https": 443, "http": 80}[scheme]
        return f"{scheme}://{self.names[0]}{'' if usual else f':{listener.port}'}{self.root_path}"

    def others(self, listener: Listener) -> str | None:
        """The address at which other machines reach the server; None if they do not."""
        if self.names:
            return self.url(listener)
        if self.proxies:
            return None
        scheme = "https" if self.certificate else "http"
        found = elsewhere(self.host, listener.port, scheme)
        return None if found is None else found + self.root_path


def run(folder: Path, settings: Settings) -> None:
    """Serve what `folder` says is hosted until Ctrl-C or SIGTERM.

    Raises PortInUse, CannotListen, StoreError or InvalidArgument.
    """
    if few := allow_more():
        print(few, flush=True)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_until_told(folder, settings))


@contextlib.asynccontextmanager
async def serving(
    folder: Path, settings: Settings, tell: Callable[[Event], None] = lambda event: None
) -> AsyncIterator[Listener]:
    """Everything running within the block; models sleep until somebody asks."""
    config = settings.config()
    with (
        present(folder),
        Store(folder, durable=False, address=settings.store) as store,
        Store(folder, durable=False, address=settings.store) as reader,
        contextlib.ExitStack() as last,
    ):
        preload(families.imports(_families(store.models())))
        ledger = Ledger(store, reader)
        peers = Peers(ledger)
        last.callback(store.bury, peers.here.id)
        last.callback(ledger.close)
        async with (
            Engine(query_seconds=config.query_seconds, worker_bytes=config.worker_bytes) as engine,
            contextlib.AsyncExitStack() as doors,
        ):
            engine.events.listen(tell)
            if config.trace:
                from taxiway.web.tracing import exporting, trace_call

                doors.enter_context(exporting())
                engine.meters.append(trace_call)
            engine.events.listen(lambda event: _note(ledger, peers, event))
            awake = Awake(engine, settings.awake)
            doors.push_async_callback(awake.close)
            api = Api(
                engine,
                ledger,
                awake,
                settings.names,
                on=settings.cluster,
                elsewhere=Elsewhere(peers),
            )
            app = application([*Teacher(api).routes(), *api.routes()], config)
            door = Listener(_behind(app, settings.proxies), config)
            api.others = lambda: settings.others(door)
            listener = await doors.enter_async_context(door)
            await peers.join(settings.url_for_peers(listener))
            await doors.enter_async_context(_meanwhile(peers.watch()))
            await doors.enter_async_context(_meanwhile(keep_renewed(listener)))
            await ledger(setattr, store, "url", settings.url(listener))
            if config.metrics is not None:
                from taxiway.hosting.metrics import Budgets
                from taxiway.web.prometheus import Metrics

                metrics = Metrics(engine, folder)
                Budgets(ledger).join(metrics)
                told = await doors.enter_async_context(metrics.listener(config))
                print(f"Metrics at {told.url}/metrics", flush=True)
            yield listener


async def tried(hosted: Hosted) -> Command:
    """Set a model up once, to hear now what is wrong with it; the command that it will answer.

    Raises TaxiwayError in the words of the model.
    """
    spec = hosted.spec()
    async with Engine() as engine:
        await engine.start(spec)
        return await engine.command_of(spec.name)


def addresses(url: str, name: str) -> tuple[str, str]:
    """Where a model is, of a server at `url`; and how Runway's JavaScript SDK wants it written."""
    return f"{url}/{name}/v1", f"{url}/{name}.{RUNWAY}/v1"


async def _until_told(folder: Path, settings: Settings) -> None:
    told = asyncio.Event()
    if sys.platform != "win32":
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with serving(folder, settings, _say) as listener:
        settle()
        print(f"Hosting at {settings.url(listener)} (Ctrl-C ends it)", flush=True)
        if settings.host not in LOOPBACK and not settings.certificate:
            print("Without --certificate, tokens cross the network for all to read.", flush=True)
        await told.wait()
        print("\nStopping.", flush=True)


def _say(event: Event) -> None:
    if isinstance(event, StateChanged):
        print(event.message, flush=True)


def _note(ledger: Ledger, peers: Peers, event: Event) -> None:
    if not isinstance(event, StateChanged):
        return
    if event.state in ("asleep", "failed"):
        ledger.later(ledger.store.leave_place, event.model, peers.here.id, event.state)
    else:
        ledger.later(ledger.store.set_state, event.model, event.state)


@contextlib.asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Work that goes on within the block."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _behind(app: ASGIApp, proxies: tuple[str, ...]) -> ASGIApp:
    """`app`, which believes what these proxies say of who asks; outermost, before the guard."""
    if not proxies:
        return app
    middleware: Any = ProxyHeadersMiddleware(cast(Any, app), list(proxies))
    return cast(ASGIApp, middleware)


def _families(hosted: list[Hosted]) -> set[str]:
    families = set()
    for model in hosted:
        # One whose file is gone says so when it is asked.
        with contextlib.suppress(Exception):
            families.add(model.spec().family)
    return families
