"""What a pool of 1, 2 and 4 members serves, and what a loss costs: python bench/pool.py

The members are processes of this machine. `delayed` waits 50 ms for a picture without computing, as
a machine of its own would; `rainbow` shares this machine's cores with the others. Then, of two
`delayed` members with 16 callers, one is killed, one is added and one is drained.
"""

import argparse
import asyncio
import itertools
import os
import signal
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

import psutil
from msgspec.structs import replace

from taxiway.catalog import catalog
from taxiway.core.errors import TaxiwayError
from taxiway.core.model import ModelSpec
from taxiway.engine.engine import Engine

DELAYED = ModelSpec(name="delayed", family="delayed:Steady", options={"milliseconds": 50})
CALLERS = 16
_seeds = itertools.count()


class Load:
    """Callers who each ask again at once; what they waited, in milliseconds."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine, self.name = engine, name
        self.times: list[float] = []
        self.failed = 0

    async def run(self, seconds: float, callers: int = CALLERS) -> None:
        ends = time.perf_counter() + seconds
        await asyncio.gather(*(self._ask(ends) for _ in range(callers)))

    async def _ask(self, ends: float) -> None:
        while (start := time.perf_counter()) < ends:
            z = [float(next(_seeds) % 97) / 97] * 512
            try:
                await self.engine.query(self.name, {"z": z})
            except TaxiwayError as error:
                self.failed += 1
                print(error)
            self.times.append((time.perf_counter() - start) * 1000)

    def said(self, seconds: float) -> str:
        p99, worst = quantiles(self.times, n=100)[98], max(self.times)
        return (
            f"{len(self.times) / seconds:.0f} a second, p50 {median(self.times):.0f} ms, "
            f"p99 {p99:.0f} ms, worst {worst:.0f} ms, {self.failed} failed"
        )


async def whole(engine: Engine, name: str) -> None:
    """Wait until every member works."""
    await engine.ready(name)
    while ";" in engine.running[name].message:
        await asyncio.sleep(0.02)


async def throughput(spec: ModelSpec, members: int, seconds: float) -> None:
    async with Engine() as engine:
        await engine.start(replace(spec, on=",".join(["here"] * members)))
        await whole(engine, spec.name)
        load = Load(engine, spec.name)
        await load.run(seconds)
        print(f"{spec.name}, {members} members: {load.said(seconds)}")


async def changes(seconds: float) -> None:
    """What happens at a third of the time, by name."""
    with tempfile.TemporaryDirectory() as folder:
        boxes = Path(folder) / "boxes.txt"
        for what, lines in (("nothing", 2), ("kill", 2), ("add", 3), ("drain", 1)):
            boxes.write_text("here\nhere\n")
            async with Engine() as engine:
                await engine.start(replace(DELAYED, on=f"file:{boxes}"))
                await whole(engine, "delayed")
                load = Load(engine, "delayed")
                running = asyncio.create_task(load.run(seconds))
                await asyncio.sleep(seconds / 3)
                if what == "kill":
                    os.kill(workers()[0].pid, signal.SIGKILL)
                boxes.write_text("here\n" * lines)
                start = time.perf_counter()
                await asyncio.sleep(0.1)
                await whole(engine, "delayed")
                back = f", whole after {time.perf_counter() - start:.1f} s" * (what == "kill")
                await running
                print(f"of 2, {what}: {load.said(seconds)}{back}")


def workers() -> list[psutil.Process]:
    """The models' processes: the fork server's children."""
    ours = psutil.Process().children(recursive=True)
    return [each for each in ours if each.parent().pid != os.getpid()]  # type: ignore[union-attr]


async def main(seconds: float) -> None:
    rainbow = catalog.spec(catalog.card("rainbow"))
    for spec in (DELAYED, rainbow):
        for members in (1, 2, 4):
            await throughput(spec, members, seconds)
    await changes(seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    asyncio.run(main(parser.parse_args().seconds))
