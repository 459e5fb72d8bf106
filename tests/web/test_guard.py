"""Who may ask, from where, and with how much."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from starlette.requests import Request
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from servers.fakes import FakeEngine
from servers.sockets import ask, line, listening, model
from taxiway.core.config import Config
from taxiway.core.errors import Busy, Unavailable
from taxiway.servers.http.routes import routes
from taxiway.web.application import application
from taxiway.web.connection import refusal
from taxiway.web.guard import Guard, is_address
from taxiway.web.listen import Listener
from taxiway.web.origin import host_name
from taxiway.web.responses import Answer
from toys import Gradient

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
PATHS = ("/", "/query", "/info", "/nothing", "/studio/index.html", "*")
FORGED = (
    "attacker.example",
    "localhost.attacker.example",
    "127.0.0.1.attacker.example",
    "attacker.example:8000",
    "localhost@attacker.example",
    "192.168.1.5",
    "169.254.169.254",
    "[::2]",
    "0.0.0.0",
    "",
    " ",
    "xn--lcalhost-8ya",
    "127.1",
    "2130706433",
)
OURS = ("localhost", "LOCALHOST:8000", "localhost.", "127.0.0.1", "127.0.0.1:99", "[::1]:8000")


def request(method: str = "GET", path: str = "/healthz", **headers: str) -> bytes:
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1")


async def echo(request: Request) -> Answer:
    return Answer(b'{"size":%d}' % len(await request.body()))


async def greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


ROUTES: Sequence[BaseRoute] = [
    Route("/echo", echo, methods=["POST"]),
    Route("/studio/echo", echo, methods=["POST"]),
    WebSocketRoute("/socket", greet),
]


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with listening() as port:
        yield port


@pytest.mark.parametrize("method", METHODS)
async def test_a_forged_host_is_refused_for_every_method_and_path(port: int, method: str) -> None:
    for path in PATHS:
        for host in FORGED:
            async with line(port) as own:
                await own.send(request(method, path, Host=host, Connection="close"))
                first = (await own.rest()).split(b"\r\n", 1)[0]
            assert first.split()[1] in (b"400", b"403"), (method, path, host, first)


@pytest.mark.parametrize("host", OURS)
async def test_this_machine_by_any_of_its_names_is_let_in(port: int, host: str) -> None:
    assert (await ask(port, request(Host=host))).status == 200


async def test_the_refusal_says_which_name_and_what_to_do(port: int) -> None:
    reply = await ask(port, request(Host="attacker.example" + "x" * 200))
    assert reply.status == 403
    assert "'attacker.example" in reply.error
    assert "--allow-host attacker.example" in reply.error
    assert len(reply.error) < 400
    assert reply.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("status", "data"),
    [
        (400, request("POST", "/query", Host="localhost", Content_Length="0")),
        (400, b"nonsense\r\n\r\n"),
        (403, request(Host="attacker.example")),
        (404, request("GET", "/nothing", Host="localhost")),
        (405, request("PUT", "/query", Host="localhost")),
        (413, request("POST", "/query", Host="localhost", Content_Length="99999999999")),
    ],
)
async def test_a_page_can_read_why_it_was_refused(port: int, status: int, data: bytes) -> None:
    reply = await ask(port, data)
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (status, "*")
    assert reply.error


@pytest.mark.parametrize(
    ("error", "status"), [(Busy("Full."), 429), (Unavailable("Not now."), 503)]
)
async def test_a_page_can_read_when_to_ask_again(error: Exception, status: int) -> None:
    engine = FakeEngine(Gradient())
    engine.raises = error
    app: Any = application(routes(engine, lambda: "fake"), Config())  # type: ignore[arg-type]
    got, headers, _ = await through(app, "/query", "POST", b'{"seed": 1}', origin="null")
    assert (got, headers["retry-after"]) == (status, "1")
    assert headers["access-control-allow-origin"] == "null"
    assert "Retry-After" in headers["access-control-expose-headers"]


def test_a_page_can_read_what_never_reaches_the_application() -> None:
    for status in (408, 429, 431):
        head, _, body = refusal(status, "No.").partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        assert "access-control-allow-origin: *" in lines
        assert ("access-control-expose-headers: Retry-After" in lines) is (status == 429)
        assert (f"content-length: {len(body)}" in lines, body) == (True, b'{"error":"No."}')


async def test_no_host_or_two_are_refused(port: int) -> None:
    for head in (b"", b"Host: localhost\r\nHost: attacker.example\r\n"):
        reply = await ask(port, b"GET /healthz HTTP/1.1\r\n" + head + b"\r\n")
        assert reply.status == 400
        assert "one Host" in reply.error


@pytest.mark.parametrize("parser", ["auto", "h11"])
async def test_http_1_0_without_a_host_is_answered(parser: str) -> None:
    async with Listener(model(Config(port=0)), Config(port=0), parser) as server:
        for more, status in ((b"", 200), (b"Origin: https://evil.example\r\n", 400)):
            reply = await ask(server.port, b"GET /healthz HTTP/1.0\r\n" + more + b"\r\n")
            assert reply.status == status


@pytest.mark.parametrize("path", ["/healthz/", "//healthz", "/healthz//", "///healthz/"])
async def test_a_slash_too_many_does_no_harm(port: int, path: str) -> None:
    reply = await ask(port, request("GET", path, Host="localhost"))
    assert (reply.status, "location" in reply.headers) == (200, False)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/taxi/healthz", 200),
        ("/healthz", 200),
        ("//taxi//healthz/", 200),
        ("/taxihealthz", 404),
        ("/taxi/taxi/healthz", 404),
        ("/taxi", 307),
    ],
)
async def test_what_is_below_the_path_of_a_proxy_is_found(path: str, status: int) -> None:
    config = Config(port=0, root_path="/taxi")
    async with Listener(model(config), config) as server:
        reply = await ask(server.port, request("GET", path, Host="localhost"))
        assert reply.status == status
        assert reply.headers.get("location") == ("/taxi/" if status == 307 else None)


async def test_the_path_of_a_proxy_does_not_open_the_studio_to_other_pages() -> None:
    app = application(ROUTES, Config(root_path="/taxi"))
    for path in ("/taxi/studio/echo", "/studio/echo", "//taxi//studio/echo"):
        _, headers, _ = await through(app, path, "POST", origin="https://evil.example")
        assert "access-control-allow-origin" not in headers, path


async def test_slashes_do_not_open_the_studio_to_other_pages() -> None:
    app = application(ROUTES, Config())
    for path in ("//studio/echo", "/studio/", "//", "/studio//echo/"):
        method = "GET" if path == "//" else "POST"
        _, headers, _ = await through(app, path, method, origin="https://evil.example")
        assert "access-control-allow-origin" not in headers, path


async def test_an_address_in_the_request_line_does_not_replace_the_host(port: int) -> None:
    forged = request("GET", "http://localhost/healthz", Host="attacker.example")
    assert (await ask(port, forged)).status == 403


UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.mark.parametrize(("host", "status"), [("localhost", 101), ("attacker.example", 403)])
async def test_a_websocket_opens_for_our_own_names_only(host: str, status: int) -> None:
    config = Config(port=0)
    async with listening(application(ROUTES, config)) as port, line(port) as own:
        reply = await own.ask(request("GET", "/socket", Host=host, **UPGRADE))
        assert reply.status == status


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b"LocalHost:8000", "localhost"),
        (b"[::1]:8000", "::1"),
        (b"[::1", "::1"),
        (b"localhost.", "localhost"),
        (b"localhost..", "localhost."),
        (b"\xff\xfe", "\xff\xfe"),
        (b"", ""),
    ],
)
def test_the_name_in_a_host_header_is_found(header: bytes, name: str) -> None:
    assert host_name(header) == name


def test_addresses_are_told_from_names() -> None:
    assert [is_address(name) for name in ("192.168.1.5", "fe80::1", "localhost", "127.1", "")] == [
        True,
        True,
        False,
        False,
        False,
    ]


async def statuses(config: Config, hosts: tuple[str, ...]) -> list[int]:
    """What a server with that configuration says to each Host, without a socket."""
    guard = Guard(application(ROUTES, config), config)
    return [(await through(guard, host=host))[0] for host in hosts]


async def through(
    guard: Any, path: str = "/nothing", method: str = "GET", body: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """One request straight to the ASGI application."""
    sent: list[Any] = []
    names = {"host": "localhost", **headers}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [
            (name.replace("_", "-").encode(), value.encode()) for name, value in names.items()
        ],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await guard(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


async def test_open_to_the_network_addresses_pass_but_foreign_names_do_not() -> None:
    hosts = ("192.168.1.5:8000", "[fe80::1]", "attacker.example", "localhost", "0.0.0.0")
    assert await statuses(Config(host="0.0.0.0"), hosts) == [404, 404, 403, 404, 404]


@pytest.mark.parametrize(
    ("listening_at", "status"), [("0.0.0.0", 404), ("::", 404), ("127.0.0.1", 403)]
)
async def test_open_to_the_network_the_machines_own_names_pass(
    listening_at: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taxiway.web.guard.own_names", lambda: {"studio", "studio.local"})
    hosts = ("studio:8000", "Studio.local", "studio.local.evil.example")
    assert await statuses(Config(host=listening_at), hosts) == [status, status, 403]


async def test_names_may_be_allowed() -> None:
    hosts = ("Studio.Local:8000", "studio.local.example", "192.168.1.5")
    assert await statuses(Config(allowed_hosts=("studio.LOCAL",)), hosts) == [404, 403, 403]


async def test_origins_may_be_narrowed_to_a_list_and_the_servers_own_pages() -> None:
    config = Config(allowed_origins=("https://example.org", "null"))
    app = model(config)
    for origin, status in [
        ("https://example.org", 200),
        ("null", 200),
        ("http://localhost", 200),
        ("https://evil.example", 403),
        ("https://example.org.evil.example", 403),
        ("http://localhost:1", 403),
    ]:
        got, headers, _ = await through(app, "/healthz", origin=origin)
        assert got == status, origin
        allowed = headers.get("access-control-allow-origin")
        assert allowed == (origin if status == 200 else None)
        assert headers["vary"] == "Origin"
    got, headers, _ = await through(app, "/healthz")
    assert (got, headers.get("access-control-allow-origin")) == (200, None)


async def test_what_belongs_to_the_studio_cannot_be_read_by_other_pages() -> None:
    app = application(ROUTES, Config())
    for path, method in [("/", "GET"), ("/studio/echo", "POST"), ("/studio", "GET")]:
        _, headers, _ = await through(app, path, method, origin="https://evil.example")
        assert "access-control-allow-origin" not in headers, path


async def test_a_preflight_asks_nobody_further_down() -> None:
    async def unreachable(*_: Any) -> None:
        raise AssertionError

    status, headers, body = await through(Guard(unreachable, Config()), "/x", "OPTIONS")
    assert (status, body) == (204, b"")
    assert "access-control-allow-private-network" not in headers


@pytest.mark.parametrize("length", ["-1", "1e9", "0x10", "", "٣", "1,1"])
async def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    app = application(ROUTES, Config())
    status, _, body = await through(app, "/echo", "POST", content_length=length)
    assert status == 400
    assert "Content-Length" in json.loads(body)["error"]


async def test_a_body_up_to_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    limit = 2**21
    app = application(ROUTES, Config(body_limit=limit))
    for size, status in [(limit, 200), (limit + 1, 413)]:
        for headers in ({"content_length": str(size)}, {"transfer_encoding": "chunked"}):
            got, _, body = await through(app, "/echo", "POST", bytes(size), **headers)
            assert got == status
        if status == 413:
            assert json.loads(body)["error"] == "The body is too large; at most 2 MB are taken."


async def test_many_large_bodies_at_once_are_told_to_come_again() -> None:
    limit, inside, open_door = 2**20, 0, asyncio.Event()

    async def hold(scope: Any, receive: Any, send: Any) -> None:
        nonlocal inside
        await receive()
        inside += 1
        await open_door.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    async def post(route: Any) -> int:
        headers = {"transfer_encoding": "chunked"}
        return (await through(route, "/x", "POST", bytes(limit), **headers))[0]

    config = Config(body_limit=limit)
    app = application([route := Route("/x", echo, methods=["POST"])], config)
    route.app = hold
    holding = [asyncio.create_task(post(app)) for _ in range(4)]
    while inside < 4:
        await asyncio.sleep(0)
    assert await post(app) == 503
    open_door.set()
    assert await asyncio.gather(*holding) == [200] * 4
    assert await post(app) == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("a.models.example.org", 200),
        ("A.Models.Example.org:443", 200),
        ("models.example.org", 403),
        ("evilmodels.example.org", 403),
        ("a.models.example.org.evil.example", 403),
    ],
)
async def test_every_name_below_one_may_be_allowed(host: str, status: int) -> None:
    async with listening(allowed_hosts=("*.Models.example.org",)) as port:
        assert (await ask(port, request(Host=host))).status == status
