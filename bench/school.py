"""A school on three servers that share a store: python bench/school.py [--postgres] [--repeat 3]

Classes of thirty pupils, a model and thirty tokens each, ask as people do: a question, a look
at the picture, the next. Then one of each class lets a loop ask, on many connections at once; then
everybody has one; then a server is killed with -9 and another takes its port. Told are times
beside those of the calm minutes of the same run, shares, and whether the counts are exact.
With --postgres each run in SQLite is followed by one in a PostgreSQL as Debian has it.
"""

import argparse
import asyncio
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles

from taxiway.hosting.records import Hosted, Limits, Rate
from taxiway.hosting.store import Store
from taxiway.hosting.tokens import digest

PUPILS, SERVERS = 30, 3
LOOP = 24
"""Connections of somebody's loop."""
BODY = b'{"seed": %d, "size": 32}'


class Pupil:
    """Asks one of the servers, on a connection that is kept, and another one where that ends."""

    def __init__(self, school: "School", number: int) -> None:
        self.school = school
        self.model = f"class-{number // PUPILS}"
        self.token = f"tw_{number}"
        self.taken: list[float] = []
        self.in_time = 0
        """Answers until the bell; what a loop has in line then is answered while nobody asks."""
        self.statuses: Counter[int] = Counter()

    async def asks(self, until: float, think: float) -> None:
        """Questions until then, with a look of `think` seconds on average between them."""
        reader = writer = None
        while time.perf_counter() < until:
            if think:
                await asyncio.sleep(random.expovariate(1 / think))
            start = time.perf_counter()
            try:
                if writer is None:
                    port = random.choice(self.school.ports)
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                status = await self._asked(reader, writer)
            except (OSError, EOFError):
                writer, status = None, 0
                await asyncio.sleep(0.2)
            self.statuses[status] += 1
            if status == 200:
                self.taken.append(time.perf_counter() - start)
                self.in_time += time.perf_counter() < until
            elif status == 401:
                return  # the budget is used up
        if writer is not None:
            writer.close()

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        body = BODY % random.randrange(10**6)
        writer.write(
            f"POST /{self.model}/v1/query HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {self.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        await reader.readexactly(length)
        return int(head.split(b" ", 2)[1])


class School:
    """The servers and their store."""

    def __init__(self, folder: Path, store: str | None, classes: int) -> None:
        self.folder = folder
        self.classes = classes
        self.address = store
        self.servers: list[subprocess.Popen[str]] = []
        self.ports: list[int] = []

    def open(self) -> Store:
        return Store(self.folder, durable=False, address=self.address)

    def enrol(self, budget: int) -> None:
        """Models and tokens; all have a budget."""
        limits = Limits(budget=budget, rate=Rate(10**5, 1))
        with self.open() as store:
            for number in range(self.classes):
                name = f"class-{number}"
                first = number * PUPILS
                hosted = Hosted(name=name, model="painter", created=time.time())
                store.create(hosted, "", digest(f"tw_{first}"), limits)
                rest = [(str(n), digest(f"tw_{n}")) for n in range(first + 1, first + PUPILS)]
                store.add_tokens(name, rest, limits, time.time())

    def serve(self, port: int = 0) -> None:
        """One more server."""
        port = port or free_port()
        command = [
            sys.executable, "-m", "taxiway", "host", "serve", "--awake", str(self.classes),
            "--port", str(port), "--reached-at", f"http://127.0.0.1:{port}",
            "--data", str(self.folder), *(["--store", self.address] if self.address else []),
        ]  # fmt: skip
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        while "Hosting at" not in (line := server.stdout.readline()):
            assert line, "the server ended"
        os.set_blocking(server.stdout.fileno(), False)
        self.servers.append(server)
        self.ports.append(port)

    def replace(self) -> None:
        """Kill a server, and start one at its port."""
        self.servers.pop(0).kill()
        self.serve(self.ports.pop(0))


def free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def times(pupils: list[Pupil]) -> tuple[float, float]:
    """Median and p99 of how long answers took, in milliseconds."""
    taken = [seconds * 1000 for pupil in pupils for seconds in pupil.taken]
    return median(taken), quantiles(taken, n=100)[98]


async def lesson(
    school: School, seconds: float, think: float, loops: dict[int, int], all_loop: bool = False
) -> list[Pupil]:
    """Everybody asks for so long; `loops` says who does so on how many connections at once."""
    pupils = [Pupil(school, number) for number in range(school.classes * PUPILS)]
    until = time.perf_counter() + seconds
    asking = [
        pupil.asks(until, 0 if number in loops or all_loop else think)
        for number, pupil in enumerate(pupils)
        for _ in range(loops.get(number, 1))
    ]
    await asyncio.gather(*asking)
    return pupils


def shares(pupils: list[Pupil], loops: dict[int, int]) -> tuple[float, float]:
    """Of a class where everybody asks all the time, the answers of who had the fewest beside those
    of who had the most, without loops; and those of its loop beside the median: both in the median
    of classes.
    """
    classes: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    for number, pupil in enumerate(pupils):
        classes[pupil.model].append((pupil.in_time, number in loops))
    even, greedy = [], []
    for answers in classes.values():
        others = [count for count, loops_too in answers if not loops_too]
        even.append(min(others) / max(others))
        greedy += [count / median(others) for count, loops_too in answers if loops_too]
    return median(even), median(greedy)


def exact(school: School, lessons: list[list[Pupil]], budget: int) -> int:
    """Hold what was counted against what was answered; how many answers a kill or a client that
    left took with it.
    """
    answered: Counter[bytes] = Counter()
    for pupils in lessons:
        for pupil in pupils:
            answered[digest(pupil.token)] += pupil.statuses[200]
    with school.open() as store:
        tokens = [token for token in store.tokens() if token.hash is not None]
    assert all(answered[token.hash or b""] <= budget for token in tokens)
    counted = sum(token.requests - token.errors for token in tokens)
    assert counted >= sum(answered.values())
    return counted - sum(answered.values())


async def term(school: School, seconds: float, think: float, budget: int) -> dict[str, float]:
    """Everything on three new servers; what was measured."""
    school.enrol(budget)
    for _ in range(SERVERS):
        school.serve()
    try:
        await asyncio.sleep(3)
        return await lessons(school, seconds, think, budget)
    finally:
        for server in school.servers:
            server.kill()
            server.wait()


async def lessons(school: School, seconds: float, think: float, budget: int) -> dict[str, float]:
    loops = {number * PUPILS: LOOP for number in range(school.classes)}
    woken = await lesson(school, 5, think, {})
    calm = await lesson(school, seconds, think, {})
    loud = await lesson(school, seconds, think, loops)
    busy = await lesson(school, seconds, think, loops, all_loop=True)
    asking = asyncio.create_task(lesson(school, seconds, think, {}))
    await asyncio.sleep(seconds / 3)
    await asyncio.to_thread(school.replace)
    killed = await asking
    await asyncio.sleep(8)
    usual, late = times(calm)
    others, last = times([pupil for number, pupil in enumerate(loud) if number not in loops])
    even, greedy = shares(busy, loops)
    lost = sum(count for pupil in killed for status, count in pupil.statuses.items()
               if status not in (200, 401))  # fmt: skip
    return {
        "calm p50 ms": usual,
        "calm p99 ms": late,
        "others beside loops, p50 of calm": others / usual,
        "others beside loops, p99 of calm": last / late,
        "all in loops, answers a second": sum(pupil.in_time for pupil in busy) / seconds,
        "all in loops, fewest of most": even,
        f"all in loops, {LOOP} connections of one": greedy,
        "a server killed, p99 of calm": times(killed)[1] / late,
        "a server killed, errors": lost,
        "counted, not answered": exact(school, [woken, calm, loud, busy, killed], budget),
    }


@contextlib.contextmanager
def stores(with_postgres: bool) -> Iterator[dict[str, Callable[[], str | None]]]:
    """By name, what gives the address of a new one."""
    if not with_postgres:
        yield {"SQLite": lambda: None}
        return
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    import postgres_server

    postgres_server.FOR_TESTS = ""  # it flushes what it commits
    with postgres_server.running() as server:
        yield {"SQLite": lambda: None, "PostgreSQL": server.address}


def main(given: argparse.Namespace) -> None:
    rows: dict[str, list[dict[str, float]]] = defaultdict(list)
    with stores(given.postgres) as known:
        for _ in range(given.repeat):
            for name, address in known.items():
                with tempfile.TemporaryDirectory() as made:
                    school = School(Path(made), address(), given.classes)
                    measured = term(school, given.seconds, given.think, given.budget)
                    rows[name].append(asyncio.run(measured))
                print(name, {what: round(it, 2) for what, it in rows[name][-1].items()}, flush=True)
    for name, of_it in rows.items():
        print(f"{name}, median of {given.repeat}; no budget overdrawn:")
        for what in of_it[0]:
            print(f"  {median(row[what] for row in of_it):8.2f} {what}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", action="store_true", help="beside SQLite, in PostgreSQL too")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each part")
    parser.add_argument("--think", type=float, default=6.0, help="seconds between questions")
    parser.add_argument("--budget", type=int, default=400)
    parser.add_argument("--classes", type=int, default=10)
    main(parser.parse_args())
