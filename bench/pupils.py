"""Thirty pupils on one hosted model: how long each waits, and whether budgets hold exactly.

    python bench/pupils.py [MODEL] [BUDGET] [PUPILS]

Each has a token and asks for another picture as soon as one is there, as a page does while a finger
is on its faders, a few times more than the budget allows. The server is a process of its own.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from msgspec import Struct

from taxiway.hosting.records import Hosted, Limits
from taxiway.hosting.store import Store
from taxiway.hosting.tokens import digest, new_token

BEYOND = 3
"""Questions that each asks beyond its budget."""


class Pupil(Struct):
    """What one pupil met: statuses, and seconds that answers took."""

    token: str
    statuses: list[int] = []
    waits: list[float] = []


def main(model: str = "rainbow", budget: int = 20, pupils: int = 30) -> list[Pupil]:
    """Print the figures; AssertionError where a budget is not kept to the question."""
    with tempfile.TemporaryDirectory() as folder:
        known = given(Path(folder), model, budget, pupils)
        with served(folder) as url:
            began = time.perf_counter()
            asyncio.run(lesson(url, known, budget))
            seconds = time.perf_counter() - began
        with Store(Path(folder)) as store:
            kept = store.tokens("class")
    for pupil in known:
        assert pupil.statuses == [200] * budget + [401] * BEYOND, pupil.statuses
    assert {token.requests - token.refused for token in kept} == {budget}
    assert {token.refused for token in kept} == {BEYOND}
    report(known, seconds)
    return known


def given(folder: Path, model: str, budget: int, pupils: int) -> list[Pupil]:
    """Host the model, with a token for each."""
    known = [Pupil(new_token()) for _ in range(pupils)]
    with Store(folder) as store:
        first, *others = [(f"pupil {n}", digest(pupil.token)) for n, pupil in enumerate(known)]
        store.create(Hosted(name="class", model=model), *first, Limits(budget=budget))
        store.add_tokens("class", others, Limits(budget=budget), 0)
    return known


@contextmanager
def served(folder: str) -> Iterator[str]:
    """`taxiway host serve` for that folder; gives its address."""
    command = [sys.executable, "-m", "taxiway", "host", "serve", "--port", "0"]
    environment = {**os.environ, "TAXIWAY_DATA": folder, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as server:
        assert server.stdout is not None
        told = next(line for line in server.stdout if "Hosting at" in line)
        try:
            yield told.split()[2]
        finally:
            server.terminate()


async def lesson(url: str, known: list[Pupil], budget: int) -> None:
    """All of them at once, the first of whom wakes the model."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=f"{url}/class/v1", timeout=120, limits=limits) as http:
        await asyncio.gather(*(plays(http, pupil, budget, n) for n, pupil in enumerate(known)))


async def plays(http: httpx.AsyncClient, pupil: Pupil, budget: int, number: int) -> None:
    headers = {"Authorization": f"Bearer {pupil.token}"}
    for turn in range(budget + BEYOND):
        began = time.perf_counter()
        answer = await http.post("/query", json={"seed": 1000 * number + turn}, headers=headers)
        pupil.statuses.append(answer.status_code)
        if answer.status_code == 200:
            pupil.waits.append(time.perf_counter() - began)


def report(known: list[Pupil], seconds: float) -> None:
    """Waits of all, without the first of each, which waited for the model to wake."""
    waits = sorted(wait for pupil in known for wait in pupil.waits[1:])
    own = [statistics.median(pupil.waits[1:]) for pupil in known]
    woke = max(pupil.waits[0] for pupil in known)
    print(f"{len(known)} pupils, {len(waits) + len(known)} pictures in {seconds:.1f} s")
    print(f"the first, with waking: {woke:.1f} s at most")
    print(f"a picture later: median {statistics.median(waits):.2f} s,", end=" ")
    print(f"95 in 100 within {waits[int(0.95 * len(waits))]:.2f} s, longest {waits[-1]:.2f} s")
    print(f"medians of the pupils: {min(own):.2f} to {max(own):.2f} s")
    print("budgets exact: every pupil, answers and counts")


if __name__ == "__main__":
    name, *numbers = sys.argv[1:] or ["rainbow"]
    main(name, *map(int, numbers))
