"""The composition root: a configuration and the models to run become engine and servers."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import threading
import webbrowser
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from taxiway.catalog import families
from taxiway.catalog.catalog import Card
from taxiway.catalog.folder import NoDataFolder, data_path
from taxiway.core.config import Config
from taxiway.core.descriptors import allow_more
from taxiway.core.errors import TaxiwayError
from taxiway.core.events import Event, InputsIgnored, MessageIgnored, StateChanged
from taxiway.core.screen import has_screen
from taxiway.engine import Engine, preload
from taxiway.live.chains import Link
from taxiway.model_servers import ModelServers
from taxiway.web.listen import loop_factory, settle
from taxiway.web.notices import once, shortened
from taxiway.web.server import ManagerContext, ManagerServer
from taxiway.web.server_slot import decoded, made, of_kind, started, stopped


@dataclass(frozen=True)
class Beginning:
    """What is done once the models are being started: chains to make, a workspace to set up.

    A browser is opened at `place` of the studio, its front for "".
    """

    links: Sequence[Link] = ()
    workspace: bytes | None = None
    open_browser: bool = False
    owner_link: bool = False
    place: str = ""


def run(
    config: Config,
    cards: Sequence[Card],
    options: dict[str, Any],
    beginning: Beginning,
    command: str | None = None,
) -> None:
    """Serve `cards` until Ctrl-C, SIGTERM or SIGHUP. Raises PortInUse or CannotListen."""
    _find_data_folder()
    _find_temporary_folder()
    if few := allow_more():
        print(few, flush=True)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        running = serving(config, cards, options, command)
        runner.run(_until_told(running, beginning))


def _find_data_folder() -> None:
    """Without a home, what is kept goes into a temporary folder, here and in all processes."""
    try:
        data_path()
    except NoDataFolder as error:
        os.environ["TAXIWAY_DATA"] = tempfile.mkdtemp(prefix="taxiway-")
        print(f"{error} Until then it is kept in {os.environ['TAXIWAY_DATA']}.", flush=True)


def _find_temporary_folder() -> None:
    """Where nothing can be written but the data folder, as in a read-only container, it has one.

    Raises TaxiwayError where that cannot be written either.
    """
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        folder = data_path() / "temporary"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            words = "No temporary folder can be written; name one in TMPDIR, or mount /tmp."
            raise TaxiwayError(words) from None
        os.environ["TMPDIR"] = str(folder)


@contextlib.asynccontextmanager
async def serving(
    config: Config, cards: Sequence[Card], options: dict[str, Any], command: str | None = None
) -> AsyncIterator[ModelServers]:
    """Everything running within the block; models begin to start once their ports are taken.

    `options` are those of every model's set-up, `command` is what a query means.
    """
    preload(families.imports(card.family for card in cards))
    async with (
        Engine(
            executor=config.executor,
            query_seconds=config.query_seconds,
            worker_bytes=config.worker_bytes,
        ) as engine,
        contextlib.AsyncExitStack() as doors,
    ):
        engine.events.listen(_tell)
        if config.trace:
            from taxiway.web.tracing import exporting, trace_call

            doors.enter_context(exporting())
            engine.meters.append(trace_call)
        if not config.osc_log:
            engine.events.listen(_tell_of_messages)
        model_servers = ModelServers(engine, config, options)
        doors.push_async_callback(model_servers.close)
        for card in cards:
            await model_servers.open(card, command=command)
        for name, kind in of_kind(model_servers.slots.servers, ManagerServer).items():
            settings = decoded(kind, config.servers.get(name, {}))
            context = ManagerContext(manager=model_servers, config=config, settings=settings)
            if (server := made(name, kind, context)) is not None:
                doors.push_async_callback(stopped, server)
                await started(server, server.title)
        if config.metrics is not None:
            from taxiway.web.prometheus import Metrics, live

            metrics = Metrics(engine, data_path())
            metrics.read(lambda: live(model_servers.live()))
            told = await doors.enter_async_context(metrics.listener(config))
            print(f"Metrics at {told.url}/metrics", flush=True)
        yield model_servers


async def _until_told(
    running: contextlib.AbstractAsyncContextManager[ModelServers],
    beginning: Beginning,
) -> None:
    told = asyncio.Event()
    if sys.platform != "win32":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup has the closed terminal ignored.
            if signal.getsignal(number) is not signal.SIG_IGN or number != signal.SIGHUP:
                asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with running as model_servers:
        settle()
        _say_where(model_servers, beginning.owner_link)
        if beginning.open_browser and has_screen():
            url = model_servers.running()[0].url + beginning.place
            threading.Thread(target=webbrowser.open, args=[url], daemon=True).start()
        if beginning.workspace is not None:
            for sentence in await model_servers.workspaces.reopen(beginning.workspace):
                print(sentence, flush=True)
        linking = asyncio.create_task(_link(model_servers, beginning.links))
        feeding = asyncio.create_task(model_servers.feed())
        forgetting = asyncio.create_task(model_servers.forget_jobs())
        await told.wait()
        linking.cancel()
        feeding.cancel()
        forgetting.cancel()
        _say("\nStopping.")


def _say_where(model_servers: ModelServers, owner_link: bool) -> None:
    for place in model_servers.running():
        print(f"{place.title} at {place.url} (Ctrl-C ends it)", flush=True)
        elsewhere = model_servers.address_elsewhere(place)
        if elsewhere and elsewhere != place.url:
            print(f"On another device: {elsewhere}", flush=True)
        if elsewhere and place.slot == 0:
            _say_in_a_picture(elsewhere)
        if owner_link:
            link = f"{elsewhere or place.url}/#owner={model_servers.tokens.own}"
            print(f"For the owner alone: {link}", flush=True)
    if model_servers.is_open_to_others:
        more = "" if owner_link else "; to start, stop and train from there, add --owner-link"
        print(f"Anyone on your network can play{more}.", flush=True)


def _say_in_a_picture(address: str) -> None:
    """For a phone's camera, where somebody looks at the terminal."""
    if sys.stdout.isatty() and "utf" in (sys.stdout.encoding or "").lower():
        from taxiway.web import qr

        print(qr.as_text(address), flush=True)


async def _link(model_servers: ModelServers, links: Sequence[Link]) -> None:
    for wanted in links:
        try:
            link = await model_servers.chains.add(wanted)
        except TaxiwayError as error:
            print(error, flush=True)
        else:
            print(f"{link.source}'s {link.output} feeds {link.target}'s {link.input}.", flush=True)


def _tell(event: Event) -> None:
    if isinstance(event, StateChanged):
        _say(event.message)
    elif isinstance(event, InputsIgnored):
        for name in event.names:
            once(f"{event.model} has no input '{shortened(name)}', so what was sent is ignored.")


def _tell_of_messages(event: Event) -> None:
    """The first from each sender that does nothing, where not all of them are told."""
    if isinstance(event, MessageIgnored):
        sender = event.sender.rpartition(":")[0]
        more = "The studio's Network panel shows what else is ignored."
        once(f"{event.protocol} from {sender}: {event.reason} {more}", event.protocol + sender)


def _say(sentence: str) -> None:
    # The terminal may be closed.
    with contextlib.suppress(OSError):
        print(sentence, flush=True)
