"""`GET /osc`, and that the lines it gives to copy do what they say."""

import shlex
import shutil
import socket
import subprocess
from collections.abc import Sequence
from typing import Any

import httpx
import numpy as np
import pytest
from pythonosc.udp_client import SimpleUDPClient
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from interop.broadcasting import BroadcastingEngine
from interop.engineio_clients import until
from session_fakes import FakeEngine, on_session
from taxiway.core.config import Config
from taxiway.live.presets.state import State
from taxiway.live.session import LiveSession
from taxiway.servers.osc import Osc
from taxiway.servers.osc.listing import routes
from taxiway.servers.osc.server import OscServer
from taxiway.web.listen import CannotListen
from taxiway.web.server import ServerContext


async def answered(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    transport = httpx.ASGITransport(Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        answer: dict[str, Any] = (await client.get("/osc")).json()
    return answer


async def listed(session: LiveSession, port: int | None) -> dict[str, Any]:
    answer = await answered(routes(session, lambda: (port, "")))
    return {"port": answer["port"], **{each["address"]: each for each in answer["addresses"]}}


async def test_a_port_that_another_has_is_in_no_line_to_copy() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        taken = other.getsockname()[1]
        async with on_session(FakeEngine()) as session:
            config = Config(osc_port=taken)
            server = Osc(ServerContext(engine=session.engine, session=session, config=config))
            with pytest.raises(CannotListen):
                await server.start()
            answer = await answered(server.routes())
    assert answer["off"].startswith(f"OSC is off: UDP port {taken} is in use")
    assert answer["port"] is answer["addresses"][0]["oscsend"] is None


async def test_it_tells_of_every_address() -> None:
    async with on_session(FakeEngine()) as session:
        told = await listed(session, 57100)
        assert told["/truncation"] == {
            "address": "/truncation",
            "types": "f",
            "description": "",
            "min": 0,
            "max": 1,
            "default": 0.8,
            "oneOf": [],
            "also": ["/psi"],
            "length": 0,
            "trigger": False,
            "value": 0.8,
            "oscsend": "oscsend localhost 57100 /truncation f 0.8",
            "python": "SimpleUDPClient('localhost', 57100).send_message('/truncation', 0.8)",
        }
        assert told["/z"]["oscsend"] == "oscsend localhost 57100 /z/0 f 0.5"
        assert told["/z"]["python"].endswith("send_message('/z', [0.0] * 512)")
        assert told["/random"]["oscsend"] == "oscsend localhost 57100 /random"
        assert told["/random"]["trigger"] is True
        assert len(told["/z"]["value"]) == 512
        assert (await listed(session, None))["/z"]["oscsend"] is None


@pytest.mark.parametrize("kind", ["python", "oscsend"])
async def test_every_line_to_copy_does_something(kind: str) -> None:
    if kind == "oscsend" and shutil.which("oscsend") is None:
        pytest.skip("oscsend is not installed (liblo-tools).")
    async with on_session(FakeEngine()) as session:
        engine: Any = BroadcastingEngine()
        refused: list[Any] = []
        engine.events.listen(refused.append)
        config = Config(osc_port=0, osc_reply_port=1, osc_target=None)
        async with OscServer(engine, session, config) as server:
            kept = State(values={"truncation": float(np.float32(0.8)), "z": [1.0] * 512})
            session.set({"truncation": float(np.float32(0.8))})
            for _ in range(3):
                session.timeline.add(1, "even")
            session.kept.presets = dict.fromkeys(range(1, 9), kept)
            told = await listed(session, server.port)
            heard: list[str] = []
            perform = session.addresses.perform

            def hear(messages: Any, source: Any) -> Any:
                heard.extend(message.address for message in messages)
                return perform(messages, source)

            session.addresses.perform = hear  # type: ignore[method-assign]
            client = SimpleUDPClient("127.0.0.1", server.port)
            names = {"SimpleUDPClient": lambda host, port: client}
            lines = {name: each[kind] for name, each in told.items() if name != "port"}
            for line in lines.values():
                if kind == "python":
                    eval(line, names)  # noqa: S307 - it is ours
                else:
                    subprocess.run(shlex.split(line), check=True, timeout=60)
            client._sock.close()
            await until(lambda: len(heard) == len(lines))
            assert refused == []
            assert [name.removesuffix("/0") for name in heard] == list(lines)
            assert session.is_black
            assert session.controls.values()["truncation"] == np.float32(0.8)
