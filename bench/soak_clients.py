"""The clients of bench/soak.py: good ones, who are timed, and bad ones."""

import asyncio
import contextlib
import json
import struct
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from taxiway.core.frame import Mark
from taxiway.servers.osc import packet as osc_packet
from taxiway.servers.studio import binary_messages
from taxiway.servers.studio import routes as frames

PATIENCE = 20.0
INPUTS = {"z": [0.1] * 512}
FULL_RATE = 60
EACH = 0.2
"""Seconds from one question of a good client to its next."""


@dataclass
class Place:
    """Where the server is, as it said."""

    pid: int
    port: int
    osc_port: int
    reply_port: int
    token: str


@dataclass
class Log:
    """What the good clients saw: milliseconds by protocol in each phase, and what went wrong."""

    phase: str = ""
    took: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    gaps: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Milliseconds from a frame of the player's to the next, in each phase."""
    waited: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Frames that the player drew from a change until the one with it in, which is counted too."""
    shares: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """How much of a core the server took, in each round of a phase."""
    errors: Counter[str] = field(default_factory=Counter)

    def note(self, protocol: str, began: float, phase: str) -> None:
        if phase == self.phase:
            self.took[phase, protocol].append((time.perf_counter() - began) * 1000)


async def steadily(each: float, ask: Callable[[], Awaitable[None]], kind: str, log: Log) -> None:
    """Ask every `each` seconds for ever; a trouble is counted, and the next question asked."""
    while True:
        began, phase = time.perf_counter(), log.phase
        try:
            async with asyncio.timeout(PATIENCE):
                await ask()
        except (OSError, EOFError, ConnectionClosed, RuntimeError, TimeoutError) as error:
            log.errors[f"{kind}: {str(error) or type(error).__name__}"[:70]] += 1
        else:
            log.note(kind, began, phase)
        await asyncio.sleep(max(0.0, each - (time.perf_counter() - began)))


def request(method: str, path: str, body: bytes = b"") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


QUERY = request("POST", "/query", json.dumps(INPUTS).encode())


async def http(place: Place, log: Log) -> None:
    """Queries over one kept connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)

    async def ask() -> None:
        writer.write(QUERY)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        await reader.readexactly(length)
        if b" 200 " not in head[:15]:
            raise RuntimeError(head.split(b"\r\n")[0].decode())

    with contextlib.closing(writer):
        await steadily(EACH, ask, "HTTP", log)


async def greeted(socket: ClientConnection) -> None:
    """Shake hands as a client of Socket.IO 4."""
    await socket.recv()
    await socket.send("40")


def socket_io_url(place: Place) -> str:
    return f"ws://127.0.0.1:{place.port}/socket.io/?EIO=4&transport=websocket"


async def socket_io(place: Place, log: Log) -> None:
    """Queries over a WebSocket, each with an acknowledgement."""
    async with connect(socket_io_url(place), max_size=None) as socket:
        await greeted(socket)
        query = "421" + json.dumps(["query", INPUTS])

        async def ask() -> None:
            await socket.send(query)
            while not (packet := str(await socket.recv())).startswith("431"):
                if packet == "2":
                    await socket.send("3")
            if '"error"' in packet[:20]:
                raise RuntimeError(packet[3:90])

        await steadily(EACH, ask, "Socket.IO", log)


@contextlib.asynccontextmanager
async def page(place: Place) -> AsyncIterator[ClientConnection]:
    async with connect(
        f"ws://127.0.0.1:{place.port}{frames.PATH}",
        origin=f"http://127.0.0.1:{place.port}",  # type: ignore[arg-type]
        subprotocols=[frames.PROTOCOL, f"token.{place.token}"],  # type: ignore[list-item]
        compression=None,
        max_size=None,
    ) as socket:
        yield socket


async def studio(place: Place, log: Log) -> None:
    """Moves a fader and waits for the picture with the change in it."""
    async with page(place) as socket:
        z = np.zeros(512, np.float32)
        seq = 0

        async def ask() -> None:
            nonlocal seq
            seq += 1
            z[0] = np.sin(seq / 30)
            await socket.send(binary_messages.write_set(Mark(seq, 0.0), "z", z))
            while True:
                message = await socket.recv()
                if isinstance(message, bytes) and message[2] == binary_messages.FRAME:
                    head, _ = binary_messages.unpack(message)
                    await socket.send(binary_messages.write_acknowledgement(head.number))
                    if head.input_seq == seq:
                        return

        await steadily(EACH, ask, "studio", log)


