"""Minutes that stand for years: a class asks while workers and the server are killed at random.

TAXIWAY_SOAK_SECONDS makes it hours; with TAXIWAY_SOAK_PACE=20 everything happens a twentieth as
often. Whether the server grows slower is judged beside one that never changes, asked by the same
pupils in the same seconds: a busy machine slows both.
"""

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import statistics
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil
import pytest

from hosting.process import Hosting, hosting
from hosting.steady_server import steady_server
from taxiway.hosting.store import FILE, Store

SECONDS = float(os.environ.get("TAXIWAY_SOAK_SECONDS", 240))
PACE = float(os.environ.get("TAXIWAY_SOAK_PACE", 1))
PUPILS = 6
MOST_MB_MORE, MOST_FILES_MORE, MOST_THREADS_MORE = 15, 6, 2
MOST_SLOWER, MOST_DEARER = 1.5, 1.3
"""How much longer an answer may take in the end than at first, beside the server that never
changes, and how much more of a processor's time."""


class Answered(NamedTuple):
    """A question: when it was asked, and seconds that it took here and beside."""

    at: float
    took: float
    beside: float


class Look(NamedTuple):
    """What a server takes: MB, files, threads, seconds of a processor; and answers until then."""

    memory: float
    files: int
    threads: int
    cpu: float
    answers: int


