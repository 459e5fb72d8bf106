"""An engine without processes that broadcasts like the real one, and servers on real ports."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from session_fakes import served
from taxiway.core.command import Command, Values, first_command
from taxiway.core.config import Config
from taxiway.core.datatypes import Image, Number, Text, Wire
from taxiway.core.errors import NotFound, TaxiwayError
from taxiway.core.events import Events, OutputReady, QueryFailed
from taxiway.engine import Engine
from taxiway.servers.socketio.engineio_session import Timing
from taxiway.servers.socketio.server import SocketIo
from taxiway.web.application import application

ECHO = Command(
    name="echo",
    inputs={"text": Text(), "times": Number(default=1, whole=True, min=1, max=10**6)},
    outputs={"text": Text()},
)
DRAW = Command(
    name="draw",
    inputs={"size": Number(default=64, whole=True, min=1, max=4096)},
    outputs={"image": Image()},
)


class BroadcastingEngine:
    """One model, `fake`, which waits at `gate` and then echoes its text or draws noise."""

    def __init__(self, command: Command = ECHO) -> None:
        self.events = Events()
        self.running: dict[str, Any] = {"fake": SimpleNamespace(commands={command.name: command})}
        self.command = command
        self.gate = asyncio.Event()
        self.gate.set()
        self.gone = False
        self.asked = 0
        self.cancelled = 0

    def forget(self, caller: str) -> None:
        """Nothing is remembered."""

    async def ready(self, name: str) -> None:
        await self.gate.wait()
        self.running[name].commands = {self.command.name: self.command}

    async def command_of(self, name: str, command: str | None = None) -> Command:
        running = self.running[name]
        if not running.commands:
            await self.ready(name)
        return first_command(running.commands, command)

    async def query(self, name: str, wire: Mapping[str, Wire]) -> dict[str, Wire]:
        self.asked += 1
        if self.gone:
            raise NotFound(f"No model named '{name}' runs.")
        try:
            outputs = await self.answer(wire)
        except TaxiwayError as error:
            self.events.emit(QueryFailed(name, str(error)))
            raise
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        self.events.emit(OutputReady(name, outputs))
        return outputs

    async def answer(self, wire: Mapping[str, Wire]) -> dict[str, Wire]:
        """What a query gives, told to nobody."""
        inputs = self.command.decode(wire)
        await self.gate.wait()
        return self.command.encode(self._outputs(inputs), {})

    def _outputs(self, inputs: Values) -> Values:
        if self.command is ECHO:
            return {"text": inputs["text"] * inputs["times"]}
        shape = (inputs["size"], inputs["size"], 3)
        return {"image": np.random.default_rng(0).integers(0, 256, shape, np.uint8)}


class Served:
    """A Socket.IO server on a free port."""

    def __init__(self, engine: BroadcastingEngine, socket_io: SocketIo, port: int) -> None:
        self.engine = engine
        self.socket_io = socket_io
        self.engineio = socket_io._engineio
        self.sessions = self.engineio.sessions
        self.port = port
        self.address = f"127.0.0.1:{port}"


@contextlib.asynccontextmanager
async def socket_io(timing: Timing | None = None) -> AsyncIterator[Served]:
    """Serve a fake model until the block ends."""
    engine = BroadcastingEngine()
    server = SocketIo(cast(Engine, engine), lambda: "fake", timing)
    async with served(application(server.routes(), Config())) as port:
        try:
            yield Served(engine, server, port)
        finally:
            server.close()
