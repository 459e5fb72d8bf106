"""CPU time of one query in the server process, beside a Flask server that does the same.

    python bench/query.py [ROUNDS]

Every server runs by itself in a process, all are asked in turn, 400 queries each a round, over one
kept connection; the medians of the rounds are printed. `fixed` runs its model inside the server,
`worker` in a worker process as in real use (whose own CPU time is not the server's).
"""

import asyncio
import http.client
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import psutil

HERE = Path(__file__).parent
QUERIES = 400
CASES = [
    ("encoded beforehand", 256, "prepared"),
    ("JPEG of 256x256", 256, "encoded"),
    ("JPEG of 512x512", 512, "encoded"),
]
BODY = json.dumps({"z": np.random.default_rng(1).normal(size=512).tolist(), "truncation": 0.8})


async def serve(kind: str, port: int, size: int, answer: str) -> None:
    """Run Taxiway's server until killed."""
    from taxiway.core.config import Config
    from taxiway.core.model import ModelSpec
    from taxiway.engine import Engine
    from taxiway.servers.http.routes import routes
    from taxiway.web.application import application
    from taxiway.web.listen import Listener, settle

    options = {"size": size, "answer": answer}
    config = Config(port=port)
    async with Engine(executor="thread" if kind == "fixed" else "process") as engine:
        await engine.start(ModelSpec(name="fixed", family="fixed:Fixed", options=options))
        await engine.ready("fixed")
        async with Listener(application(routes(engine, lambda: "fixed"), config), config):
            settle()  # as `taxiway run` does
            await asyncio.Event().wait()


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def started(kind: str, size: int, answer: str) -> Iterator["Server"]:
    """A server in a process of its own, ready to be asked."""
    port = free_port()
    script = ["flask_server.py"] if kind == "flask" else ["query.py", "--serve", kind]
    words = [*script, str(port), str(size), answer]
    process = subprocess.Popen([sys.executable, *words], cwd=HERE, stderr=subprocess.DEVNULL)
    try:
        yield Server(process.pid, port)
    finally:
        process.terminate()
        process.wait()


class Server:
    """Asks one server over one connection."""

    def __init__(self, pid: int, port: int) -> None:
        self.process = psutil.Process(pid)
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                self.ask()
                return
            except OSError:
                self.connection.close()
                time.sleep(0.05)
        raise TimeoutError(f"Nothing answers at port {port}.")

    def ask(self) -> None:
        self.connection.request("POST", "/query", BODY, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        assert body.startswith(b'{"image":"data:image/jpeg'), body[:50]

    def milliseconds(self) -> float:
        """CPU time of one query, averaged over QUERIES."""
        before = self._cpu()
        for _ in range(QUERIES):
            self.ask()
        return (self._cpu() - before) / QUERIES * 1000

    def _cpu(self) -> float:
        times = self.process.cpu_times()
        return times.user + times.system


def compare(size: int, answer: str, rounds: int) -> dict[str, float]:
    """Median CPU milliseconds per query of each server, measured in turn."""
    kinds = ("flask", "fixed", "worker")
    with ExitStack() as stack:
        servers = {kind: stack.enter_context(started(kind, size, answer)) for kind in kinds}
        for server in servers.values():
            server.milliseconds()
        results = [{kind: servers[kind].milliseconds() for kind in kinds} for _ in range(rounds)]
    return {kind: statistics.median(result[kind] for result in results) for kind in kinds}


def main(rounds: int = 9) -> None:
    print(f"CPU ms per query in the server process, medians of {rounds} x {QUERIES} queries")
    print(f"{'answer':20} {'Flask':>8} {'Taxiway':>8} {'ratio':>7} {'+ worker':>9} {'ratio':>7}")
    for words, size, answer in CASES:
        cpu = compare(size, answer, rounds)
        flask, fixed, worker = cpu["flask"], cpu["fixed"], cpu["worker"]
        print(
            f"{words:20} {flask:8.3f} {fixed:8.3f} {fixed / flask:7.2f}"
            f" {worker:9.3f} {worker / flask:7.2f}"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        from taxiway.web.listen import loop_factory

        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(serve(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]))
    else:
        main(*map(int, sys.argv[1:2]))
