"""A model on several machines: who is asked, what becomes of calls when one is lost."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import ssh_stand_in
from taxiway.core.errors import Unavailable
from taxiway.core.model import ModelSpec
from taxiway.engine.engine import Engine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Linux and macOS only")


class Pool:
    """A pool of toys that write down what they did, and in which process."""

    def __init__(self, engine: Engine, tally: Path) -> None:
        self.engine, self.tally = engine, tally

    @property
    def message(self) -> str:
        return self.engine.running["toy"].message

    def done(self) -> list[tuple[int, int]]:
        if not self.tally.exists():
            return []
        lines = (line.split() for line in self.tally.read_text().splitlines())
        return [(int(number), int(process)) for number, process in lines]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not holds():
                await asyncio.sleep(0.005)

    async def ask(self, numbers: range) -> list[Any]:
        calls = (self.engine.query("toy", {"number": number}) for number in numbers)
        return await asyncio.gather(*calls, return_exceptions=True)


@asynccontextmanager
async def started(folder: Path, on: str, family: str = "Steady") -> AsyncIterator[Pool]:
    tally = folder / "tally"
    options = {"file": str(tally)}
    async with Engine() as engine:
        await engine.start(ModelSpec(name="toy", family=f"toys:{family}", options=options, on=on))
        await engine.ready("toy")
        yield Pool(engine, tally)


THREE = "toy is running on here, here 2, here 3."


async def test_a_member_that_is_killed_loses_nothing_and_comes_back(tmp_path: Path) -> None:
    async with started(tmp_path, "here,here,here") as pool:
        await pool.until(lambda: pool.message == THREE)
        asked = asyncio.ensure_future(pool.ask(range(90)))
        await pool.until(lambda: len(pool.done()) >= 15)
        os.kill(pool.done()[0][1], signal.SIGKILL)
        assert [answer["double"] for answer in await asked] == [2 * n for n in range(90)]
        numbers = [number for number, _ in pool.done()]
        assert set(numbers) == set(range(90))
        assert len(numbers) <= 92  # no more than the killed one's batch was asked again
        await pool.until(lambda: pool.message == THREE)
        await pool.ask(range(90, 120))
        processes = [process for _, process in pool.done()[-30:]]
        assert len(set(processes)) == 3


async def test_what_may_not_be_repeated_is_said_to_be_lost(tmp_path: Path) -> None:
    async with started(tmp_path, "here,here", "Tally") as pool:
        await pool.until(lambda: "here 2" in pool.message and ";" not in pool.message)
        asked = asyncio.ensure_future(pool.ask(range(60)))
        await pool.until(lambda: len(pool.done()) >= 10)
        os.kill(pool.done()[0][1], signal.SIGKILL)
        lost = [answer for answer in await asked if isinstance(answer, Exception)]
        assert len(lost) <= 2
        for error in lost:
            assert isinstance(error, Unavailable)
            assert "'toy' was lost on here" in str(error)
        assert len({number for number, _ in pool.done()}) == len(pool.done())


async def test_what_is_played_stays_where_it_is_and_moves_when_that_is_lost(
    tmp_path: Path,
) -> None:
    async with started(tmp_path, "here,here") as pool:
        await pool.until(lambda: ";" not in pool.message)

        async def play(number: int) -> None:
            outputs = await pool.engine.run("toy", {"number": number}, live="session")
            assert outputs["double"] == 2 * number

        for number in range(8):
            await play(number)
        home = pool.done()[0][1]
        assert {process for _, process in pool.done()} == {home}
        os.kill(home, signal.SIGKILL)
        for number in range(8, 16):
            await play(number)
        assert len({process for _, process in pool.done()[8:]}) == 1
        assert pool.done()[8][1] != home


async def test_a_file_adds_machines_and_drains_them(tmp_path: Path) -> None:
    boxes = tmp_path / "boxes.txt"
    boxes.write_text("here  # the desk\n")
    async with started(tmp_path, f"file:{boxes}") as pool:
        assert pool.message == "toy is running on here."
        asked = asyncio.ensure_future(pool.ask(range(200)))
        boxes.write_text("here\nhere\n")
        await pool.until(lambda: pool.message == "toy is running on here, here 2.")
        boxes.write_text("here\n")
        await pool.until(lambda: pool.message == "toy is running on here.")
        boxes.write_text("nowhere\n")
        await pool.until(
            lambda: "its list is not read: No machine is called 'nowhere'" in pool.message
        )
        answers = await asked
        assert [answer["double"] for answer in answers] == [2 * n for n in range(200)]
        assert sorted(number for number, _ in pool.done()) == list(range(200))


async def test_a_machine_that_is_down_is_no_harm_and_joins_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = ssh_stand_in.install(tmp_path / "box", monkeypatch)
    monkeypatch.setattr("taxiway.engine.executors.pool.AGAIN_SECONDS", (0.05, 0.2))
    (box / "down").touch()
    async with started(tmp_path, f"here,{ssh_stand_in.BOX}") as pool:
        await pool.until(lambda: "No route to host" in pool.message)
        assert "; box.example cannot be reached: ssh: " in pool.message
        await pool.ask(range(4))
        (box / "down").unlink()
        await pool.until(lambda: ";" not in pool.message)
        assert pool.message.startswith("toy is running on here, box.example (")
        await pool.ask(range(4, 40))
        assert len({process for _, process in pool.done()}) == 2


async def test_a_pool_that_cannot_begin_says_what_every_one_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = ssh_stand_in.install(tmp_path / "box", monkeypatch)
    (box / "down").touch()
    with pytest.raises(Unavailable, match="no machine just now; box.example cannot be reached"):
        async with started(tmp_path, f"{ssh_stand_in.BOX},{ssh_stand_in.BOX}"):
            pass
    with pytest.raises(Unavailable, match="has no list of machines in it"):
        async with started(tmp_path, f"file:{tmp_path}/none"):
            pass
