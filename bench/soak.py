"""Minutes under good and bad clients: what the bad ones cost the others, and what is leaked.

    python bench/soak.py [SECONDS]

The whole program runs in a process of its own, every door open, with a model of next to no work.
Good clients ask by HTTP, Socket.IO, OSC and the studio's socket throughout. Phases take turns:
quiet; bad, when another process sends clients that do not read, and floods; and the worker killed.
Latencies are compared between quiet and bad phases; memory and open files are watched from the
first round on.
"""

import asyncio
import contextlib
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import psutil

from soak_clients import BAD, GOOD, Log, Place
from taxiway import app
from taxiway.catalog import catalog
from taxiway.core.config import Config
from taxiway.web.listen import loop_factory

MODEL = catalog.Card(
    name="rendered",
    family="fixed:Fixed",
    title="Rendered",
    summary="A gradient for each request.",
    setup={"size": 256, "answer": "rendered"},
)
PHASES = ("quiet", "bad")
PHASE_SECONDS = 12.0
RECOVERY_SECONDS = 4.0


async def serve(pipe: Any) -> None:
    """Serve until the other side of the pipe says so."""
    config = Config(port=0, socketio_port=0, osc_port=0, osc_target=None, hub_port=0)
    async with app.serving(config, [MODEL], {}) as model_servers:
        place = model_servers.places()[0]
        await model_servers._engine.ready(place.name)
        ports = place.port, place.osc_port, place.osc_reply_port
        pipe.send(Place(os.getpid(), *ports, model_servers.token))  # type: ignore[arg-type]
        await asyncio.to_thread(pipe.recv)


def run_server(pipe: Any) -> None:
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve(pipe))


async def trouble(place: Place, pipe: Any) -> None:
    """Let the bad clients loose whenever the other side says so, until it says end."""
    bad: list[asyncio.Task[None]] = []
    while (word := await asyncio.to_thread(pipe.recv)) != "end":
        if word == "on":
            bad = [asyncio.create_task(client(place)) for client in BAD]
        else:
            await stopped(bad)
        pipe.send(word)


def run_trouble(place: Place, pipe: Any) -> None:
    # Its work is that of another machine, and must not be taken from the server's.
    psutil.Process().nice(10)
    asyncio.run(trouble(place, pipe))


@contextlib.contextmanager
def beside(target: Callable[..., None], *arguments: Any) -> Iterator[Any]:
    """A process with a pipe to it; it ends when it hears so."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(*arguments, theirs))
    process.start()
    try:
        yield ours
    finally:
        ours.send("end")
        process.join()


async def watch(place: Place, samples: list[tuple[float, int, int]]) -> None:
    """Memory in bytes and open files of the server, once a second."""
    process = psutil.Process(place.pid)
    while True:
        samples.append((time.monotonic(), process.memory_info().rss, process.num_fds()))
        await asyncio.sleep(1)


def kill_worker(place: Place) -> None:
    """Kill the youngest of the server's family, which is the model's process."""
    family = psutil.Process(place.pid).children(recursive=True)
    os.kill(max(family, key=lambda process: process.create_time()).pid, signal.SIGKILL)


async def play(
    place: Place, bad: Any, seconds: float
) -> tuple[Log, list[tuple[float, int, int]], int]:
    """Everything at once, until the time is over; also how often the worker was killed."""
    log, kills = Log(), 0
    samples: list[tuple[float, int, int]] = []
    steady = [asyncio.create_task(client(place, log)) for client in GOOD]
    steady.append(asyncio.create_task(watch(place, samples)))
    end = time.monotonic() + seconds
    await asyncio.sleep(RECOVERY_SECONDS)
    while time.monotonic() < end:
        log.phase = f"quiet {kills}"
        await asyncio.sleep(PHASE_SECONDS)
        await said(bad, "on")
        await asyncio.sleep(1)
        log.phase = f"bad {kills}"
        await asyncio.sleep(PHASE_SECONDS)
        log.phase = "killed"
        await said(bad, "off")
        kill_worker(place)
        kills += 1
        await asyncio.sleep(RECOVERY_SECONDS)
    log.phase = "over"
    await stopped(steady)
    return log, samples, kills


async def said(pipe: Any, word: str) -> None:
    """Say something to the other process, and wait until it is done."""
    pipe.send(word)
    await asyncio.to_thread(pipe.recv)


async def stopped(tasks: list[asyncio.Task[None]]) -> None:
    """End them; one that failed by itself is told."""
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if not isinstance(result, asyncio.CancelledError):
            print(f"A client ended by itself: {result!r}")


def report_latency(log: Log, rounds: int) -> None:
    """Medians over the rounds; ratios are of the same round, so that a busy machine is fair."""
    print(f"\n{'':10} {'answers':>8} {'p50 ms':>8} {'p99 ms':>8}  with bad ones: p50, p99, ratios")
    for protocol in sorted({protocol for _, protocol in log.took}):
        took = [[log.took[f"{kind} {n}", protocol] for kind in PHASES] for n in range(rounds)]
        # Rounds x phases x percentiles.
        figures = np.array([[np.percentile(each, [50, 99]) for each in pair] for pair in took])
        answers = sum(len(each) for pair in took for each in pair)
        (p50, p99), (bad50, bad99) = np.median(figures, axis=0)
        slower = np.median(figures[:, 1] / figures[:, 0], axis=0)
        print(
            f"{protocol:10} {answers:8} {p50:8.1f} {p99:8.1f}  {bad50:13.1f} {bad99:8.1f}", end=""
        )
        print(f" {slower[0]:6.2f} {slower[1]:6.2f}")


def report_leaks(samples: list[tuple[float, int, int]]) -> None:
    """The slope over the second half, when everything was met at least once."""
    half = samples[len(samples) // 2 :]
    minutes = np.array([(at - half[0][0]) / 60 for at, _, _ in half])
    megabytes = np.array([memory / 2**20 for _, memory, _ in half])
    slope = np.polyfit(minutes, megabytes, 1)[0]
    most = max(memory for _, memory, _ in samples) / 2**20
    files = [count for _, _, count in samples]
    print(f"\nmemory {megabytes[0]:.0f} MB at half time, {megabytes[-1]:.0f} at the end,", end="")
    print(f" {most:.0f} at most; slope {slope:+.2f} MB a minute")
    print(f"files open: {files[3]} at first, {files[-1]} at the end, {max(files)} at most")


def main(seconds: float = 180.0) -> None:
    with beside(run_server) as pipe:
        place = pipe.recv()
        with beside(run_trouble, place) as bad:
            log, samples, kills = asyncio.run(play(place, bad, seconds))
    print(f"{seconds:g} s, {os.cpu_count()} cores, worker killed {kills} times")
    report_latency(log, kills)
    report_leaks(samples)
    print(f"\nerrors: {json.dumps(dict(log.errors), indent=1)}")


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))
