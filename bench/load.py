"""Requests per second, latency and CPU of `/query` beside Flask and LitServe, in one run.

    python bench/load.py [ROUNDS] [SECONDS]

Each server runs in a process tree of its own, all are up at once and are asked in turn by 1, 8 and
64 clients, for SECONDS at a time. Flask is served by its own threads, which close each connection
after the answer, and by gevent, as in Runway's SDK, which keeps it. The question is a z of 512
numbers, the answer a JPEG of 512 px as a data URI: prepared beforehand (what the server itself
costs) or rendered for each request (where making the JPEG costs most). Medians over the rounds;
ratios are of the same round. CPU is that of the whole process tree, per answer; `client` is how
busy the asking process was, which must stay well below 100 % or the client is what is measured.
"""

import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import psutil

from query import BODY, free_port
from storm import storm

HERE = Path(__file__).parent
SCRIPTS = {
    "Taxiway": ["query.py", "--serve", "worker"],
    "Flask": ["flask_server.py"],
    "gevent": ["flask_server.py"],
    "LitServe": ["litserve_server.py"],
}
ANSWERS = ("prepared", "rendered")
CLIENTS = (1, 8, 64)
SIZE = 512
REQUEST = (
    "POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    f"Content-Length: {len(BODY)}\r\n\r\n{BODY}"
).encode()


@dataclass
class Round:
    """One server under so many clients for a few seconds; times in milliseconds."""

    rate: float
    p50: float
    p99: float
    cpu: float
    client: float


class Server:
    """A server's process and all it started."""

    def __init__(self, process: psutil.Process, port: int) -> None:
        self._process = process
        self._port = port

    def wait(self) -> None:
        """Until it answers."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                storm(self._port, REQUEST, 1, 0.5)
                return
            except OSError:
                time.sleep(0.2)
        raise TimeoutError(f"Nothing answers at port {self._port}.")

    def measure(self, clients: int, seconds: float) -> Round:
        """Ask it for `seconds`."""
        cpu, own, began = self._cpu(), time.process_time(), time.perf_counter()
        taken = storm(self._port, REQUEST, clients, seconds)
        elapsed = time.perf_counter() - began
        p50, p99 = np.percentile(taken, [50, 99]) * 1000
        client = (time.process_time() - own) / elapsed
        spent = (self._cpu() - cpu) / len(taken) * 1000
        return Round(len(taken) / elapsed, p50, p99, spent, client * 100)

    def end(self) -> None:
        """End it with its children."""
        family = [*self._process.children(recursive=True), self._process]
        for process in family:
            process.terminate()
        for process in psutil.wait_procs(family, 5)[1]:
            process.kill()

    def _cpu(self) -> float:
        family = [self._process, *self._process.children(recursive=True)]
        times = [process.cpu_times() for process in family]
        return sum(each.user + each.system for each in times)


@contextmanager
def started(name: str, answer: str) -> Iterator[Server]:
    """A server that answers."""
    port = free_port()
    words = [sys.executable, *SCRIPTS[name], str(port), str(SIZE), answer]
    words += ["gevent"] if name == "gevent" else []
    process = subprocess.Popen(
        words, cwd=HERE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    server = Server(psutil.Process(process.pid), port)
    try:
        server.wait()
        yield server
    finally:
        server.end()
        process.wait()


def compare(answer: str, rounds: int, seconds: float) -> dict[tuple[int, str], list[Round]]:
    """The rounds of each server under each number of clients; the order turns each round."""
    results: dict[tuple[int, str], list[Round]] = defaultdict(list)
    with ExitStack() as stack:
        servers = {name: stack.enter_context(started(name, answer)) for name in SCRIPTS}
        for number in range(rounds):
            for clients in CLIENTS:
                for name in list(servers) if number % 2 else reversed(servers):
                    results[clients, name].append(servers[name].measure(clients, seconds))
    return results


def median(rounds: list[Round], what: str) -> float:
    return statistics.median(getattr(each, what) for each in rounds)


def ratio(ours: list[Round], theirs: list[Round], what: str) -> float:
    """How many times theirs is of ours: the median over the rounds of each round's ratio."""
    pairs = zip(ours, theirs, strict=True)
    return statistics.median(getattr(b, what) / getattr(a, what) for a, b in pairs)


def report(answer: str, results: dict[tuple[int, str], list[Round]]) -> None:
    """Print one table; the last columns are how many times Taxiway's the others' figures are."""
    print(f"\n{answer}\n{'clients':>7} {'server':9}", end="")
    print(f"{'req/s':>8} {'p50 ms':>8} {'p99 ms':>8} {'CPU ms':>8} {'client':>7}   CPU x   p99 x")
    for (clients, name), rounds in sorted(results.items(), key=lambda item: item[0][0]):
        figures = [median(rounds, what) for what in ("rate", "p50", "p99", "cpu", "client")]
        print(f"{clients:7} {name:9}", end="")
        print("{:8.0f} {:8.2f} {:8.2f} {:8.3f} {:6.0f}%".format(*figures), end="")
        ours = results[clients, "Taxiway"]
        print(f" {ratio(ours, rounds, 'cpu'):7.2f} {ratio(ours, rounds, 'p99'):7.2f}")


def main(rounds: int = 5, seconds: float = 2.0) -> None:
    missing = [name for name in ("flask", "gevent", "litserve") if find_spec(name) is None]
    if missing:
        sys.exit(f"{', '.join(missing)} not found: pip install -e '.[bench]'")
    print(f"{rounds} rounds of {seconds:g} s, {psutil.cpu_count()} cores, JPEG of {SIZE} px")
    for answer in ANSWERS:
        report(answer, compare(answer, rounds, seconds))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *map(float, sys.argv[2:3]))
