"""Minutes that stand for years: a class asks while workers and the server are killed at random.

TAXIWAY_SOAK_SECONDS makes it hours; with TAXIWAY_SOAK_PACE=20 everything happens a twentieth as
often.
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

import httpx
import psutil
import pytest

from hosting.process import Hosting, hosting
from taxiway.hosting.store import FILE, Store

SECONDS = float(os.environ.get("TAXIWAY_SOAK_SECONDS", 240))
PACE = float(os.environ.get("TAXIWAY_SOAK_PACE", 1))
PUPILS = 6
MOST_MB_MORE, MOST_FILES_MORE, MOST_THREADS_MORE = 15, 6, 2


class School:
    """A server that is started again whenever it ends, as a service is, and what was seen of it."""

    def __init__(self, host: Hosting, token: str) -> None:
        self.host, self.token = host, token
        self.answered = self.sent = self.refused = 0
        self.kills: list[str] = []
        self.back: list[float] = []
        self.took: list[tuple[float, int, int]] = []
        """What the server's last life took, in MB, files and threads, each second."""
        self.slowness: list[tuple[float, float]] = []

    async def pupil(self, number: int, until: float) -> None:
        """Ask, and after whatever went wrong ask again, as a sketch does."""
        headers, seed = {"authorization": f"Bearer {self.token}"}, number
        while time.monotonic() < until:
            seed += PUPILS
            body = {"seed": seed, "size": 32}
            began = time.monotonic()
            try:
                async with httpx.AsyncClient(timeout=60) as http:
                    url = f"{self.host.url}/art/v1/query"
                    self.sent += 1
                    answer = await http.post(url, json=body, headers=headers)
                self.answered += answer.status_code == 200
                self.refused += answer.status_code != 200
                assert answer.status_code in (200, 429, 502), answer.text
                self.slowness.append((began, time.monotonic() - began))
            except httpx.TransportError as error:
                self.sent -= isinstance(error, httpx.ConnectError)
                await asyncio.sleep(1)
            await asyncio.sleep(0.05 * PACE)

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
                    life, self.took = server.pid, []
                memory = server.memory_info().rss / 1e6
                self.took.append((memory, server.num_fds(), server.num_threads()))

    def growth(self) -> tuple[float, ...]:
        """The medians of the last quarter of the last life, over those of the second."""
        quarter = len(self.took) // 4
        parts = self.took[quarter : 2 * quarter], self.took[-quarter:]
        before, after = ([statistics.median(column) for column in zip(*part, strict=True)]
                         for part in parts)  # fmt: skip
        return tuple(round(now - then, 1) for then, now in zip(before, after, strict=True))


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 300)
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
async def test_nothing_acknowledged_is_lost_and_nothing_grows(tmp_path: Path) -> None:
    chance = random.Random(7)
    with hosting(tmp_path) as host:
        token = host.token("create", "art", "--model", "painter", "--budget-requests", 10**6)
        host.serve()
        school, until = School(host, token), time.monotonic() + SECONDS
        async with asyncio.TaskGroup() as tasks:
            for number in range(PUPILS):
                tasks.create_task(school.pupil(number, until))
            tasks.create_task(school.trouble(until, chance))
            tasks.create_task(school.watch(until))
        host.stop()
    third = SECONDS / 3
    begin = until - SECONDS
    early = statistics.median(took for at, took in school.slowness if at < begin + third)
    late = statistics.median(took for at, took in school.slowness if at > until - third)
    print(
        f"{school.answered} answered, {school.refused} refused, of {school.sent}; "
        f"killed: {school.kills}; back after {[round(each, 1) for each in school.back]} s; "
        f"grew by (MB, files, threads) {school.growth()}; median {early:.3f} s, then {late:.3f} s"
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
    assert late < 3 * early + 0.1
