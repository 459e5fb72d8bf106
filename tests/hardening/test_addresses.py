"""No address and no path that a client names is ever asked or opened."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from hardening.models import INPUTS
from interop.engineio_clients import socket
from servers.sockets import line
from taxiway.core.config import Config
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine
from taxiway.live.session import LiveSession
from taxiway.model_servers import ModelServers
from taxiway.servers.http import routes as http
from taxiway.servers.osc import packet as osc_packet
from taxiway.servers.osc import server as osc
from taxiway.servers.socketio.server import SocketIo
from taxiway.servers.studio import routes as frames
from taxiway.web.application import application
from taxiway.web.listen import Listener
from taxiway.web.powers import Tokens

TOKEN = "a-token"
SPEC = ModelSpec(name="curious", family="hardening.models:Curious")


class Canary:
    """A server that nobody may come to; notes who did."""

    def __init__(self) -> None:
        self.visits = 0
        self.port = 0

    def addresses(self) -> list[str]:
        """Every way in which a client could name it."""
        there = f"127.0.0.1:{self.port}/latest/meta-data"
        return [
            *(f"{scheme}://{there}" for scheme in ("http", "https", "ftp", "ws", "gopher", "s3")),
            f"//{there}",
            f"HTTP://{there}",
            f"http:/{there}",
            f"http://user@{there}",
            f"data:image/png;base64,http://{there}",
            f"data:text/html,<img src='http://{there}'>",
            f"\\\\127.0.0.1@{self.port}\\share\\x.png",
            f"url(http://{there})",
        ]

    def forms(self) -> list[Any]:
        """The addresses by themselves, and where JSON could hide them."""
        plain = self.addresses()
        inside = [plain[0], {"url": plain[0]}, {"href": plain[0], "type": "image"}]
        return [*plain, inside, *inside[1:], [inside]]


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    bird = Canary()

    async def sing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bird.visits += 1
        writer.close()

    server = await asyncio.start_server(sing, "127.0.0.1", 0)
    bird.port = server.sockets[0].getsockname()[1]
    async with server:
        yield bird
        # It is awake, or the tests below would show nothing.
        assert bird.visits == 0
        _, writer = await asyncio.open_connection("127.0.0.1", bird.port)
        while not bird.visits:
            await asyncio.sleep(0.001)
        writer.close()


class Curious:
    """A server of a model with an input of every type, and every door to it."""

    def __init__(self, engine: Engine, port: int, osc_port: int) -> None:
        self.engine, self.port, self.osc_port = engine, port, osc_port


@pytest.fixture
async def curious() -> AsyncIterator[Curious]:
    config = Config(port=0, osc_port=0, osc_target=None)
    async with Engine() as engine, contextlib.AsyncExitStack() as doors:
        await engine.start(SPEC)
        await engine.ready(SPEC.name)
        session, sockets = LiveSession(engine, SPEC), SocketIo(engine, lambda: SPEC.name)
        page = frames.routes(session, Tokens("to play", TOKEN))
        routes = [*http.routes(engine, lambda: SPEC.name), *sockets.routes(), *page]
        listener = await doors.enter_async_context(Listener(application(routes, config), config))
        heard = await doors.enter_async_context(osc.OscServer(engine, session, config))
        live = asyncio.create_task(session.run())
        doors.callback(live.cancel)
        doors.callback(sockets.close)
        yield Curious(engine, listener.port, heard.port)


def bodies(canary: Canary) -> list[dict[str, Any]]:
    """Every input by itself, and all together, with every address."""
    one = [{name: value} for name in INPUTS for value in canary.forms()]
    return [*one, *(dict.fromkeys(INPUTS, value) for value in canary.forms())]


async def test_no_address_is_asked_by_http(canary: Canary, curious: Curious) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{curious.port}", timeout=60) as client:
        answers = [await client.post("/query", json=body) for body in bodies(canary)]
        for address in canary.addresses():
            answers.append(await client.get("/generate.png", params=dict.fromkeys(INPUTS, address)))
            answers.append(await client.get("/info", headers={"referer": address}))
    assert {answer.status_code for answer in answers} <= {200, 400, 404}
    assert {200, 400} <= {answer.status_code for answer in answers}


async def test_no_address_is_asked_by_socket_io(canary: Canary, curious: Curious) -> None:
    async with socket(f"127.0.0.1:{curious.port}", 4) as client:
        for body in bodies(canary):
            await client.ask(body)
            name, _ = await client.event()
            while name == "info":
                name, _ = await client.event()


async def test_no_address_is_asked_by_osc(canary: Canary, curious: Curious) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=("127.0.0.1", curious.osc_port)
    )
    for body in [*bodies(canary), {"text": "the last"}]:
        transport.sendto(osc_packet.write("/query", json.dumps(body)))
        await asyncio.sleep(0)
    for address in canary.addresses():
        for name in INPUTS:
            transport.sendto(osc_packet.write(f"/{name}", address))
    running = curious.engine.running[SPEC.name]
    for _ in range(2000):
        if running.last_output and running.last_output["taken"]:
            break
        await asyncio.sleep(0.005)
    transport.close()
    assert running.last_output


async def test_no_address_is_asked_by_the_studios_socket(canary: Canary, curious: Curious) -> None:
    origin = f"http://127.0.0.1:{curious.port}"
    async with connect(
        origin.replace("http", "ws") + frames.PATH,
        origin=origin,  # type: ignore[arg-type]
        subprotocols=[frames.PROTOCOL, f"token.{TOKEN}"],  # type: ignore[list-item]
    ) as page:
        words = [{"type": "set", "values": body} for body in bodies(canary)]
        for number, word in enumerate(words):
            await page.send(json.dumps({**word, "seq": number}))
        await page.send(json.dumps({"type": "set", "seq": len(words), "values": {"nobody": 1}}))
        while True:
            said = json.loads(await page.recv())
            if said.get("seq") == len(words):
                break
    assert "No input named 'nobody'" in said["message"]


async def test_no_address_is_asked_for_a_model_or_its_options(
    canary: Canary, model_servers: ModelServers
) -> None:
    headers = {"authorization": f"Bearer {model_servers.tokens.own}"}
    url = model_servers.running()[0].url
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
        for address in canary.addresses():
            answer = await client.post("/studio/api/running", json={"model": address})
            assert answer.status_code == 404
            wanted = {"model": "rainbow", "options": {"checkpoint": address}}
            answer = await client.post("/studio/api/running", json=wanted)
            assert answer.status_code in (200, 400, 404)
            await client.delete("/studio/api/running/rainbow")


SECRET = "the secret of this machine"
CLIMBS = [
    up * 8 + end
    for up in ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "%252e%252e%252f", "..\\", "..%5c", "....//")
    for end in ("etc/passwd", "secret.txt", "pyproject.toml")
] + [
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "//etc/passwd",
    "file:///etc/passwd",
    "..%c0%af..%c0%afetc/passwd",
    "..%ef%bc%8fetc/passwd",
    "index.html%00.png",
    "app.js%00",
    "index.html/",
    "./index.html",
    "a/../index.html",
    "index.html::$DATA",
    "C:\\Windows\\win.ini",
    "C:/Windows/win.ini",
    "\\\\localhost\\c$\\x",
    "CON",
    "aux.js",
    "index.html.",
    "index.html%20",
    "~/.ssh/id_rsa",
    "secret.txt",
    "link.js",
]
PREFIXES = (
    "/",
    "/studio/",
    "/studio/api/",
    "/studio/api/jobs/",
    "/studio/api/jobs/x/files/",
    "/studio/api/running/",
    "/socket.io/",
    "/v1/model_sessions/",
    "/generate/",
)


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_no_path_leads_out_of_what_is_served(
    model_servers: ModelServers, prefix: str, tmp_path: Path
) -> None:
    """Sent as they are; clients tidy such addresses up, attackers do not."""
    (tmp_path / "secret.txt").write_text(SECRET)
    token = f"Authorization: Bearer {model_servers.tokens.own}"
    port = model_servers.running()[0].port
    for climb in CLIMBS:
        for method in ("GET", "POST", "DELETE"):
            if method == "DELETE" and prefix == "/studio/api/running/":
                continue
            head = f"{method} {prefix}{climb} HTTP/1.1\r\nHost: localhost\r\n{token}\r\n"
            async with line(port) as own:
                reply = await own.ask((head + "Content-Length: 2\r\n\r\n{}").encode())
            assert reply.status in (200, 400, 403, 404, 405), (method, prefix + climb)
            if reply.status == 200:
                assert (prefix, reply.headers["content-type"]) == ("/", "application/json")
            for secret in (b"root:", SECRET.encode(), b"[project]"):
                assert secret not in reply.body
