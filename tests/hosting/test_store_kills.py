"""A budget is exact to the request though servers that share it are killed at random."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hosting.store_cases import hosting
from taxiway.hosting.records import Limits
from taxiway.hosting.store import Store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")

Opened = Callable[[], Store]
Fork = Callable[[Store, str, int], "Spender"]

KILLS = [6, pytest.param(100, marks=pytest.mark.slow)]

SPEND = """
import os, random, signal, sys, time
from pathlib import Path
from taxiway.hosting.records import Server
from taxiway.hosting.store import Store
try:
    import taxiway.hosting.postgres
except Exception:
    pass

def spend(folder, address, name, token):
    store = Store(Path(folder), False, address or None)
    said = os.open(Path(folder, name), os.O_CREAT | os.O_WRONLY)
    store.join(Server(id=name, url=name, secret=""))
    while store.admit(int(token), 1.0):
        time.sleep(random.random() / 500)
        if store.answered(int(token), 1.0):
            os.write(said, b"+")

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            spend(*line.rstrip("\\n").split("|"))
        finally:
            os._exit(0)
    print(child, flush=True)
"""


class Spender:
    """A server that answers with a budget as fast as it can, and notes each answer."""

    def __init__(self, pid: int, name: str, folder: Path) -> None:
        self.pid = pid
        self.name = name
        self._said = folder / name

    def answers(self) -> int:
        return self._said.stat().st_size if self._said.exists() else 0

    def is_alive(self) -> bool:
        return Path(f"/proc/{self.pid}").exists() if sys.platform == "linux" else self._responds()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):  # the budget may have been used up
            os.kill(self.pid, signal.SIGKILL)
        self.ended()

    def ended(self) -> None:
        while self.is_alive():
            time.sleep(0.001)

    def _responds(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True


@pytest.fixture(scope="module")
def fork() -> Iterator[Fork]:
    """Begins servers from one process that has everything imported."""
    with subprocess.Popen(
        [sys.executable, "-c", SPEND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def forked(store: Store, name: str, token: int) -> Spender:
            folder, address = store.path.parent, store.address or ""
            stdin.write(f"{folder}|{address}|{name}|{token}\n")
            stdin.flush()
            return Spender(int(stdout.readline()), name, folder)

        yield forked
        process.kill()


@pytest.mark.parametrize("kills", KILLS)
def test_a_budget_is_exact_though_servers_are_killed_at_random(
    opened: Opened, fork: Fork, kills: int
) -> None:
    budget = 100 * kills
    store = opened()
    token = hosting(store, Limits(budget=budget))
    chance = random.Random(kills)
    every = [fork(store, f"first{number}", token) for number in range(3)]
    running = list(every)
    for number in range(kills):
        dies = running.pop(chance.randrange(3))
        enough = chance.randrange(1, 30)
        while dies.answers() < enough and dies.is_alive():
            time.sleep(chance.random() / 100)
        dies.kill()
        running.append(fork(store, f"more{number}", token))
        every.append(running[-1])
        store.bury(dies.name)
    for each in running:
        each.ended()
    for known in store.servers():
        store.bury(known.id)
    answered, counted = sum(each.answers() for each in every), store.tokens()[0].requests
    # Each that was killed may have counted one, no more, whose answer it could not give.
    assert answered <= counted <= min(answered + kills, budget)
    while store.admit(token, 2.0):
        answered += 1
    assert budget - kills <= answered <= budget
    assert store.tokens()[0].requests == budget
