"""The SDK's streaming WebSocket: answers in parts, with progress, that can be cancelled.

client  {"type": "submit", "command": C, "inputData": {..}, "id": N}   {"type": "cancel", "id": N}
server  {"type": "started", "id": N}   {"type": "output", "outputData": {..}, "progress": 0.5, ..}
        {"type": "progress", "progress": 0.5, "message": ".."}   where no output is new
        {"type": "succeeded", "timeElapsed": ms}   "failed" with "error"   "cancelled"
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from taxiway.core.callers import caller
from taxiway.core.command import first_command
from taxiway.core.errors import Busy, InvalidArgument, TaxiwayError
from taxiway.core.model import Progress
from taxiway.engine.parts import streamed
from taxiway.web import inputs
from taxiway.web.responses import to_json

if TYPE_CHECKING:
    from taxiway.engine import Engine

log = logging.getLogger("taxiway.servers")

MOST_JOBS = 32
"""Of one client at once."""
STALLED_SECONDS = 30.0
"""A client that reads nothing for so long has gone."""


class Streams:
    """The sockets of the model that `name_of_model` names at the time of each job."""

    def __init__(self, engine: "Engine", name_of_model: Callable[[], str]) -> None:
        self._engine = engine
        self._name_of_model = name_of_model

    async def serve(self, socket: WebSocket) -> None:
        """Serve one client until it leaves; its jobs end with it."""
        await socket.accept()
        await Client(socket, self._engine, self._name_of_model()).serve()


class Client:
    """One client and its jobs, by their ids."""

    def __init__(self, socket: WebSocket, engine: "Engine", model: str) -> None:
        self._socket = socket
        self._engine = engine
        self._model = model
        self._jobs: dict[asyncio.Task[None], Any] = {}
        self._sending = asyncio.Lock()

    async def serve(self) -> None:
        """Do what the client says; never raises."""
        caller.set(name := uuid.uuid4().hex)
        try:
            while True:
                message = await self._socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                await self._obey(message.get("bytes") or (message.get("text") or "").encode())
        except (WebSocketDisconnect, TimeoutError, RuntimeError):
            pass  # it has gone, or reads nothing
        finally:
            for task in self._jobs:
                task.cancel()
            self._engine.forget(name)

    async def _obey(self, data: bytes) -> None:
        number = None
        try:
            large = len(data) > inputs.BIG_BODY
            said = (
                await asyncio.to_thread(inputs.from_body, data)
                if large
                else (inputs.from_body(data))
            )
            number = said.get("id")
            if not isinstance(number, str | int | float | None):
                number = None
                raise InvalidArgument("An id is text or a number.")
            match said.get("type"):
                case "submit":
                    await self._submit(said, number)
                case "cancel" if self._find(number):
                    await self._cancel(number)
                case other:
                    raise InvalidArgument(f"There is nothing to {other!s:.20}.")
        except TaxiwayError as error:
            await self._send("failed", number, error=str(error))

    async def _submit(self, said: dict[str, Any], number: Any) -> None:
        data = said.get("inputData")
        if not isinstance(data, dict):
            raise InvalidArgument("A submit takes inputData, an object.")
        number = str(uuid.uuid4()) if number is None else number
        if self._find(number):
            raise InvalidArgument("A submit takes an id that no other job has.")
        if len(self._jobs) >= MOST_JOBS:
            raise Busy(f"{MOST_JOBS} of your jobs run already.")
        await self._engine.command_of(self._model)
        commands = self._engine.running[self._model].commands
        command = first_command(commands, str(said.get("command"))).name
        task = asyncio.create_task(self._work(command, data, number))
        self._jobs[task] = number
        task.add_done_callback(self._jobs.pop)

    def _find(self, number: Any) -> list[asyncio.Task[None]]:
        return [task for task, known in self._jobs.items() if known == number]

    async def _cancel(self, number: Any) -> None:
        tasks = self._find(number)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._send("cancelled", number)

    async def _work(self, command: str, data: dict[str, Any], number: Any) -> None:
        began = time.monotonic()
        try:
            await self._send("started", number)
            await self._stream(command, data, number)
            elapsed = round(1000 * (time.monotonic() - began))
            await self._send("succeeded", number, timeElapsed=elapsed)
        except TaxiwayError as error:
            await self._send("failed", number, error=str(error))
        except (TimeoutError, RuntimeError):
            pass  # nobody is left to read it
        except Exception:
            log.exception("A job of an SDK's socket failed")
            words = "The server failed at this job; its log says why."
            await self._send("failed", number, error=words)

    async def _stream(self, command: str, data: dict[str, Any], number: Any) -> None:
        def ask(on_part: Any) -> Any:
            return self._engine.query(self._model, data, command=command, on_part=on_part)

        async for part in streamed(ask):
            how_far = _how_far(part.progress)
            if part.news or part.is_last:
                await self._send("output", number, outputData=part.outputs, **how_far)
            else:
                await self._send("progress", number, **how_far)

    async def _send(self, kind: str, number: Any, **content: Any) -> None:
        """Send one message. Raises TimeoutError or RuntimeError where nobody reads it."""
        text = to_json({"type": kind, "id": number, **content}).decode("ascii")
        async with self._sending, asyncio.timeout(STALLED_SECONDS):
            await self._socket.send_text(text)


def _how_far(progress: Progress | None) -> dict[str, Any]:
    if progress is None:
        return {}
    return {"progress": progress.done} | ({"message": progress.message} if progress.message else {})
