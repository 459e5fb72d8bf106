"""Ports, both kinds of loopback address, slow and crowding clients, and a clean end."""

import asyncio
import contextlib
import errno
import gc
import json
import socket
from typing import Any

import pytest

from servers.sockets import GET, POST, ask, line, listening, model
from taxiway.core.config import Config
from taxiway.web import listen
from taxiway.web.connection import PIPELINED
from taxiway.web.guard import Guard
from taxiway.web.listen import CannotListen, Listener, PortInUse, bind, loop_factory, settle

PARSERS = ("httptools", "h11")
IPV6 = socket.has_ipv6


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections are looked at so often that a test need not wait."""
    monkeypatch.setattr(listen, "TICK", 0.02)


async def serves(port: int) -> bool:
    """Whether the server still answers, to somebody new."""
    return (await ask(port, GET)).status == 200


def test_what_a_server_is_made_of_is_not_looked_through_again() -> None:
    before = gc.get_threshold()
    try:
        settle()
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold()[0] == 10_000
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


@pytest.mark.skipif(not IPV6, reason="no IPv6")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::"])
async def test_both_loopback_addresses_answer(host: str) -> None:
    async with listening(host=host) as port:
        for address in ("127.0.0.1", "::1"):
            assert (await ask(port, GET, address)).status == 200


async def test_one_address_alone_when_it_is_another() -> None:
    async with listening(host="127.0.0.2") as port:
        assert (await ask(port, GET, "127.0.0.2")).status == 200
        with pytest.raises(ConnectionRefusedError):
            await ask(port, GET, "127.0.0.1")


async def test_a_machine_without_ipv6_is_served_by_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def only_four(host: str, *arguments: Any, **more: Any) -> Any:
        if ":" in host:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported")
        return real(host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", only_four)
    sockets = bind("127.0.0.1", 0)
    assert [bound.family for bound in sockets] == [socket.AF_INET]
    sockets[0].close()


@pytest.mark.parametrize("taken", ["127.0.0.1", "::1"])
async def test_a_port_in_use_is_named_with_what_to_do(taken: str) -> None:
    family = socket.AF_INET6 if ":" in taken else socket.AF_INET
    with socket.socket(family) as other:
        other.bind((taken, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortInUse) as caught:
            await Listener(model(Config()), Config(port=port)).start()
    assert str(caught.value) == (
        f"Port {port} is in use: stop what runs there, "
        f"or choose another port, such as --port {port + 1}."
    )
    assert (caught.value.exit_code, caught.value.port) == (2, port)


async def test_any_free_port_is_one_that_is_free_on_both_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries = []

    def counterpart(host: str, port: int) -> list[socket.socket]:
        tries.append(port)
        if len(tries) < 3:
            raise PortInUse(port)
        return []

    monkeypatch.setattr(listen, "_counterpart", counterpart)
    (bound,) = bind("127.0.0.1", 0)
    assert bound.getsockname()[1] == tries[-1]
    bound.close()
    tries.clear()
    monkeypatch.setattr(listen, "ATTEMPTS", 2)
    with pytest.raises(CannotListen, match="No port is free on both"):
        bind("127.0.0.1", 0)


@pytest.mark.skipif(not IPV6, reason="no IPv6")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::"])
def test_a_machine_without_ipv4_is_served_by_ipv6(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    real = socket.getaddrinfo

    def only_six(host: str, *arguments: Any, **more: Any) -> Any:
        if ":" not in host:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported")
        return real(host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", only_six)
    sockets = bind(host, 0)
    assert [bound.family for bound in sockets] == [socket.AF_INET6]
    sockets[0].close()


@pytest.mark.parametrize(
    ("host", "words"), [("no.such.host.invalid", "Cannot listen at no"), ("192.0.2.1", "192.0.2.1")]
)
def test_an_address_that_is_not_ours_is_told(host: str, words: str) -> None:
    with pytest.raises(CannotListen, match=words):
        bind(host, 0)


async def test_the_port_is_free_again_at_once_when_it_ends() -> None:
    async with listening() as port, line(port) as kept:
        assert (await kept.ask(GET)).status == 200
    async with listening(port=port):
        assert await serves(port)


def test_the_address_to_tell_people() -> None:
    urls = [
        Listener(None, Config(host=host)).url  # type: ignore[arg-type]
        for host in ("127.0.0.1", "0.0.0.0", "::", "192.168.1.5", "::1")
    ]
    assert urls == [
        "http://localhost:8000",
        "http://localhost:8000",
        "http://localhost:8000",
        "http://192.168.1.5:8000",
        "http://[::1]:8000",
    ]


async def test_stopping_before_starting_does_nothing() -> None:
    await Listener(model(Config()), Config()).stop()


async def test_requests_in_flight_get_their_answer_when_the_server_stops() -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        asked.set()
        await go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    listener = Listener(slow, Config(port=0))
    await listener.start()
    async with line(listener.port) as own:
        await own.send(GET)
        await asked.wait()
        stopping = asyncio.create_task(listener.stop())
        await asyncio.sleep(0)
        go_on.set()
        assert b" 200 " in await own.rest()
        await stopping


@pytest.mark.parametrize("parser", ["auto", "h11"])
async def test_requests_that_take_too_long_are_told_that_the_server_stops(
    parser: str, caplog: pytest.LogCaptureFixture
) -> None:
    asked = asyncio.Event()

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        asked.set()
        await asyncio.Event().wait()

    config = Config(port=0, stop_seconds=1)
    listener = Listener(Guard(endless, config), config, parser)
    await listener.start()
    async with line(listener.port) as own:
        await own.send(GET)
        await asked.wait()
        _, reply = await asyncio.gather(listener.stop(), own.reply())
    assert (reply.status, reply.error) == (503, "The server is stopping.")
    assert not any(record.exc_info for record in caplog.records)


async def test_the_fast_loop_is_used_where_it_is_installed() -> None:
    factory = loop_factory()
    if factory is not None:
        with contextlib.closing(factory()) as loop:
            assert type(loop).__module__.startswith("uvloop")


SLOW = [
    b"",
    b"P",
    b"POST /query HTTP/1.1\r\nHost: loc",
    POST + b"X-More: ",
]


@pytest.mark.usefixtures("brisk")
@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("begun", SLOW, ids=range(len(SLOW)))
async def test_a_header_that_does_not_end_is_cut(parser: str, begun: bytes) -> None:
    async with listening(parser=parser, header_seconds=0.1) as port, line(port) as own:
        await own.send(begun)
        said = await own.rest()
        assert (b" 408 " in said) == bool(begun)
        assert await serves(port)


@pytest.mark.usefixtures("brisk")
@pytest.mark.parametrize("parser", PARSERS)
async def test_trickling_buys_a_header_no_time(parser: str) -> None:
    async with listening(parser=parser, header_seconds=0.2) as port, line(port) as own:

        async def trickle() -> None:
            await own.send(POST)
            while True:
                await own.send(b"X: y\r\n")
                await asyncio.sleep(0.02)

        trickling = asyncio.create_task(trickle())
        said = await own.rest()
        trickling.cancel()
        await asyncio.gather(trickling, return_exceptions=True)
        assert said.startswith(b"HTTP/1.1 408 ") or said == b""
        assert await serves(port)


@pytest.mark.usefixtures("brisk")
@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    "head", [b"Content-Length: 100\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"]
)
async def test_a_body_that_does_not_come_is_cut(parser: str, head: bytes) -> None:
    async with listening(parser=parser, body_seconds=0.1) as port, line(port) as own:
        reply = await own.ask(POST + head)
        assert reply.status == 408
        assert reply.error == "The request came too slowly."
        assert await own.rest() == b""
        assert await serves(port)


@pytest.mark.usefixtures("brisk")
@pytest.mark.parametrize("parser", PARSERS)
async def test_a_slow_second_request_on_a_kept_connection_is_cut_too(parser: str) -> None:
    async with listening(parser=parser, header_seconds=0.1) as port, line(port) as own:
        assert (await own.ask(GET)).status == 200
        assert (await own.ask(b"GET /healthz HTTP/1.1\r\nHost")).status == 408


@pytest.mark.usefixtures("brisk")
@pytest.mark.parametrize("parser", PARSERS)
async def test_a_kept_connection_may_rest_longer_than_a_header_may_take(parser: str) -> None:
    async with listening(parser=parser, header_seconds=0.1) as port, line(port) as own:
        assert (await own.ask(GET)).status == 200
        async with line(port) as silent:
            # As long as it takes the server to lose its patience with a silent one.
            await silent.rest()
        assert (await own.ask(GET)).status == 200


@pytest.mark.usefixtures("brisk")
async def test_a_kept_connection_is_closed_when_it_rests_too_long() -> None:
    async with listening(idle_seconds=1.0) as port, line(port) as own:
        assert (await own.ask(GET)).status == 200
        assert await own.rest() == b""


@pytest.mark.usefixtures("brisk")
async def test_a_client_that_reads_nothing_is_cut() -> None:
    gone = asyncio.Event()

    async def pour(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not gone.is_set():
            await send({"type": "http.response.body", "body": bytes(2**16), "more_body": True})
            message = asyncio.ensure_future(receive())
            done, _ = await asyncio.wait({message}, timeout=0)
            message.cancel()
            if done and message.result()["type"] == "http.disconnect":
                gone.set()

    async with listening(pour, write_seconds=0.2) as port:
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.connect(("127.0.0.1", port))
            deaf.sendall(GET)
            await asyncio.wait_for(gone.wait(), 60)


@pytest.mark.parametrize("parser", PARSERS)
async def test_one_address_gets_so_many_connections_and_no_more(parser: str) -> None:
    async with (
        listening(parser=parser, connections_per_client=3) as port,
        contextlib.AsyncExitStack() as stack,
    ):
        kept = [await stack.enter_async_context(line(port)) for _ in range(3)]
        for own in kept:
            assert (await own.ask(GET)).status == 200
        async with line(port) as fourth:
            reply = await fourth.reply()
            assert (reply.status, reply.headers["retry-after"]) == (429, "2")
            assert reply.error == "Too many connections from one address."
            assert await fourth.rest() == b""
        await kept[0].send(b"GET / HTTP/1.0\r\n\r\n")
        await kept[0].rest()
        assert (await ask(port, GET)).status == 200
        assert (await kept[1].ask(GET)).status == 200


@pytest.mark.parametrize("parser", PARSERS)
async def test_pipelined_requests_are_answered_in_order(parser: str) -> None:
    paths = [b"/healthz", b"/nothing", b"/error", b"/info"] * 5
    requests = [b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path for path in paths]
    async with listening(parser=parser) as port, line(port) as own:
        await own.send(b"".join(requests))
        statuses = [(await own.reply()).status for _ in paths]
        assert statuses == [200, 404, 200, 200] * 5
        assert (await own.ask(GET)).status == 200


async def test_too_many_pipelined_requests_are_refused() -> None:
    waiting = asyncio.Event()

    async def held(scope: Any, receive: Any, send: Any) -> None:
        await waiting.wait()

    async with listening(held, stop_seconds=1) as port, line(port) as own:
        await own.send(GET * (PIPELINED + 2))
        assert (await own.rest()).startswith(b"HTTP/1.1 400 ")
        waiting.set()


BODY = b'{"seed": 1}'
OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
LENGTH = b"Content-Length: 11\r\n\r\n"


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("cut", [None, 40, len(POST + OFFER + LENGTH), -4])
async def test_an_offer_of_http_2_is_ignored_and_the_body_is_read(
    parser: str, cut: int | None
) -> None:
    async with listening(parser=parser) as port, line(port) as own:
        whole = POST + OFFER + LENGTH + BODY
        await own.send(whole[:cut])
        if cut is not None:
            await asyncio.sleep(0)
            await own.send(whole[cut:])
        first = await own.reply()
        again = await own.ask(POST + LENGTH + BODY)
    assert (first.status, again.status) == (200, 200)
    assert b'"image"' in first.body


@pytest.mark.parametrize("parser", PARSERS)
async def test_an_offer_with_a_body_in_chunks_is_ignored_too(parser: str) -> None:
    chunks = b"Transfer-Encoding: chunked\r\n\r\nb\r\n" + BODY + b"\r\n0\r\n\r\n"
    async with listening(parser=parser) as port:
        assert (await ask(port, POST + OFFER + chunks)).status == 200


@pytest.mark.parametrize("parser", PARSERS)
async def test_a_connect_as_to_a_proxy_is_refused(parser: str) -> None:
    async with listening(parser=parser) as port:
        reply = await ask(port, b"CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert reply.status in (404, 405)
    assert json.loads(reply.body)["error"].endswith(".")


@pytest.mark.parametrize("parser", PARSERS)
async def test_a_post_that_asks_for_a_websocket_is_answered(parser: str) -> None:
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    async with listening(parser=parser) as port:
        reply = await ask(port, POST + upgrade + LENGTH + BODY)
        assert reply.status in (200, 400)
