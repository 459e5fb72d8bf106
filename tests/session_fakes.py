"""A fake engine, a hand-moved clock and a server on a real port, for tests of the live session."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import uvicorn
from starlette.types import ASGIApp

from taxiway.core.command import Command, Values, first_command
from taxiway.core.datatypes import Image, Number, Vector
from taxiway.core.events import Events, QueryFailed, State, StateChanged
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine
from taxiway.live.broadcast import EncodedFrame, Viewer
from taxiway.live.session import LiveSession
from taxiway.web.websocket import WebSocketProtocol
from toys import gradient

SPEC = ModelSpec(name="fake", family="fake", title="A fake")
GENERATE = Command(
    name="generate",
    inputs={
        "z": Vector(length=512),
        "w": Vector(length=512, rows=4),
        "seed": Number(default=None, optional=True, whole=True, min=0, max=2**32 - 1),
        "truncation": Number(default=0.8, min=0, max=1),
        "size": Number(default=256, whole=True, min=32, max=1024),
    },
    outputs={"image": Image()},
    max_batch=8,
    needs_one_of=("z", "seed", "w"),
)


class FakeEngine:
    """As much of the engine as a session needs. A call waits at `gate`, then draws or fails."""

    def __init__(self, command: Command = GENERATE) -> None:
        self.events = Events()
        self.running: dict[str, Any] = {}
        self.command = command
        self.calls: list[tuple[Values, str | None]] = []
        self.called = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.published: list[Values] = []
        self.picture_size = (1024, 1024)
        self.live_at_once = 1
        self.last_output: dict[str, Any] = {}

    def watch(self, name: str, is_watched: Callable[[], bool]) -> Callable[[], None]:
        return lambda: None

    async def start(self, spec: ModelSpec) -> None:
        self.turn("starting")
        self.turn("running")

    async def stop(self, name: str) -> None:
        self.turn("asleep")

    def turn(self, state: State) -> None:
        """Put the model in a state, as the engine would, and say so."""
        commands = {} if state == "starting" else {self.command.name: self.command}
        message = f"fake is {state}."
        facts = {"device": "cpu"}
        self.running[SPEC.name] = SimpleNamespace(
            spec=SPEC,
            state=state,
            message=message,
            commands=commands,
            facts=facts,
            last_output=self.last_output,
            live_at_once=self.live_at_once,
        )
        self.events.emit(StateChanged(SPEC.name, state, message))

    async def command_of(self, name: str) -> Command:
        return first_command(self.running[name].commands)

    async def run(
        self,
        name: str,
        values: Mapping[str, Any],
        command: str | None = None,
        live: str | None = None,
        rests: bool = False,
    ) -> Values:
        inputs = self.command.decode(values)
        self.calls.append((inputs, live))
        self.called.set()
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        z = inputs["z"] if inputs.get("z") is not None else np.ravel(inputs["w"])
        height, width = self.picture_size
        size = int(inputs.get("size") or max(height, width))
        return {"image": gradient(z, size)[:height, :width]}

    async def publish(self, name: str, outputs: Values) -> None:
        self.published.append(outputs)

    def report(self, name: str, error: str) -> None:
        self.events.emit(QueryFailed(name, error))

    async def call_number(self, number: int) -> Values:
        """Wait for the `number`-th call, from 1; its inputs."""
        while len(self.calls) < number:
            self.called.clear()
            await self.called.wait()
        return self.calls[number - 1][0]


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Watcher:
    """A viewer that waits for its shots and acknowledges them at once."""

    def __init__(self, session: LiveSession) -> None:
        self._wake = asyncio.Event()
        self.viewer: Viewer = session.broadcast.join(self._wake.set)

    async def next(self) -> EncodedFrame:
        while (encoded_frame := self.viewer.take()) is None:
            self._wake.clear()
            await self._wake.wait()
        self.viewer.acknowledge(encoded_frame.frame.index)
        return encoded_frame


@contextlib.asynccontextmanager
async def on_session(
    engine: FakeEngine, start: bool = True, **options: Any
) -> AsyncIterator[LiveSession]:
    """A session with its loop running, and the fake model too unless told otherwise.

    Final pictures come only where a test asks for them by `rest_seconds`.
    """
    session = LiveSession(cast(Engine, engine), SPEC, **{"rest_seconds": 3600.0, **options})
    running = asyncio.create_task(session.run())
    if start:
        await engine.start(SPEC)
    try:
        yield session
    finally:
        running.cancel()
        await asyncio.wait([running])


@contextlib.asynccontextmanager
async def played_on(engine: Engine, spec: ModelSpec) -> AsyncIterator[LiveSession]:
    """A session on a real engine with its loop running, once its model is ready."""
    session = LiveSession(engine, spec)
    running = asyncio.create_task(session.run())
    await session.start()
    await engine.ready(spec.name)
    yield session
    running.cancel()
    await asyncio.wait([running])


@contextlib.asynccontextmanager
async def served(app: ASGIApp, connections: set[Any] | None = None) -> AsyncIterator[int]:
    """Serve `app` on a free port of 127.0.0.1 until the block ends.

    `connections` is kept filled with those that are open.
    """
    config = uvicorn.Config(
        app,
        port=0,
        lifespan="off",
        ws=WebSocketProtocol,
        ws_per_message_deflate=False,
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    if connections is not None:
        server.server_state.connections = connections
    # Not `serve`, whose loop looks only ten times a second whether it should end.
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        await server.shutdown()
