"""Sketches in Java, as Processing's are: HTTP by two libraries, and OSC from its own port."""

import asyncio
import functools
import json
import shutil
import subprocess
from pathlib import Path
from typing import cast

import pytest

from interop.broadcasting import ECHO, BroadcastingEngine
from interop.node import say
from interop.test_osc_client import free_port
from servers.sockets import listening
from session_fakes import FakeEngine, on_session
from taxiway.core.config import Config
from taxiway.engine import Engine
from taxiway.servers.osc.server import OscServer

SOURCES = Path(__file__).parent / "java"
JARS = [
    Path("/usr/share/java") / name for name in ("okhttp.jar", "okio.jar", "com.android.json.jar")
]
"""Debian's okhttp 3 and org.json: libokhttp-java, libandroid-json-java."""


@functools.cache
def compiled(folder: Path) -> str:
    """The class path of what can be compiled here; skips without a JDK, not with a broken one."""
    if shutil.which("javac") is None:
        pytest.skip("The Java sketches need a JDK: install one.")
    there = all(jar.exists() for jar in JARS)
    path = ":".join(map(str, [folder, *(JARS if there else [])]))
    names = [str(file) for file in SOURCES.glob("*.java") if there or file.stem != "OkHttp"]
    command = ["javac", "-nowarn", "-cp", path, "-d", str(folder), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
async def class_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    return await asyncio.to_thread(compiled, tmp_path_factory.getbasetemp() / "classes")


@pytest.mark.parametrize("client", ["JdkHttp", "OkHttp"])
async def test_a_sketch_asks_and_polls_over_http(class_path: str, client: str) -> None:
    if client == "OkHttp" and str(JARS[0]) not in class_path:
        pytest.skip("Debian's okhttp is not here: install libokhttp-java, libandroid-json-java.")
    async with listening() as port:
        said = await say("java", "-cp", class_path, "HttpSketch", str(port), client)
    info, *told = [line.split(" ", 2) for line in said.splitlines()]
    assert json.loads(info[2])["inputs"][0]["name"] == "z"
    routes = ["error", "data", "query", "error", "query"]
    assert [route for route, *_ in told[:5]] == routes
    assert [(status, json.loads(body)) for _, status, body in told[:4]] == [
        ("200", {"error": None}),
        ("200", {}),
        ("400", {"error": "'z' takes 512 numbers, got 2.", "input": "z"}),
        ("200", {"error": "'z' takes 512 numbers, got 2."}),
    ]
    assert told[4][1] == "200"
    picture = json.loads(told[4][2])
    assert picture["image"].startswith("data:image/jpeg;base64,")
    frames = [(route, json.loads(body)) for route, _, body in told[5:]]
    assert frames == [("error", {"error": None}), ("data", picture)] * 50


async def test_a_sketch_speaks_osc_from_the_port_at_which_it_listens(class_path: str) -> None:
    own = free_port()
    config = Config(osc_port=0, osc_reply_port=own)
    texts = ['{"text": "hello"}', "notjson", '{"text": "again"}']
    engine = cast(Engine, BroadcastingEngine())
    async with on_session(FakeEngine()) as session, OscServer(engine, session, config) as server:
        command = ["java", "-cp", class_path, "OscSketch", str(server.port), str(own)]
        said = await say(*command, *texts)
    heard = [line.split(" ", 1) for line in said.splitlines()]
    assert [address for address, _ in heard] == ["/info", "/data", "/error", "/data"]
    assert json.loads(heard[0][1]) == ECHO.describe()
    assert heard[1][1] == '{"text":"hello"}'
    assert heard[2][1].startswith("The body is not valid JSON")
    assert heard[3][1] == '{"text":"again"}'
