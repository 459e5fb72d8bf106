"""What running a model on another machine adds: python bench/remote.py ssh://user@box

Without an address the other machine is this one, behind a way that takes `--away` milliseconds
there and back and loses `--loss` of its packets (bench/slow_way.py). The same model here and there
is asked in turns,
so that both meet the same load; then by many at once; then played, 60 changes a second.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

import numpy as np
from msgspec.structs import replace

from taxiway.catalog import catalog
from taxiway.core.model import ModelSpec
from taxiway.engine.engine import Engine
from taxiway.live.session import LiveSession

CALLERS = (1, 8, 32)
DELAYED = ModelSpec(name="delayed", family="delayed:Steady", options={"milliseconds": 15})
"""A model that takes 15 ms without computing, so that a busy machine measures the way alone."""
SECONDS = 5.0


def z_of(seed: int) -> dict[str, list[float]]:
    """The inputs of a query."""
    return {"z": [seed % 97 / 97] * 512}


@contextmanager
def slow(milliseconds: float, loss: float) -> Iterator[str]:
    """The address of this machine behind such a way."""
    way = Path(__file__).parent / "slow_way.py"
    with tempfile.TemporaryDirectory() as folder:
        ssh = Path(folder) / "ssh"
        ssh.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" "{way}" {milliseconds} {loss} '
            f'"{sys.executable}" -m taxiway worker\n'
        )
        ssh.chmod(0o755)
        os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
        yield "ssh://slow"


async def one_by_one(engine: Engine, names: list[str], count: int) -> None:
    """A query here, the same there."""
    times: dict[str, list[float]] = {name: [] for name in names}
    for seed in range(count):
        for name, taken in times.items():
            start = time.perf_counter()
            await engine.query(name, z_of(seed))
            taken.append((time.perf_counter() - start) * 1000)
    for name, taken in times.items():
        print(f"{name}: p50 {median(taken):.1f} ms, p99 {quantiles(taken, n=100)[98]:.1f} ms")
    here, there = (median(taken) for taken in times.values())
    print(f"added at p50: {there - here:.1f} ms")


async def by_many(engine: Engine, name: str, callers: int) -> None:
    """Queries a second with so many callers who each ask again at once."""
    ends, done = time.perf_counter() + SECONDS, 0

    async def ask(caller: int) -> None:
        nonlocal done
        while time.perf_counter() < ends:
            await engine.query(name, z_of(caller + done))
            done += 1

    await asyncio.gather(*map(ask, range(callers)))
    print(f"{name}, {callers} at once: {done / SECONDS:.0f} queries a second")


async def played(engine: Engine, spec: ModelSpec) -> None:
    """Frames a second and how old each is, while z moves 60 times a second."""
    session = LiveSession(engine, spec)
    live = asyncio.create_task(session.run())
    sent: dict[float, float] = {}
    ages: list[float] = []

    def look() -> None:
        if (shown := viewer.take()) is not None:
            viewer.acknowledge(shown.frame.index)
            if (at := sent.get(float(shown.frame.values["z"][0]))) is not None:
                ages.append((time.perf_counter() - at) * 1000)

    viewer = session.broadcast.join(look)
    z = np.zeros(512, np.float32)
    for step in range(int(SECONDS * 60)):
        z[0] = step / 100
        sent[float(z[0])] = time.perf_counter()
        session.set({"z": z.copy()}, "bench")
        await asyncio.sleep(1 / 60)
    live.cancel()
    await asyncio.wait([live])
    print(f"{spec.name}, played: {len(ages) / SECONDS:.0f} frames a second, "
          f"age p50 {median(ages):.0f} ms, p99 {quantiles(ages, n=100)[98]:.0f} ms")  # fmt: skip


async def main(address: str, model: str, count: int) -> None:
    here = DELAYED if model == "delayed" else catalog.spec(catalog.card(model))
    there = replace(here, name="there", on=address)
    async with Engine() as engine:
        for spec in (here, there):
            await engine.start(spec)
            await engine.ready(spec.name)
        print(engine.running["there"].facts["on"])
        await one_by_one(engine, [here.name, there.name], count)
        for callers in CALLERS:
            await by_many(engine, there.name, callers)
        for spec in (here, there):
            await played(engine, spec)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", nargs="?")
    parser.add_argument("--model", default="rainbow", help="delayed: one that waits 15 ms")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--away", type=float, default=100.0, metavar="MS")
    parser.add_argument("--loss", type=float, default=0.0)
    given = parser.parse_args()
    if given.address:
        asyncio.run(main(given.address, given.model, given.count))
    else:
        with slow(given.away, given.loss) as address:
            asyncio.run(main(address, given.model, given.count))
