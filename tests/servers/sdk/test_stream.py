"""The SDK's socket at a model's own port: parts, progress, cancelling, and what is no message."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from session_fakes import served
from taxiway.core.config import Config
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine
from taxiway.servers.sdk import Sdk
from taxiway.web.application import application
from taxiway.web.server import ServerContext


class Client:
    """A client that speaks JSON."""

    def __init__(self, socket: ClientConnection, engine: Engine) -> None:
        self.socket = socket
        self.engine = engine

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def submit(self, text: str, number: Any = 1, **inputs: Any) -> None:
        data = {"text": text, **inputs}
        await self.say(type="submit", command="write", inputData=data, id=number)

    async def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.socket.recv())
        return message

    async def until(self, kind: str) -> list[dict[str, Any]]:
        """Every message up to one of that type."""
        heard = [await self.hear()]
        while heard[-1]["type"] != kind:
            heard.append(await self.hear())
        return heard


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(Engine(executor="thread"))
        spec = ModelSpec(name="writer", family="toys:Writer")
        await engine.start(spec)
        await engine.ready(spec.name)
        session: Any = type("Session", (), {"spec": spec})
        routes = Sdk(ServerContext(engine=engine, session=session, config=Config())).routes()
        port = await stack.enter_async_context(served(application(routes, Config())))
        socket = await stack.enter_async_context(connect(f"ws://127.0.0.1:{port}/"))
        yield Client(socket, engine)


async def test_a_job_tells_its_parts_and_how_far_it_is(client: Client) -> None:
    await client.submit("hello")
    started, *parts, succeeded = await client.until("succeeded")
    assert started == {"type": "started", "id": 1}
    assert {part["type"] for part in parts} <= {"progress", "output"}
    outputs = [part for part in parts if part["type"] == "output"]
    assert outputs[-1]["outputData"] == {"text": "hello", "letters": 5}
    written = [output["outputData"]["text"] for output in outputs]
    assert len(written) > 2
    assert written == sorted(written, key=len)
    assert 0 < parts[0]["progress"] <= 1
    assert parts[0]["message"].startswith("Letter ")
    assert succeeded["timeElapsed"] >= 0
    assert client.engine.running["writer"].last_output == {"text": "hello", "letters": 5}


async def test_a_cancelled_job_stops_the_model_and_no_other_job(
    client: Client, tmp_path: Path
) -> None:
    left = tmp_path / "left.txt"
    await client.submit("for ever", "endless", left=str(left))
    await client.until("output")
    await client.submit("hi", "short")
    await client.say(type="cancel", id="endless")
    heard = await client.until("succeeded")
    assert {"type": "cancelled", "id": "endless"} in heard
    assert heard[-1]["id"] == "short"
    assert left.read_text() == "left"


async def test_a_client_that_leaves_takes_its_jobs_with_it(client: Client, tmp_path: Path) -> None:
    left = tmp_path / "left.txt"
    await client.submit("for ever", left=str(left))
    await client.until("output")
    await client.socket.close()
    assert (await client.engine.run("writer", {"text": "x"}))["letters"] == 1
    assert left.read_text() == "left"


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("{", "The body is not valid JSON"),
        ('{"type": "dance"}', "There is nothing to dance."),
        ('{"type": "cancel", "id": 9}', "There is nothing to cancel."),
        ('{"type": "submit", "id": [1]}', "An id is text or a number."),
        ('{"type": "submit", "id": 1}', "A submit takes inputData, an object."),
        ('{"type": "submit", "command": "sing", "inputData": {}}', "No command named 'sing'"),
        (
            '{"type": "submit", "command": "write", "inputData": {"text": 3}}',
            "'text' takes text",
        ),
        (
            '{"type": "submit", "command": "write", "inputData": {"text": "fail"}}',
            "The model failed: ZeroDivisionError: out of ink",
        ),
    ],
)
async def test_what_does_not_work_is_said_and_the_socket_goes_on(
    client: Client, message: str, error: str
) -> None:
    await client.socket.send(message)
    assert (await client.until("failed"))[-1]["error"].startswith(error)
    await client.submit("ok", 2)
    await client.until("succeeded")


async def test_an_id_is_of_one_job(client: Client) -> None:
    await client.submit("for ever")
    await client.submit("again")
    failed = (await client.until("failed"))[-1]
    assert failed["error"] == "A submit takes an id that no other job has."
