"""How answers leave, a header does not travel alone; and who comes when there is no room."""

import asyncio
from typing import Any

import pytest

from servers.sockets import GET, ask, line, listening
from taxiway.web import connection, notices
from taxiway.web.connection import Joined

HEADER = b"HTTP/1.1 200 OK\r\n\r\n"


class Wire:
    """A transport that notes each call of the system."""

    def __init__(self) -> None:
        self.calls: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.calls.append(data)

    def writelines(self, pieces: list[bytes]) -> None:
        self.calls.append(b"".join(pieces))

    def close(self) -> None:
        self.calls.append(b"closed")


def joined() -> tuple[Joined, list[bytes]]:
    wire: Any = Wire()
    return Joined(wire, asyncio.get_running_loop()), wire.calls


async def test_a_header_goes_with_the_body_that_follows_at_once() -> None:
    transport, calls = joined()
    transport.write(HEADER)
    transport.write(b"body")
    transport.write(b"more")
    await asyncio.sleep(0)
    assert calls == [HEADER + b"body", b"more"]


async def test_a_header_alone_goes_a_moment_later() -> None:
    transport, calls = joined()
    transport.write(HEADER)
    assert calls == []
    await asyncio.sleep(0)
    assert calls == [HEADER]
    transport.write(b"body")
    assert calls == [HEADER, b"body"]


async def test_nothing_is_lost_when_the_connection_is_closed() -> None:
    transport, calls = joined()
    transport.write(HEADER)
    transport.close()
    await asyncio.sleep(0)
    assert calls == [HEADER, b"closed"]


async def test_an_answer_before_the_answer_stays_before_it() -> None:
    transport, calls = joined()
    transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    transport.write(HEADER)
    transport.write(b"body")
    await asyncio.sleep(0)
    assert b"".join(calls) == b"HTTP/1.1 100 Continue\r\n\r\n" + HEADER + b"body"


async def test_who_comes_when_few_descriptors_are_left_is_told_and_so_is_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(notices, "_said", set())
    async with listening() as port, line(port) as first:
        assert (await first.ask(GET)).status == 200
        monkeypatch.setattr(connection, "most", lambda: 1)
        for _ in range(3):
            reply = await ask(port, GET)
            assert (reply.status, reply.headers["retry-after"]) == (503, "2")
            assert reply.error.startswith("No more connections are taken: no more than 1 files")
        assert (await first.ask(GET)).status == 200
        monkeypatch.undo()
        assert (await ask(port, GET)).status == 200
    assert capsys.readouterr().out.count("raise that by ulimit -n") == 1


@pytest.mark.parametrize(
    ("there_are", "taken"), [(None, 10**6), (1024, 1007), (64, 59), (20, 18), (1, -1)]
)
def test_the_last_descriptors_are_kept(
    monkeypatch: pytest.MonkeyPatch, there_are: int | None, taken: int
) -> None:
    monkeypatch.setattr(connection, "most", lambda: there_are)
    assert connection.lack_of_room(taken) == ""
    if there_are is not None:
        assert f"no more than {there_are} files" in connection.lack_of_room(taken + 1)
