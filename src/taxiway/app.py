"""The composition root: a configuration and a card become engine, stage and servers."""

import asyncio
import contextlib
import os
import signal
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import structs
from starlette.routing import BaseRoute

from taxiway.core.config import Config
from taxiway.core.events import Event, StateChanged
from taxiway.engine import Engine, preload
from taxiway.library import catalog
from taxiway.library.catalog import Card
from taxiway.live.loop import Stage
from taxiway.servers import frames, http, osc, studio
from taxiway.servers.application import application
from taxiway.servers.listen import CannotListen, Listener, PortInUse, loop_factory
from taxiway.servers.socketio import SocketIo


def run(config: Config, card: Card, options: dict[str, Any], open_browser: bool) -> None:
    """Serve `card` until Ctrl-C or SIGTERM. Raises PortInUse or CannotListen."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_until_told(config, card, options, open_browser))


@contextlib.asynccontextmanager
async def serving(config: Config, card: Card, options: dict[str, Any]) -> AsyncIterator[Listener]:
    """Everything running within the block; the model begins to start once the port is taken."""
    spec = catalog.spec(card, options)
    preload([f"taxiway.models.{spec.family}"])
    async with Engine() as engine, contextlib.AsyncExitStack() as doors:
        engine.events.listen(_tell)
        stage = Stage(engine, spec)
        token = studio.new_token()
        sockets = SocketIo(engine, lambda: spec.name)
        model = [*http.routes(engine, lambda: spec.name), *sockets.routes()]
        page = frames.routes(stage, token, msgspec.to_builtins(card))
        app = application([*model, *page, *studio.routes(token)], config)
        listener = await doors.enter_async_context(Listener(app, config))
        live = asyncio.create_task(stage.run())
        doors.push_async_callback(_end, live)
        await engine.start(spec)
        for name, door in _old_doors(config, engine, stage, model):
            try:
                await doors.enter_async_context(door)
            except PortInUse as error:
                print(f"{name} is off: port {error.port} is in use.", flush=True)
            except CannotListen as error:
                print(f"{name} is off: {error}", flush=True)
        # Last in, first out: a poll that hangs would hold its listener up.
        doors.callback(sockets.close)
        yield listener


def _old_doors(
    config: Config, engine: Engine, stage: Stage, model: Sequence[BaseRoute]
) -> Iterator[tuple[str, contextlib.AbstractAsyncContextManager[Any]]]:
    """The doors that Runway's other clients knock at; Taxiway goes on without one that is taken."""
    if config.socketio_port is not None:
        beside = structs.replace(config, port=config.socketio_port)
        yield "Socket.IO", Listener(application(model, beside), beside)
    if config.osc_port is not None:
        yield "OSC", osc.OscServer(engine, stage, config)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _until_told(
    config: Config, card: Card, options: dict[str, Any], open_browser: bool
) -> None:
    told = asyncio.Event()
    if sys.platform != "win32":
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with serving(config, card, options) as listener:
        print(f"{card.title} at {listener.url} (Ctrl-C ends it)", flush=True)
        if config.host not in ("127.0.0.1", "localhost", "::1"):
            print("Anyone on your network can play it, and put it to sleep.", flush=True)
        if open_browser and _has_screen():
            threading.Thread(target=webbrowser.open, args=[listener.url], daemon=True).start()
        await told.wait()
        print("\nStopping.", flush=True)


def _tell(event: Event) -> None:
    if isinstance(event, StateChanged):
        print(event.message, flush=True)


def _has_screen() -> bool:
    # Without one, webbrowser would open a text browser in this very terminal.
    return sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
