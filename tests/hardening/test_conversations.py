"""Conversations at random, by Socket.IO, OSC and the studio's socket: bounded, and never fatal."""

import asyncio
import contextlib
import json
import logging
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from starlette.websockets import WebSocket

from fuzz import examples
from interop.broadcasting import BroadcastingEngine
from session_fakes import SPEC, FakeEngine
from taxiway.core.config import Config
from taxiway.core.frame import Mark
from taxiway.engine import Engine
from taxiway.live.session import LiveSession
from taxiway.live.tiles import Wanted
from taxiway.servers.osc import packet as osc_packet
from taxiway.servers.osc import server as osc
from taxiway.servers.osc.server import OscServer
from taxiway.servers.osc.subscribers import MOST_SUBSCRIBERS
from taxiway.servers.socketio.engineio_session import MOST_UNSENT, Session, Timing
from taxiway.servers.socketio.server import MOST_QUERIES, SocketIo
from taxiway.servers.studio import binary_messages
from taxiway.servers.studio.send_queue import MOST_REPLIES, MOST_TILES
from taxiway.servers.studio.socket import Closed
from taxiway.servers.studio.socket import Session as Page

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)
INPUTS = st.just({"text": "a"}) | st.dictionaries(
    st.sampled_from(["text", "times", "z", "other"]), JSON, max_size=3
)
PACKETS = st.one_of(
    st.just('2["query",{"text":"a"}]'),
    INPUTS.map(lambda inputs: "2" + json.dumps(["query", inputs])),
    st.builds("2{}{}".format, st.integers(0, 99), INPUTS.map(lambda x: json.dumps(["query", x]))),
    JSON.map(lambda value: "2" + json.dumps(value)),
    st.sampled_from(["0", "1", "4", "0/other,", "2/other,[]", "51-[]", "3", "2[", "9", "", "20[]"]),
    st.text(max_size=12),
)
SETTINGS = settings(
    max_examples=examples(25),
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


class Talking(RuleBasedStateMachine):
    """Drives a server's object on a loop of its own; whatever it logs as a failure is one."""

    def __init__(self) -> None:
        super().__init__()
        self.failures: list[str] = []
        self.handler = logging.Handler(logging.ERROR)
        self.handler.emit = lambda record: self.failures.append(record.getMessage())  # type: ignore[method-assign]
        logging.getLogger("taxiway").addHandler(self.handler)
        self.runner = asyncio.Runner()
        self.loop = self.runner.get_loop()
        self.loop.set_exception_handler(lambda _, about: self.failures.append(str(about)))
        self.inside(self.begin)

    def inside(self, work: Any, *arguments: Any) -> Any:
        """Do something on the loop, and let what follows from it happen."""

        async def run() -> Any:
            result = work(*arguments)
            for _ in range(5):
                await asyncio.sleep(0)
            return result

        return self.runner.run(run())

    def begin(self) -> None:
        raise NotImplementedError

    def end(self) -> None:
        raise NotImplementedError

    @invariant()
    def nothing_failed(self) -> None:
        assert self.failures == []

    def teardown(self) -> None:
        self.inside(self.end)
        self.runner.close()
        logging.getLogger("taxiway").removeHandler(self.handler)
        self.nothing_failed()


class SocketIoClients(Talking):
    """Clients come, say anything, read or do not read, and go."""

    def begin(self) -> None:
        self.engine = BroadcastingEngine()
        self.server = SocketIo(cast(Engine, self.engine), lambda: "fake")
        self.clients: list[Session] = []

    def end(self) -> None:
        for client in self.clients:
            client.close()
        self.server.close()

    @rule(version=st.sampled_from([3, 4]))
    def come(self, version: Any) -> None:
        def open() -> Session:
            session = Session(version, Timing(), self.server.closed)
            self.server.opened(session)
            return session

        self.clients.append(self.inside(open))

    @precondition(lambda self: self.clients)
    @rule(which=st.integers(0, 99), packet=PACKETS, times=st.sampled_from([1, 40]))
    def say(self, which: int, packet: str, times: int) -> None:
        client = self.clients[which % len(self.clients)]

        def hear() -> None:
            for _ in range(times):
                if client.is_open and client.receive():
                    self.server.received(client, packet)

        self.inside(hear)

    @precondition(lambda self: self.clients)
    @rule(which=st.integers(0, 99))
    def read(self, which: int) -> None:
        for packet in self.clients[which % len(self.clients)].take_all():
            assert packet[0] in "0123456"

    @precondition(lambda self: self.clients)
    @rule(which=st.integers(0, 99))
    def go(self, which: int) -> None:
        self.inside(self.clients.pop(which % len(self.clients)).close)

    @rule(open=st.booleans())
    def work(self, open: bool) -> None:
        self.inside(self.engine.gate.set if open else self.engine.gate.clear)

    @invariant()
    def bounded(self) -> None:
        assert len(self.server._clients) <= len(self.clients)
        for session, tasks in self.server._clients.items():
            assert session.is_open
            assert len(tasks) <= MOST_QUERIES
            assert len(session._unsent) <= MOST_UNSENT + 1
            assert len(session._newest) <= 2


class OscSenders(Talking):
    """Datagrams from many senders: messages, bundles, and bytes that are neither."""

    def begin(self) -> None:
        self.engine = BroadcastingEngine()
        fake = FakeEngine()
        fake.turn("running")
        self.session = LiveSession(cast(Engine, fake), SPEC)
        config = Config(osc_reply_port=1, osc_target=None)
        self.server = OscServer(cast(Engine, self.engine), self.session, config)

    def end(self) -> None:
        self.session.broadcast.close()
        for task in [*self.server._queries, *self.server._errands]:
            task.cancel()

    @rule(
        address=st.sampled_from(
            ["/query", "/server/connect", "/server/disconnect", "/z", "/z/3", "/seed", "/x", "/"]
        ),
        text=INPUTS.map(json.dumps) | st.text(max_size=6),
        port=st.integers(1024, 1100),
        times=st.sampled_from([1, 1, 50]),
    )
    def message(self, address: str, text: str, port: int, times: int) -> None:
        for number in range(times):
            source = ("127.0.0.1", port + number)
            self.inside(self.server.receive, osc_packet.write(address, text), source)

    @rule(
        numbers=st.lists(st.floats(width=32), max_size=4),
        address=st.sampled_from(
            [b"/z/1\0\0\0\0", b"/truncation\0", b"/size\0\0\0", b"/w/0\0\0\0\0"]
        ),
    )
    def fader(self, numbers: list[float], address: bytes) -> None:
        tags = b"," + b"f" * len(numbers)
        tags += bytes(4 - len(tags) % 4)
        datagram = address + tags + np.array(numbers, ">f4").tobytes()
        self.inside(self.server.receive, datagram, ("127.0.0.1", 1024))

    @rule(datagram=st.binary(max_size=60) | st.binary(max_size=60).map(lambda x: b"#bundle\0" + x))
    def noise(self, datagram: bytes) -> None:
        self.inside(self.server.receive, datagram, ("127.0.0.1", 1024))

    @rule(open=st.booleans())
    def work(self, open: bool) -> None:
        self.inside(self.engine.gate.set if open else self.engine.gate.clear)

    @invariant()
    def bounded(self) -> None:
        assert len(self.server._queries) <= osc.MOST_QUERIES
        assert len(self.server._errands) <= osc.MOST_QUERIES
        assert len(self.server._news) <= osc.MOST_NEWS
        assert len(self.server._audience._subscribers) <= MOST_SUBSCRIBERS
        for value in self.session.controls.values().values():
            assert not isinstance(value, np.ndarray) or np.isfinite(value).all()


class StudioPages(Talking):
    """Pages say anything that a socket can carry; all are obeyed, told why not, or parted with."""

    def begin(self) -> None:
        fake = FakeEngine()
        fake.turn("running")
        self.session = LiveSession(cast(Engine, fake), SPEC)
        self.pages: list[Page] = []

    def end(self) -> None:
        for page in self.pages:
            page._send_queue.close()
        self.session.broadcast.close()

    @rule()
    def come(self) -> None:
        socket = cast(WebSocket, object())
        self.pages.append(self.inside(lambda: Page(socket, self.session, {"name": "fake"})))

    def hear(self, which: int, text: str | None, data: bytes | None) -> None:
        page = self.pages[which % len(self.pages)]

        def hear() -> None:
            with contextlib.suppress(Closed):
                page._hear(text, data)

        self.inside(hear)

    @precondition(lambda self: self.pages)
    @rule(
        which=st.integers(0, 9),
        kind=st.sampled_from(["set", "seed", "pick", "cancel_tiles", "other"]),
        fields=st.dictionaries(
            st.sampled_from(["values", "seed", "field_seed", "x", "y", "seq", "time"]), JSON
        ),
        values=st.dictionaries(
            st.sampled_from(["z", "w", "truncation", "size", "seed", "no"]), JSON
        ),
    )
    def word(self, which: int, kind: str, fields: Any, values: Any) -> None:
        self.hear(which, json.dumps({"type": kind, "values": values, **fields}), None)

    @precondition(lambda self: self.pages)
    @rule(
        which=st.integers(0, 9),
        numbers=st.lists(st.floats(width=32), max_size=8),
        repeat=st.sampled_from([1, 64, 256]),
        space=st.sampled_from(binary_messages.SPACES),
        seq=st.integers(0, 2**32 - 1),
    )
    def vector(self, which: int, numbers: list[float], repeat: int, space: str, seq: int) -> None:
        values = np.array(numbers * repeat, np.float32)
        self.hear(which, None, binary_messages.write_set(Mark(seq, 0.0), space, values))

    @precondition(lambda self: self.pages)
    @rule(
        which=st.integers(0, 9),
        place=st.integers(-(2**31), 2**31 - 1),
        level=st.integers(-(2**31), 2**31 - 1) | st.integers(0, 8),
        similarity=st.floats(width=32),
        times=st.sampled_from([1, 1, 300]),
    )
    def tile(self, which: int, place: int, level: int, similarity: float, times: int) -> None:
        for request in range(times):
            wanted = Wanted(1, level, place, place, similarity, request)
            self.hear(which, None, binary_messages.write_wanted(wanted))

    @precondition(lambda self: self.pages)
    @rule(which=st.integers(0, 9), number=st.integers(0, 2**32 - 1))
    def draw(self, which: int, number: int) -> None:
        self.hear(which, None, binary_messages.write_acknowledgement(number))

    @precondition(lambda self: self.pages)
    @rule(which=st.integers(0, 9), data=st.binary(max_size=40), text=st.text(max_size=40))
    def noise(self, which: int, data: bytes, text: str) -> None:
        self.hear(which, None, data)
        self.hear(which, None, bytes([0x54, 1]) + data)
        self.hear(which, text, None)

    @invariant()
    def bounded(self) -> None:
        for page in self.pages:
            assert len(page._send_queue._replies) <= MOST_REPLIES
            assert len(page._send_queue._tiles) <= MOST_TILES

    @invariant()
    def only_what_a_model_takes(self) -> None:
        command = self.session.command
        assert command is not None
        for name, value in self.session.controls.values().items():
            command.inputs[name].decode(name, value)


@pytest.mark.parametrize("kind", [SocketIoClients, OscSenders, StudioPages])
def test_conversations_at_random_stay_bounded_and_never_fail(kind: type[Talking]) -> None:
    run_state_machine_as_test(kind, settings=SETTINGS)
