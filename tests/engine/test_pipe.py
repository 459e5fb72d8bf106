"""Messages between server and worker arrive whole, in order, however they are cut on the way."""

import asyncio
import socket
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.engine.pipe import KEPT_BYTES, LARGEST, ServerGone, ServersEnd, WorkersEnd, framed
from taxiway.web.listen import loop_factory

MESSAGES = st.lists(st.binary(max_size=40), max_size=6)


class Keeper:
    """Sends bytes nowhere but here, as a socket's other half."""

    def __init__(self) -> None:
        self.sent = b""
        self.aborted = False

    def write(self, data: bytes) -> None:
        self.sent += data

    def abort(self) -> None:
        self.aborted = True


def servers_end() -> tuple[ServersEnd, list[bytes], Any]:
    heard: list[bytes] = []
    end = ServersEnd(heard.append, lambda: heard.append(b"the end"))
    transport: Any = Keeper()
    end.connection_made(transport)
    return end, heard, transport


@given(MESSAGES, st.integers(1, 30))
def test_whatever_the_pieces_the_messages_are_whole(messages: list[bytes], size: int) -> None:
    end, heard, transport = servers_end()
    for message in messages:
        end.send(message)
    data = transport.sent
    for at in range(0, len(data), size):
        end.data_received(data[at : at + size])
    end.connection_lost(None)
    assert heard == [*messages, b"the end"]


def test_the_room_of_a_message_is_kept_unless_it_is_large() -> None:
    end, heard, _ = servers_end()
    for size in (KEPT_BYTES // 2, KEPT_BYTES):
        end.data_received(framed(bytes(size)))
    large = len(end.get_buffer(1))
    end.data_received(framed(b"small"))
    assert list(map(len, heard)) == [KEPT_BYTES // 2, KEPT_BYTES, len(b"small")]
    assert large < KEPT_BYTES


def test_after_the_end_nothing_is_sent() -> None:
    end, heard, transport = servers_end()
    end.connection_lost(ConnectionResetError())
    end.send(b"late")
    end.close()
    assert (heard, transport.sent, transport.aborted) == ([b"the end"], b"", False)


def test_a_worker_that_announces_nonsense_is_parted_with() -> None:
    end, heard, transport = servers_end()
    end.data_received((LARGEST + 1).to_bytes(8, "little"))
    assert transport.aborted
    assert heard == []


@pytest.mark.parametrize("factory", [None, loop_factory()], ids=["asyncio", "fast"])
@pytest.mark.parametrize("size", [0, 1, 70_000, 20_000_000])
def test_both_ends_understand_each_other(factory: Any, size: int) -> None:
    ours, theirs = socket.socketpair()

    def echo() -> None:
        with theirs:
            worker = WorkersEnd(theirs)
            worker.send(worker.receive())
            with pytest.raises(ServerGone):
                worker.receive()

    async def ask() -> bytes:
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        end = ServersEnd(answer.set_result, lambda: None)
        await end.connect(ours)
        end.send(b"x" * size)
        try:
            return await answer
        finally:
            end.close()

    thread = threading.Thread(target=echo)
    thread.start()
    with asyncio.Runner(loop_factory=factory) as runner:
        assert runner.run(ask()) == b"x" * size
    thread.join()


def test_the_worker_sees_whether_a_message_waits() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        end = WorkersEnd(theirs)
        assert not end.waits(0)
        ours.sendall((3).to_bytes(8, "little") + b"one")
        assert end.waits(1)
        assert end.receive() == b"one"
        assert not end.waits(0)
        ours.close()
        assert end.waits(1)