async def player(place: Place, log: Log) -> None:
    """Moves faders at full rate and draws every frame: how old is what is in it?

    One whose socket is closed comes again, as a page does; the gap counts.
    """
    last = time.perf_counter()
    while True:
        with contextlib.suppress(OSError, ConnectionClosed, InvalidStatus):
            async with page(place) as socket:
                sent: dict[int, tuple[float, int]] = {}
                shown = Shown()
                moving = asyncio.create_task(move(socket, sent, shown))
                try:
                    async for head in heads(socket):
                        now = time.perf_counter()
                        shown.count += 1
                        if head.input_seq in sent:
                            began, before = sent[head.input_seq]
                            log.note("frames", began, log.phase)
                            log.waited[log.phase].append(shown.count - before)
                            for old in [seq for seq in sent if seq <= head.input_seq]:
                                del sent[old]
                        log.gaps[log.phase].append((now - last) * 1000)
                        last = now
                finally:
                    moving.cancel()
        log.errors["player: thrown out"] += 1
        await asyncio.sleep(0.1)


@dataclass
class Shown:
    """How many frames the player has drawn."""

    count: int = 0


async def move(socket: ClientConnection, sent: dict[int, tuple[float, int]], shown: Shown) -> None:
    """A change every sixtieth of a second; `sent` says when, and after how many frames."""
    z = np.zeros(512, np.float32)
    for seq in count(1):
        z[0] = np.sin(seq / 30)
        sent[seq] = time.perf_counter(), shown.count
        await socket.send(binary_messages.write_set(Mark(seq, 0.0), "z", z))
        await asyncio.sleep(1 / FULL_RATE)


async def heads(socket: ClientConnection) -> AsyncIterator[Any]:
    """The heads of the frames that come, each drawn at once."""
    async for message in socket:
        if isinstance(message, bytes) and message[2] == binary_messages.FRAME:
            head, _ = binary_messages.unpack(message)
            await socket.send(binary_messages.write_acknowledgement(head.number))
            yield head


class Ear(asyncio.DatagramProtocol):
    """Counts what comes back by OSC."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self.heard.set()


async def osc(place: Place, log: Log) -> None:
    """Queries by datagram; the next answer that comes counts, whoever asked."""
    loop = asyncio.get_running_loop()
    transport, ear = await loop.create_datagram_endpoint(Ear, local_addr=("127.0.0.1", 0))
    there = ("127.0.0.1", place.osc_port)
    with contextlib.closing(transport):
        transport.sendto(b"/connect\0\0\0\0,\0\0\0", there)

        async def ask() -> None:
            ear.heard.clear()
            transport.sendto(osc_packet.write("/query", json.dumps(INPUTS)), there)
            await ear.heard.wait()

        await steadily(EACH, ask, "OSC", log)


async def deaf_http(place: Place) -> None:
    """Asks for as many pictures as it may and reads none."""
    _, writer = await asyncio.open_connection("127.0.0.1", place.port)
    writer.transport.pause_reading()
    writer.write(request("GET", "/data") * 31)
    try:
        await asyncio.Event().wait()
    finally:
        writer.transport.abort()


async def deaf_socket_io(place: Place) -> None:
    """Listens to everything, and stops reading."""
    async with connect(socket_io_url(place), max_size=None) as socket:
        await greeted(socket)
        await deaf(socket)


async def deaf_page(place: Place) -> None:
    """A page of the studio that stops reading."""
    async with page(place) as socket:
        await deaf(socket)


async def deaf(socket: ClientConnection) -> None:
    socket.transport.pause_reading()
    try:
        await asyncio.Event().wait()
    finally:
        socket.transport.abort()


async def flood_osc(place: Place) -> None:
    """Faders at twice the rate that is heard."""
    loop = asyncio.get_running_loop()
    there = ("127.0.0.1", place.osc_port)
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=there)
    with contextlib.closing(transport):
        while True:
            for number in range(100):
                transport.sendto(b"/nobody\0,f\0\0" + struct.pack(">f", number))
            await asyncio.sleep(0.01)


async def flood_http(place: Place) -> None:
    """Fifty connections a second: cut headers, garbage, queries that are none."""
    begun = [b"GET /hea", b"\x00" * 50, request("POST", "/query", b"{"), QUERY[:-3]]
    while True:
        for data in begun:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", place.port)
                writer.write(data)
                await asyncio.sleep(0.02)
                writer.transport.abort()


async def flood_page(place: Place) -> None:
    """A page that sends eight times what it may until it is thrown out, and comes again."""
    while True:
        with contextlib.suppress(OSError, ConnectionClosed, InvalidStatus):
            async with page(place) as socket:
                while True:
                    for _ in range(200):
                        await socket.send('{"type":"cancel_tiles"}')
                    await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)


GOOD = (http, http, http, http, socket_io, socket_io, studio, studio, osc, player)
BAD = (deaf_http, deaf_socket_io, deaf_page, flood_osc, flood_http, flood_page)
