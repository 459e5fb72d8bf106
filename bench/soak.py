"""Minutes under good and bad clients: what the bad ones cost the others, and what is leaked.

    python bench/soak.py [SECONDS [REPORT.json]]

The whole program runs in a process of its own, every door open, with a model of next to no work and
a sink that stalls for two seconds at every frame. Good clients ask by HTTP, Socket.IO, OSC and the
studio's socket throughout, and a page moves faders sixty times a second and draws every frame.
Phases take turns: quiet; bad, when another process sends clients that do not read, and floods;
busy, when it only takes as much of the processor as they did; and the worker killed. What bad
clients cost is compared with the busy phase, since on two cores their own work, which in earnest is
done elsewhere, takes one of them. Memory and open files are watched from the first round on.
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
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from soak_clients import BAD, GOOD, Log, Place
from taxiway import app
from taxiway.catalog import catalog
from taxiway.core.config import Config
from taxiway.core.frame import Frame
from taxiway.core.sink import Sink
from taxiway.web.listen import loop_factory, settle

MODEL = catalog.Card(
    name="rendered",
    family="fixed:Fixed",
    title="Rendered",
    summary="A gradient for each request.",
    setup={"size": 256, "answer": "rendered"},
)
PHASES = ("quiet", "bad", "busy")
PHASE_SECONDS = 10.0
RECOVERY_SECONDS = 4.0
PIECE = 0.02
"""Seconds in which the busy phase works and rests once."""


class Stalling(Sink):
    """Takes two seconds for a frame."""

    title = "Stalling"

    def send(self, frame: Frame) -> None:
        time.sleep(2)


async def serve(pipe: Any) -> None:
    """Serve until the other side of the pipe says so."""
    config = Config(port=0, socketio_port=0, osc_port=0, osc_target=None, hub_port=0)
    async with app.serving(config, [MODEL], {}) as model_servers:
        place = model_servers.running()[0]
        await model_servers._engine.ready(place.name)
        settle()
        [server] = model_servers._servers.values()
        server.outputs.members.add("stalling", Stalling)
        await server.outputs.start("stalling", {})
        ports = place.port, place.osc_port, place.osc_reply_port
        pipe.send(Place(os.getpid(), *ports, model_servers.tokens.own))  # type: ignore[arg-type]
        await asyncio.to_thread(pipe.recv)


def run_server(pipe: Any) -> None:
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve(pipe))


async def trouble(place: Place, pipe: Any) -> None:
    """Let the bad clients loose whenever the other side says so, or work as much, until the end."""
    running: list[asyncio.Task[None]] = []
    share, began = 0.5, (0.0, 0.0)
    word = ""
    while (next_word := await asyncio.to_thread(pipe.recv)) != "end":
        await stopped(running)
        if word == "bad":
            share = (time.process_time() - began[0]) / (time.monotonic() - began[1])
        word, began = next_word, (time.process_time(), time.monotonic())
        works = [client(place) for client in BAD] if word == "bad" else []
        works += [burn(share)] if word == "busy" else []
        running = [asyncio.create_task(work) for work in works]
        pipe.send((word, share))


async def burn(share: float) -> None:
    """Take a part of one core, in small pieces as the bad clients do."""
    while True:
        until = time.process_time() + PIECE * share
        while time.process_time() < until:
            pass
        await asyncio.sleep(PIECE * (1 - share))


def run_trouble(place: Place, pipe: Any) -> None:
    asyncio.run(trouble(place, pipe))


@contextlib.contextmanager
def beside(target: Callable[..., None], *arguments: Any) -> Iterator[Any]:
    """A process with a pipe to it; it ends when it hears so."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(*arguments, theirs))
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        with contextlib.suppress(OSError):  # it may have failed
            ours.send("end")
        process.join()


async def watch(place: Place, samples: list[tuple[float, int, int]]) -> None:
    """Memory in bytes and open files of the server, once a second."""
    process = psutil.Process(place.pid)
    while True:
        samples.append((time.monotonic(), process.memory_info().rss, process.num_fds()))
        await asyncio.sleep(1)


def used(process: psutil.Process) -> float:
    """Seconds of a processor that a process took, the kernel's for it too."""
    times = process.cpu_times()
    return float(times.user + times.system)


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
    server = psutil.Process(place.pid)
    while time.monotonic() < end:
        for phase in PHASES:
            await said(bad, phase)
            await asyncio.sleep(1)
            log.phase = f"{phase} {kills}"
            before, took = used(server), time.monotonic()
            await asyncio.sleep(PHASE_SECONDS)
            log.shares[phase].append((used(server) - before) / (time.monotonic() - took))
            log.phase = ""
        log.phase = "killed"
        await said(bad, "none")
        kill_worker(place)
        kills += 1
        await asyncio.sleep(RECOVERY_SECONDS)
    log.phase = "over"
    await stopped(steady)
    return log, samples, kills


async def said(pipe: Any, word: str) -> float:
    """Say something to the other process, and wait until it is done; the bad clients' share."""
    pipe.send(word)
    return float((await asyncio.to_thread(pipe.recv))[1])


