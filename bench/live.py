"""How old the live picture is, and what a page that stops reading does to the others.

    python bench/live.py [SECONDS]

The server, its model's worker and the pages are three processes. A page sends 60 changes a second
and acknowledges every frame as it reads it, without drawing; the age of a picture is from the
sending of the newest change in it to its arrival. In a browser the drawing comes on top.
"""

import asyncio
import contextlib
import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil
from websockets.asyncio.client import ClientConnection, connect

from taxiway.core.config import Config
from taxiway.core.frame import Mark
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine
from taxiway.live.session import LiveSession
from taxiway.servers.studio import binary_messages
from taxiway.servers.studio import routes as frames
from taxiway.web.application import application
from taxiway.web.listen import Listener, loop_factory
from taxiway.web.powers import Tokens

TOKEN = "bench"
INPUTS_A_SECOND = 60
PAGES = 32
MODELS = [
    ModelSpec(name="100 ms", family="delayed:Delayed", options={"milliseconds": 100}),
    ModelSpec(name="33 ms", family="delayed:Delayed", options={"milliseconds": 33}),
    ModelSpec(name="5 ms", family="delayed:Delayed", options={"milliseconds": 5}),
    ModelSpec(name="painter, 256 px", family="painter"),
]


async def serve(spec: ModelSpec, pipe: Any) -> None:
    """Serve one model's session until the other side of the pipe says so."""
    async with Engine() as engine:
        session = LiveSession(engine, spec)
        app = application(frames.routes(session, Tokens("", TOKEN)), Config())
        async with Listener(app, Config(port=0, connections_per_client=1000)) as listener:
            live = asyncio.create_task(session.run())
            await session.start()
            await engine.ready(spec.name)
            pipe.send(listener.port)
            await asyncio.to_thread(pipe.recv)
            live.cancel()
            await asyncio.wait([live])


def run_server(spec: ModelSpec, pipe: Any) -> None:
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve(spec, pipe))


@contextlib.contextmanager
def server(spec: ModelSpec) -> Iterator[tuple[int, psutil.Process]]:
    """A server process; its port, and the process to look at."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run_server, args=(spec, theirs))
    process.start()
    try:
        yield ours.recv(), psutil.Process(process.pid)
    finally:
        ours.send("end")
        process.join()


@contextlib.asynccontextmanager
async def page(port: int) -> AsyncIterator[ClientConnection]:
    async with connect(
        f"ws://127.0.0.1:{port}{frames.PATH}",
        origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
        subprotocols=[frames.PROTOCOL, f"token.{TOKEN}"],  # type: ignore[list-item]
        compression=None,
        max_size=None,
    ) as socket:
        await socket.recv()
        yield socket


def now() -> float:
    return time.perf_counter() * 1000


@dataclass
class Seen:
    """What arrived at one page."""

    heads: list[binary_messages.Head] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def ages(self) -> list[float]:
        """The age of each picture that had a newer change of this page in it."""
        ages, newest = [], 0
        for head, arrived in zip(self.heads, self.times, strict=True):
            if head.input_seq > newest:
                newest = head.input_seq
                ages.append(arrived - head.time)
        return ages


async def look(socket: ClientConnection, seen: Seen) -> None:
    """Take and acknowledge every frame."""
    async for message in socket:
        if isinstance(message, bytes) and message[2] == binary_messages.FRAME:
            head, _ = binary_messages.unpack(message)
            seen.heads.append(head)
            seen.times.append(now())
            await socket.send(binary_messages.write_acknowledgement(head.number))


async def play(socket: ClientConnection, seconds: float, rate: float = INPUTS_A_SECOND) -> None:
    """Send z at that rate."""
    z = np.random.default_rng(0).standard_normal(512).astype(np.float32)
    begin = time.perf_counter()
    for seq in range(1, int(seconds * rate)):
        z[0] = np.sin(seq / 30)
        await socket.send(binary_messages.write_set(Mark(seq, now()), "z", z))
        await asyncio.sleep(max(0.0, begin + seq / rate - time.perf_counter()))


async def age(port: int, seconds: float) -> Seen:
    seen = Seen()
    async with page(port) as socket:
        looking = asyncio.create_task(look(socket, seen))
        await play(socket, seconds)
        await asyncio.sleep(0.5)
        looking.cancel()
    return seen


def percentile(values: list[float], percent: float) -> float:
    return float(np.percentile(values, percent))


def report_age(spec: ModelSpec, seen: Seen, seconds: float) -> dict[str, Any]:
    ages = seen.ages()
    third = len(ages) // 3
    return {
        "model": spec.name,
        "generation": round(statistics.median(head.render_ms for head in seen.heads), 1),
        "age p50": round(statistics.median(ages), 1),
        "p95": round(percentile(ages, 95), 1),
        "first third": round(statistics.median(ages[:third]), 1),
        "last third": round(statistics.median(ages[-third:]), 1),
        "fps": round(len(ages) / seconds, 1),
        "merged": sum(head.merged for head in seen.heads),
    }


async def crowd(port: int, seconds: float, deaf: bool) -> list[float]:
    """Ages at every page of a crowd, one of whom plays; with `deaf` one more stops reading."""
    crowd = [Seen() for _ in range(PAGES)]
    async with contextlib.AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(page(port)) for _ in crowd]
        if deaf:
            stalled = await stack.enter_async_context(page(port))
            stalled.transport.pause_reading()
            stack.callback(stalled.transport.abort)
        looking = [
            asyncio.create_task(look(s, seen)) for s, seen in zip(sockets, crowd, strict=True)
        ]
        await play(sockets[0], seconds, rate=20)
        await asyncio.sleep(0.5)
        for task in looking:
            task.cancel()
    sent = {head.number: head.time for head in crowd[0].heads if head.input_seq}
    return [
        arrived - sent[head.number]
        for seen in crowd
        for head, arrived in zip(seen.heads, seen.times, strict=True)
        if head.number in sent and not head.flags & binary_messages.FINAL
    ]


def measure_crowd(seconds: float) -> list[dict[str, Any]]:
    """A crowd without and with a deaf page, in turn, on one server."""
    rows = []
    with server(MODELS[2]) as (port, process):
        asyncio.run(crowd(port, 2, deaf=False))
        for deaf in (False, True, False, True):
            before = process.memory_info().rss
            ages = asyncio.run(crowd(port, seconds, deaf))
            grown = (process.memory_info().rss - before) / 2**20
            rows.append(
                {
                    "pages": PAGES,
                    "deaf": int(deaf),
                    "age p50": round(statistics.median(ages), 1),
                    "p99": round(percentile(ages, 99), 1),
                    "MB grown": round(grown, 1),
                }
            )
    return rows


def print_rows(rows: list[dict[str, Any]]) -> None:
    print(" | ".join(rows[0]))
    for row in rows:
        print(" | ".join(str(value) for value in row.values()))


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    print(f"{os.cpu_count()} cores, {INPUTS_A_SECOND} changes a second for {seconds:g} s; ms")
    rows = []
    for spec in MODELS:
        with server(spec) as (port, _):
            rows.append(report_age(spec, asyncio.run(age(port, seconds)), seconds))
    print_rows(rows)
    print()
    crowded = measure_crowd(seconds)
    print_rows(crowded)
    print(json.dumps({"age": rows, "crowd": crowded}))


if __name__ == "__main__":
    main()
