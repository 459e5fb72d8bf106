"""The osc package of npm, as Max's node scripts use it."""

import json
import socket
from typing import cast

import pytest

from interop.broadcasting import ECHO, BroadcastingEngine
from interop.node import run
from session_fakes import FakeEngine, on_session
from taxiway.core.config import Config
from taxiway.engine import Engine
from taxiway.servers.osc.server import OscServer


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


@pytest.mark.smoke
async def test_nodes_osc_package_plays() -> None:
    port = free_port()
    config = Config(osc_port=0, osc_reply_port=port)
    lines = [
        ["/server/connect"],
        ["/query", '{"text": "hello ☂"}'],
        ["/query", '{"text": "0123456789", "times": 6000}'],
        ["/query", "notjson"],
        ["/query", '{"text": "again"}'],
    ]
    engine = cast(Engine, BroadcastingEngine())
    async with on_session(FakeEngine()) as session, OscServer(engine, session, config) as server:
        heard = await run("osc_client.js", str(server.port), str(port), json.dumps(lines))
    assert [address for address, *_ in heard] == ["/info", "/data", "/data", "/error", "/data"]
    assert json.loads(heard[0][1]) == ECHO.describe()
    assert json.loads(heard[1][1]) == {"text": "hello ☂"}
    assert json.loads(heard[2][1]) == {"text": "0123456789" * 6000}
    assert heard[3][1].startswith("The body is not valid JSON")
    assert heard[4] == ["/data", '{"text":"again"}']
