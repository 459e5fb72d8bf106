"""How soon a way that breaks is back, without a job lost or done twice: python bench/breaks.py

The other machine is this one behind real TCP (far_box.py; as root), by ssh and by TLS. While four
callers ask it for numbers, one after the other, its way is broken again and again: killed here,
killed over there, or cut, after which nothing comes through its connection and nobody is told, or
through all that are open, the spare one too. A way is back when a call is answered that was asked
after it broke.
"""

import argparse
import asyncio
import contextlib
import os
import random
import signal
import tempfile
import time
from collections import Counter
from itertools import count
from pathlib import Path
from statistics import median, quantiles

import psutil

from far_box import FarBox, far_box
from taxiway.core.model import ModelSpec
from taxiway.engine.engine import Engine

CALLERS = 4


class Asked:
    """Callers who ask for numbers, and what they were answered."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._numbers = count(1)
        self.answered: list[tuple[float, float]] = []
        """When it was asked and when it was answered."""
        self.done = list[int]()
        self.wrong = list[str]()

    async def ask(self) -> None:
        """One after the other, until this is cancelled."""
        while True:
            number, asked = next(self._numbers), time.perf_counter()
            try:
                answer = await self._engine.query("tally", {"number": number})
            except Exception as error:
                self.wrong.append(f"{number}: {error}")
                continue
            self.answered.append((asked, time.perf_counter()))
            self.done.append(number)
            if answer["double"] != 2 * number:
                self.wrong.append(f"{number}: {answer['double']}")

    async def back(self, broke: float) -> float:
        """Seconds until a call is answered that was asked after that."""
        while not (after := [came for asked, came in self.answered[-99:] if asked > broke]):
            await asyncio.sleep(0.005)
        return min(after) - broke


def killed_here(engine: Engine, box: FarBox) -> None:
    """The process that holds the way open ends."""
    pid = engine.running["tally"].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def killed_there(engine: Engine, box: FarBox) -> None:
    """What carries it over there ends."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            line = process.cmdline()
            if line[-3:] == ["-m", "taxiway", "worker"] and _is_carrier(process):
                process.kill()


def _is_carrier(process: psutil.Process) -> bool:
    """Whether it belongs to sshd or to who listens, and is neither a keeper nor a spare one."""
    if process.num_threads() == 1:
        return False  # it carries both ways at once
    parents = [parent.cmdline() for parent in process.parents()]
    ours = any(os.getpid() == parent.pid for parent in process.parents())
    return ours and any("sshd" in " ".join(line) or "--listen" in line for line in parents)


def cut(engine: Engine, box: FarBox) -> None:
    """Nothing comes through it any more, and nobody is told."""
    way = psutil.Process(engine.running["tally"].pid)
    box.way.cut({each.laddr.port for each in way.net_connections("inet")})


def cut_all(engine: Engine, box: FarBox) -> None:
    """Nothing comes through anything that is open, and nobody is told."""
    box.way.cut()


async def broken(address: str, box: FarBox, given: argparse.Namespace, name: str) -> None:
    """Break it so many times in each way, and print what that did."""
    times, dice = given.times, random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tally"
        spec = ModelSpec(name="tally", family="tally_model:Tally", on=address,
                         options={"file": str(file)})  # fmt: skip
        async with Engine() as engine:
            await engine.start(spec)
            await engine.ready("tally")
            asked = Asked(engine)
            callers = [asyncio.create_task(asked.ask()) for _ in range(CALLERS)]
            for how in (killed_here, killed_there, cut, cut_all):
                took = []
                for _ in range(times):
                    await asyncio.sleep(given.every - 0.5 + dice.random())
                    broke = time.perf_counter()
                    how(engine, box)
                    took.append(await asked.back(broke))
                took.sort()
                tenths, late = quantiles(took, n=10), sum(each > 2 for each in took)
                print(f"{name}, {how.__name__}: {times} times, back after {took[0]:.2f} s at "
                      f"least, p50 {median(took):.2f}, p90 {tenths[8]:.2f}, at most "
                      f"{took[-1]:.2f} s; {late} took over 2 s", flush=True)  # fmt: skip
            for caller in callers:
                caller.cancel()
            await asyncio.gather(*callers, return_exceptions=True)
        lines = Counter(int(line) for line in file.read_text().split())
        lost = [number for number in asked.done if not lines[number]]
        print(f"{name}: {len(asked.done)} jobs acknowledged, {len(lost)} lost, "
              f"{sum(times > 1 for times in lines.values())} done twice, "
              f"{len(asked.wrong)} refused or wrong {asked.wrong[:2]}", flush=True)  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--away", type=float, default=20.0, metavar="MS")
    parser.add_argument("--loss", type=float, default=0.0)
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two, about")
    parser.add_argument("--only", choices=("ssh", "TLS"))
    given = parser.parse_args()

    async def main() -> None:
        """Both ways."""
        for name, address in (("ssh", box.ssh), ("TLS", box.tls)):
            if given.only in (None, name):
                await broken(address, box, given, name)

    with far_box(given.away, given.loss) as box:
        asyncio.run(main())
