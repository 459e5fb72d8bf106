"""A cluster without Ray: a real replica, behind the same handle, that can be lost."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

import msgspec

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Number
from taxiway.core.model import ModelSpec
from taxiway.engine.cluster.bridge import Bridge, is_pure
from taxiway.engine.cluster.replica import Library, Replica, Reply
from taxiway.engine.cluster.words import Told
from taxiway.engine.pipe import WorkersEnd
from taxiway.engine.remote_worker import luggage
from toys import Gradient

FOLDER = "TAXIWAY_STAND_IN"


class Still(Gradient):
    """One that may be asked twice."""

    deterministic = True


class Whose:
    """Answers with the process that it is in."""

    deterministic = True
    options: ClassVar[dict[str, AnyDataType]] = {}
    commands: ClassVar[dict[str, Command]] = {
        "whose": Command(name="whose", inputs={}, outputs={"pid": Number()})
    }

    def setup(self, device: str, options: Values) -> None:
        pass

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        time.sleep(0.05)
        return [{"pid": os.getpid()} for _ in batch]


class StandIn:
    """One model's deployment. Its folder's file `kill` says how many batches are lost with their
    replica, `down` that none runs, `headless` that nobody knows; `calls` has what was asked.
    """

    def __init__(self, spec: ModelSpec, folder: Path) -> None:
        self.folder = folder
        bag, places = luggage(spec)
        library = Library({digest: str(path) for digest, path in places.items()})
        self._replica = Replica(msgspec.msgpack.encode(bag), library.piece)

    async def ready(self) -> bytes:
        await self._up()
        return await self._replica.ready()

    async def predict(self, request: bytes, session: str) -> Reply:
        await self._asked("predict", session)
        return await self._replica.predict(request)

    async def parts(self, request: bytes, session: str) -> AsyncIterator[Reply]:
        await self._asked("parts", session)
        async for reply in self._replica.parts(request):
            yield reply

    def replicas(self) -> tuple[int, str]:
        if (self.folder / "headless").exists():
            raise ConnectionError("no head")
        return (0, "No room.") if (self.folder / "down").exists() else (1, "")

    def end(self) -> None:
        (self.folder / "ended").touch()

    async def _up(self) -> None:
        while (self.folder / "down").exists():
            await asyncio.sleep(0.01)

    async def _asked(self, method: str, session: str) -> None:
        with (self.folder / "calls").open("a") as calls:
            calls.write(f"{method} {session}\n")
        kill = self.folder / "kill"
        if kill.exists() and (left := int(kill.read_text())):
            kill.write_text(str(left - 1))
            raise ConnectionError("The actor died.\nIts stack follows")
        await self._up()


def main(own: socket.socket, packed: bytes) -> None:
    """In place of `bridge.main`."""
    spec = msgspec.msgpack.decode(packed, type=ModelSpec)
    folder = Path(os.environ[FOLDER])
    if (folder / "unreachable").exists():
        told = Told(0, "unreachable", b"Connection refused")
        WorkersEnd(own).send(msgspec.msgpack.encode(told))
        return
    asyncio.run(Bridge(StandIn(spec, folder), is_pure(spec.family), long=0.1).run(own))
    os._exit(0)