class School:
    """A server that is started again whenever it ends, as a service is, and what was seen of it."""

    def __init__(self, host: Hosting, token: str, beside: str) -> None:
        self.host, self.token, self.beside = host, token, beside
        self.answered = self.sent = self.refused = 0
        self.kills: list[str] = []
        self.back: list[float] = []
        self.looks: list[Look] = []
        """At the server's last life, each second."""
        self.questions: list[Answered] = []

    async def pupil(self, number: int, until: float) -> None:
        """Ask, and after whatever went wrong ask again, as a sketch does."""
        headers, seed = {"authorization": f"Bearer {self.token}"}, number
        async with httpx.AsyncClient(timeout=60, headers=headers) as http:
            while time.monotonic() < until:
                seed += PUPILS
                try:
                    await self._ask(http, seed)
                except httpx.TransportError as error:
                    self.sent -= isinstance(error, httpx.ConnectError)
                    await asyncio.sleep(1)
                await asyncio.sleep(0.05 * PACE)

    async def _ask(self, http: httpx.AsyncClient, seed: int) -> None:
        """Here, and then beside."""
        body, began = {"seed": seed, "size": 32}, time.monotonic()
        self.sent += 1
        answer = await http.post(f"{self.host.url}/art/v1/query", json=body)
        took = time.monotonic() - began
        self.answered += answer.status_code == 200
        self.refused += answer.status_code != 200
        assert answer.status_code in (200, 429, 502), answer.text
        if answer.status_code == 200:
            between = time.monotonic()
            await http.post(self.beside, json=body)
            self.questions.append(Answered(began, took, time.monotonic() - between))

    async def trouble(self, until: float, chance: random.Random) -> None:
        """Kill a model's process or the server, or stop the clock of all for a moment.

        The server lives through the second half, so that it is seen whether it grows.
        """
        half = time.monotonic() + (until - time.monotonic()) / 2
        while time.monotonic() < until:
            await asyncio.sleep(chance.uniform(2, 6) * PACE)
            deadly = ["server"] * 2 if time.monotonic() < half else []
            kind = chance.choice(["worker"] * 5 + ["asleep"] * 2 + deadly)
            self.kills.append(kind)
            assert self.host.process is not None
            server = psutil.Process(self.host.process.pid)
            family = server.children(recursive=True)
            if kind == "worker":
                with contextlib.suppress(psutil.NoSuchProcess):
                    chance.choice(family).kill() if family else None
            elif kind == "asleep":
                for each in (signal.SIGSTOP, signal.SIGCONT):
                    for process in [server, *family]:
                        with contextlib.suppress(psutil.NoSuchProcess):
                            process.send_signal(each)
                    await asyncio.sleep(1)
            else:
                await self._power_cut(server, family)

    async def _power_cut(self, server: psutil.Process, family: list[psutil.Process]) -> None:
        port = int(self.host.url.rpartition(":")[2])
        self.host.kill()
        _, alive = await asyncio.to_thread(psutil.wait_procs, family, 10)
        assert not alive, "processes outlived their server"
        began = time.monotonic()
        await asyncio.to_thread(self.host.serve, port=port)
        self.back.append(time.monotonic() - began)

    async def watch(self, until: float) -> None:
        """What the server takes, as long as it lives."""
        life = 0
        while time.monotonic() < until:
            await asyncio.sleep(1)
            with contextlib.suppress(psutil.NoSuchProcess, AttributeError):
                server = psutil.Process(self.host.process.pid)  # type: ignore[union-attr]
                if server.pid != life:
                    life, self.looks = server.pid, []
                with server.oneshot():
                    memory, cpu = server.memory_info().rss / 1e6, sum(server.cpu_times()[:2])
                    taken = memory, server.num_fds(), server.num_threads(), cpu
                self.looks.append(Look(*taken, self.answered))

    def _quarters(self) -> tuple[list[Look], list[Look]]:
        """The second of the last life, and the last."""
        quarter = len(self.looks) // 4
        return self.looks[quarter : 2 * quarter], self.looks[-quarter:]

    def growth(self) -> tuple[float, ...]:
        """MB, files and threads: the medians of the last quarter, over those of the second."""
        before, after = ([statistics.median(column) for column in list(zip(*part, strict=True))[:3]]
                         for part in self._quarters())  # fmt: skip
        return tuple(round(now - then, 1) for then, now in zip(before, after, strict=True))

    def cpu_ms(self) -> tuple[float, float]:
        """Milliseconds of a processor that an answer took the server, in both quarters."""
        first, last = (
            1000 * (part[-1].cpu - part[0].cpu) / (part[-1].answers - part[0].answers)
            for part in self._quarters()
        )
        return first, last

    def slowness(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The median seconds of an answer here and beside, in the first third and in the last."""
        third = len(self.questions) // 3
        parts = self.questions[:third], self.questions[-third:]
        first, last = (
            (statistics.median(each.took for each in part),
             statistics.median(each.beside for each in part))
            for part in parts
        )  # fmt: skip
        return first, last


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 300)
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
async def test_nothing_acknowledged_is_lost_and_nothing_grows(tmp_path: Path) -> None:
    chance = random.Random(7)
    with hosting(tmp_path) as host, steady_server() as beside:
        token = host.token("create", "art", "--model", "painter", "--budget-requests", 10**6)
        host.serve()
        school, until = School(host, token, beside), time.monotonic() + SECONDS
        async with asyncio.TaskGroup() as tasks:
            for number in range(PUPILS):
                tasks.create_task(school.pupil(number, until))
            tasks.create_task(school.trouble(until, chance))
            tasks.create_task(school.watch(until))
        host.stop()
    (early, early_beside), (late, late_beside) = school.slowness()
    slower = (late / late_beside) / (early / early_beside)
    cpu_early, cpu_late = school.cpu_ms()
    print(
        f"{school.answered} answered, {school.refused} refused, of {school.sent}; "
        f"killed: {school.kills}; back after {[round(each, 1) for each in school.back]} s; "
        f"grew by (MB, files, threads) {school.growth()}; median {early:.3f} s, then {late:.3f} s; "
        f"beside {early_beside:.3f} s, then {late_beside:.3f} s: slower by {slower:.2f}; "
        f"CPU of an answer {cpu_early:.2f} ms, then {cpu_late:.2f} ms"
    )
    with Store(tmp_path) as store:
        (counted,) = store.tokens()
    assert school.answered <= counted.requests - counted.refused <= school.sent
    assert school.answered > 0.5 * school.sent
    with closing(sqlite3.connect(tmp_path / FILE)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    memory, files, threads = school.growth()
    assert memory < MOST_MB_MORE
    assert files <= MOST_FILES_MORE
    assert threads <= MOST_THREADS_MORE
    assert slower < MOST_SLOWER
    assert cpu_late < MOST_DEARER * cpu_early
