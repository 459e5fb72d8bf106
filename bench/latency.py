"""How long it takes from a control to the frame that shows it, by each way in, beyond the model.

    python bench/latency.py [CHANGES]

A page of the studio, an OSC program and a MIDI knob (the server's source, with a stand-in for
rtmidi2) take turns, one change at a time, so that all see the same machine; a model that takes
exactly so long draws 128 and 512 px. What is measured ends when the page's socket has the frame: in
a browser drawing comes on top. The model's time is told beside it, as the server measures it from
asking its process to the picture's being back.
"""

import asyncio
import contextlib
import multiprocessing
import os
import random
import socket
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
from pythonosc.osc_message_builder import OscMessageBuilder
from websockets.asyncio.client import ClientConnection

from delayed import Delayed
from live import TOKEN, now, page, percentile
from taxiway.core.command import Values
from taxiway.core.config import Config
from taxiway.core.frame import Mark
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine
from taxiway.live.inputs import Inputs
from taxiway.live.mapping.bindings import Binding
from taxiway.live.session import LiveSession
from taxiway.servers.osc.server import OscServer
from taxiway.servers.studio import binary_messages
from taxiway.servers.studio import routes as frames
from taxiway.sources import midi
from taxiway.web.application import application
from taxiway.web.listen import Listener, loop_factory
from taxiway.web.powers import Tokens

MODEL_MS = 8.0
SIZES = (128, 512)
PAUSE_SECONDS = 0.03, 0.12
"""Between a frame and the next change: less than after which a picture counts as at rest."""
WAYS = ("studio", "OSC", "MIDI")


class Exact(Delayed):
    """Takes `milliseconds` and not longer, as far as the system lets it."""

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        until = time.perf_counter() + self.seconds
        answers = [{"image": self._draw(call["z"])} for call in batch]
        while time.perf_counter() < until:
            time.sleep(0.0002)
        return answers


class Knob:
    """A stand-in for rtmidi2's MidiIn: one device, whose messages come as datagrams."""

    ears: socket.socket

    def __init__(self, name: str) -> None:
        self.ports = ["Knob"]

    def ignore_types(self, **which: bool) -> None: ...

    def open_port(self, number: int) -> None: ...

    def close_port(self) -> None: ...

    def get_message(self) -> list[int] | None:
        with contextlib.suppress(BlockingIOError):
            return list(self.ears.recv(3))
        return None


def knob() -> int:
    """Plug it in; the port at which it hears."""
    Knob.ears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    Knob.ears.bind(("127.0.0.1", 0))
    Knob.ears.setblocking(False)
    sys.modules["rtmidi2"] = SimpleNamespace(MidiIn=Knob)  # type: ignore[assignment]
    midi.need = lambda *names: None  # type: ignore[assignment]
    midi.Midi.probe = classmethod(lambda kind: None)  # type: ignore[assignment, method-assign]
    return int(Knob.ears.getsockname()[1])


async def serve(size: int, pipe: Any) -> None:
    spec = ModelSpec(
        name="exact",
        family="latency:Exact",
        options={"milliseconds": MODEL_MS, "size": size},
    )
    async with Engine() as engine:
        session, config = LiveSession(engine, spec), Config(port=0, osc_port=0, osc_target=None)
        app = application(frames.routes(session, Tokens("", TOKEN)), config)
        async with Listener(app, config) as listener, OscServer(engine, session, config) as osc:
            live = asyncio.create_task(session.run())
            await session.start()
            await engine.ready(spec.name)
            session.mapping.change([Binding(signal="midi:1:cc:7", to="/z/2", gives=(-2, 2))])
            port = knob()
            inputs = Inputs(session)
            await inputs.start("midi", {"device": ""})
            pipe.send((listener.port, osc.port, port))
            await asyncio.to_thread(pipe.recv)
            await inputs.close()
            live.cancel()
            await asyncio.wait([live])


def run_server(size: int, pipe: Any) -> None:
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve(size, pipe))


@contextlib.contextmanager
def server(size: int) -> Iterator[tuple[int, int, int]]:
    """A server process; the ports of its studio, its OSC and its knob."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run_server, args=(size, theirs))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("end")
        process.join()


async def next_frame(page: ClientConnection) -> tuple[float, float]:
    """When the next frame of a change came, ms, and how long its model took."""
    while True:
        message = await page.recv()
        if not isinstance(message, bytes) or message[2] != binary_messages.FRAME:
            continue
        at = now()
        head, _ = binary_messages.unpack(message)
        await page.send(binary_messages.write_acknowledgement(head.number))
        if not head.flags & binary_messages.FINAL:
            return at, head.render_ms


async def settle(page: ClientConnection, seconds: float) -> None:
    """Take what comes for so long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                await next_frame(page)


async def measure(size: int, changes: int) -> list[dict[str, Any]]:
    ages: dict[str, list[float]] = {way: [] for way in WAYS}
    took: list[float] = []
    z, out = np.zeros(512, np.float32), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with server(size) as (studio_port, osc_port, knob_port):
        async with page(studio_port) as one:
            for change in range(1, 3 * (changes + 10)):
                await settle(one, random.uniform(*PAUSE_SECONDS))
                way = WAYS[change % 3]
                begun = now()
                if way == "studio":
                    z[0] = np.sin(change)
                    await one.send(binary_messages.write_set(Mark(change, begun), "z", z))
                elif way == "OSC":
                    message = OscMessageBuilder("/z/1")
                    message.add_arg(float(np.sin(change)))
                    out.sendto(message.build().dgram, ("127.0.0.1", osc_port))
                else:
                    out.sendto(bytes([0xB0, 7, change % 128]), ("127.0.0.1", knob_port))
                at, model_ms = await next_frame(one)
                if change > 30:
                    ages[way].append(at - begun)
                    took.append(model_ms)
    return [row(size, way, ages[way], took) for way in WAYS]


def row(size: int, way: str, ages: list[float], took: list[float]) -> dict[str, Any]:
    return {
        "px": size,
        "way": way,
        "changes": len(ages),
        "beyond the model p50": round(percentile(ages, 50) - MODEL_MS, 1),
        "p99": round(percentile(ages, 99) - MODEL_MS, 1),
        "asking the model p50": round(percentile(took, 50) - MODEL_MS, 1),
        "its p99": round(percentile(took, 99) - MODEL_MS, 1),
    }


def main() -> None:
    changes = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f}; {MODEL_MS:g} ms in the model; ms")
    rows = [each for size in SIZES for each in asyncio.run(measure(size, changes))]
    print(" | ".join(rows[0]))
    for each in rows:
        print(" | ".join(str(value) for value in each.values()))


if __name__ == "__main__":
    main()