async def stopped(tasks: list[asyncio.Task[None]]) -> None:
    """End them; one that failed by itself is told."""
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if not isinstance(result, asyncio.CancelledError):
            print(f"A client ended by itself: {result!r}")


def latencies(log: Log, rounds: int) -> dict[str, dict[str, float]]:
    """Medians over the rounds; ratios are of the same round, so that a busy machine is fair."""
    found = {}
    for protocol in sorted({protocol for _, protocol in log.took}):
        took = [[log.took[f"{kind} {n}", protocol] for kind in PHASES] for n in range(rounds)]
        took = [pair for pair in took if all(pair)]
        # Rounds x phases x percentiles.
        figures = np.array([[np.percentile(each, [50, 99]) for each in pair] for pair in took])
        slower = np.median(figures[:, 1] / figures[:, 2], axis=0)
        found[protocol] = {
            "answers": sum(len(each) for pair in took for each in pair),
            **{
                phase: dict(zip(("p50", "p99"), each, strict=True))
                for phase, each in zip(PHASES, np.median(figures, axis=0), strict=True)
            },
            "ratio_p50": slower[0],
            "ratio_p99": slower[1],
        }
    return found


def frames(log: Log) -> dict[str, float]:
    """How old the player's frames were, in periods and in frames drawn meanwhile, in all phases.

    What is late by the clock may be the machine's doing, what waits behind other frames is ours.
    """
    took = {phase: each for (phase, kind), each in log.took.items() if kind == "frames"}
    steady = [phase for phase in took if phase.startswith(PHASES)]
    periods = {phase: float(np.median(log.gaps[phase])) for phase in steady}
    ages = np.concatenate([np.array(took[phase]) / periods[phase] for phase in steady])
    gaps = np.concatenate([log.gaps[phase] for phase in steady])
    waited = np.concatenate([log.waited[phase] for phase in steady])
    return {
        "shown": len(ages),
        "period_ms": float(np.median(list(periods.values()))),
        "age_p50_ms": float(np.median(np.concatenate([took[phase] for phase in steady]))),
        "older_than_two_periods": float((ages > 2).mean()),
        "waited_p50": float(np.median(waited)),
        "waited_p99": float(np.percentile(waited, 99)),
        "waited_most": int(waited.max()),
        "phases": len(steady),
        "longest_without_ms": float(gaps.max()),
        "longest_after_a_kill_ms": max(log.gaps["killed"], default=0.0),
    }


def leaks(samples: list[tuple[float, int, int]]) -> dict[str, float]:
    """The slope over the second half, when everything was met at least once."""
    half = samples[len(samples) // 2 :]
    minutes = np.array([(at - half[0][0]) / 60 for at, _, _ in half])
    megabytes = np.array([memory / 2**20 for _, memory, _ in half])
    files = [count for _, _, count in samples]
    return {
        "mb_half": megabytes[0], "mb_end": megabytes[-1],
        "mb_most": max(memory for _, memory, _ in samples) / 2**20,
        "mb_a_minute": float(np.polyfit(minutes, megabytes, 1)[0]),
        "files_first": files[3], "files_end": files[-1], "files_most": max(files),
    }  # fmt: skip


def main(seconds: float = 180.0, report: str = "") -> None:
    with beside(run_server) as pipe:
        place = pipe.recv()
        with beside(run_trouble, place) as bad:
            log, samples, kills = asyncio.run(play(place, bad, seconds))
    found = {
        "seconds": seconds, "kills": kills, "latencies": latencies(log, kills),
        "frames": frames(log), "leaks": leaks(samples), "errors": dict(log.errors),
        "server_share": {phase: float(np.median(each)) for phase, each in log.shares.items()},
    }  # fmt: skip
    show(found)
    if report:
        Path(report).write_text(json.dumps(found, indent=1))


def show(found: dict[str, Any]) -> None:
    """The report for people."""
    kills, cores = found["kills"], os.cpu_count()
    print(f"{found['seconds']:g} s, {cores} cores, worker killed {kills} times")
    print(f"\n{'':10} {'answers':>8}" + "".join(f"{p:>17}" for p in PHASES) + "      bad / busy")
    print(f"{'':19}" + f"{'p50':>9}{'p99':>8}" * 4)
    for protocol, each in found["latencies"].items():
        columns = [each[phase][part] for phase in PHASES for part in ("p50", "p99")]
        columns += [each["ratio_p50"], each["ratio_p99"]]
        cells = "".join(f"{n:{9 - i % 2}.2f}" for i, n in enumerate(columns))
        print(f"{protocol:10} {each['answers']:8}{cells}")
    for kind in ("frames", "leaks", "server_share"):
        print(f"\n{kind}: ", ", ".join(f"{name} {n:.4g}" for name, n in found[kind].items()))
    print(f"\nerrors: {json.dumps(found['errors'], indent=1)}")


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]), *sys.argv[2:3])
