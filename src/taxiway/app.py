"""The composition root: a configuration and a card become engine, stage and servers."""

import asyncio
import contextlib
import os
import signal
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from taxiway.core.config import Config
from taxiway.core.events import Event, StateChanged
from taxiway.engine import Engine, preload
from taxiway.library import catalog
from taxiway.library.catalog import Card
from taxiway.live.loop import Stage
from taxiway.servers import frames, http, studio
from taxiway.servers.application import application
from taxiway.servers.listen import Listener, loop_factory


def run(config: Config, card: Card, options: dict[str, Any], open_browser: bool) -> None:
    """Serve `card` until Ctrl-C or SIGTERM. Raises PortInUse or CannotListen."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_until_told(config, card, options, open_browser))


@contextlib.asynccontextmanager
async def serving(config: Config, card: Card, options: dict[str, Any]) -> AsyncIterator[Listener]:
    """Everything running within the block; the model begins to start once the port is taken."""
    spec = catalog.spec(card, options)
    preload([f"taxiway.models.{spec.family}"])
    async with Engine() as engine:
        engine.events.listen(_tell)
        stage = Stage(engine, spec)
        token = studio.new_token()
        routes = [
            *http.routes(engine, lambda: spec.name),
            *frames.routes(stage, token, msgspec.to_builtins(card)),
            *studio.routes(token),
        ]
        async with Listener(application(routes, config), config) as listener:
            live = asyncio.create_task(stage.run())
            await engine.start(spec)
            try:
                yield listener
            finally:
                live.cancel()
                await asyncio.gather(live, return_exceptions=True)


async def _until_told(
    config: Config, card: Card, options: dict[str, Any], open_browser: bool
) -> None:
    told = asyncio.Event()
    if sys.platform != "win32":
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with serving(config, card, options) as listener:
        print(f"{card.title} at {listener.url} (Ctrl-C ends it)", flush=True)
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
