"""An engine without processes whose models sleep and wake, and a hosting server on it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx

from taxiway.core.command import Command, first_command
from taxiway.core.config import Config
from taxiway.core.datatypes import Number, Text, Wire
from taxiway.core.errors import Unavailable
from taxiway.core.events import Events, State, StateChanged
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine
from taxiway.hosting.records import ANYONE, Hosted, Limits
from taxiway.hosting.server import Api
from taxiway.hosting.store import Ledger, Store
from taxiway.hosting.teacher import Teacher
from taxiway.hosting.tokens import digest
from taxiway.hosting.wake import Awake
from taxiway.web.application import application

ECHO = Command(
    name="echo",
    inputs={"text": Text(), "times": Number(default=1, whole=True, min=1, max=9)},
    outputs={"text": Text()},
)
DOMAIN = "models.example.org"
TOKEN = "tw_first"


class SleepyEngine:
    """Models by name that echo. `gate` holds up whoever waits for one to be awake."""

    def __init__(self) -> None:
        self.events = Events()
        self.running: dict[str, Any] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.raises: Exception | None = None
        self.asked = 0

    def add(self, spec: ModelSpec, idle_seconds: float | None = None) -> None:
        self.running[spec.name] = SimpleNamespace(
            spec=spec, state="asleep", idle_seconds=idle_seconds, message="", commands={}
        )

    def turn(self, name: str, state: State, message: str = "") -> None:
        """Put a model in a state, as the engine would, and say so."""
        self.running[name].state = state
        self.running[name].message = message
        self.events.emit(StateChanged(name, state, message))

    def wake(self, name: str) -> None:
        if self.running[name].state == "asleep":
            self.turn(name, "starting")
            if self.gate.is_set():
                self.turn(name, "running")

    async def start(self, spec: ModelSpec) -> None:
        self.turn(spec.name, "asleep")
        self.wake(spec.name)

    async def sleep(self, name: str) -> None:
        await asyncio.sleep(0)
        self.turn(name, "asleep")

    async def remove(self, name: str) -> None:
        await self.sleep(name)
        del self.running[name]

    async def command_of(self, name: str, command: str | None = None) -> Command:
        await self._up(name)
        return first_command({ECHO.name: ECHO}, command)

    async def query(
        self,
        name: str,
        wire: Mapping[str, Wire],
        command: str | None = None,
        format_header: str | None = None,
    ) -> dict[str, Wire]:
        inputs = ECHO.decode(wire)
        await self._up(name)
        self.asked += 1
        if self.raises is not None:
            raise self.raises
        return ECHO.encode({"text": inputs["text"] * inputs["times"]}, {})

    async def _up(self, name: str) -> None:
        await self.gate.wait()
        if self.running[name].state == "failed":
            raise Unavailable(self.running[name].message)
        if self.running[name].state == "starting":
            self.turn(name, "running")


class Host:
    """A hosting server without a socket; `slept` are the seconds it held answers back."""

    def __init__(self, folder: Path, most: int = 4) -> None:
        self.store = Store(folder, durable=False)
        self.ledger = Ledger(self.store)
        self.engine = SleepyEngine()
        self.awake = Awake(cast(Engine, self.engine), most)
        self.slept: list[float] = []
        self.api = api = Api(
            cast(Engine, self.engine), self.ledger, self.awake, (DOMAIN,), self._sleep
        )
        names = (DOMAIN, f"*.{DOMAIN}", "*.hosted-models.runwayml.cloud", "testserver")
        routes = [*Teacher(api).routes(), *api.routes()]
        self.app = application(routes, Config(allowed_hosts=names))
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://localhost:8080")

    def host(self, name: str = "class", limits: Limits | None = None, **fields: Any) -> None:
        """Host a model: a private one answers to TOKEN."""
        hosted = Hosted(name=name, model="painter", **fields)
        label, hash = (ANYONE, None) if hosted.public else ("first", digest(TOKEN))
        self.store.create(hosted, label, hash, limits or Limits())

    async def ask(
        self, body: Any, path: str = "/class/v1/query", token: str | None = TOKEN
    ) -> httpx.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        content = body if isinstance(body, bytes) else None
        json = None if content is not None else body
        return await self.http.post(path, json=json, content=content, headers=headers)

    async def get(self, path: str = "/class/v1", token: str | None = TOKEN) -> httpx.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return await self.http.get(path, headers=headers)

    async def settle(self) -> None:
        """Let what was knocked at wake."""
        for _ in range(10):
            await asyncio.sleep(0)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    async def close(self) -> None:
        await self.awake.close()
        await self.http.aclose()
        self.ledger.close()
        self.store.close()


@contextlib.asynccontextmanager
async def hosting(folder: Path, most: int = 4) -> AsyncIterator[Host]:
    host = Host(folder, most)
    try:
        yield host
    finally:
        await host.close()
