"""A spare way to another machine: when it is taken, and that nothing of it is left."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

import ssh_stand_in
from killing import kill
from ssh_stand_in import BOX
from taxiway.core.model import ModelSpec
from taxiway.engine.engine import Engine
from taxiway.engine.executor import Unreachable
from taxiway.engine.places import place_of
from taxiway.engine.ways import Ways

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Linux and macOS only")
SERVER = """
import asyncio, os, sys
from taxiway.core.model import ModelSpec
from taxiway.engine.engine import Engine
from taxiway.engine.executors import remote

remote.SPARE_MS, remote.SPARE_SECONDS = 0.0, 0.01
remote.HOLD_SECONDS = remote.LEAST_HELD = 5.0  # after which the model ends, too

async def main():
    async with Engine() as engine:
        await engine.start(ModelSpec(name="toy", family="toys:Gradient", on=sys.argv[1]))
        await engine.ready("toy")
        while "with a spare way ready" not in engine.running["toy"].message:
            await asyncio.sleep(0.01)
        print("ready", flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return ssh_stand_in.install(tmp_path / "box", monkeypatch)


@pytest.fixture
def ways(box: Path) -> Iterator[Ways]:
    ways = Ways(place_of(BOX), deque(maxlen=3))
    ways.keeps_spare = True
    yield ways
    ways.stop()
    assert not ways.has_spare


def until(is_so: Callable[[], object]) -> None:
    """Wait for it, as long as a busy machine takes."""
    ends = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.005)


def workers_of(number: int) -> list[psutil.Process]:
    """The ways of a process; what else Python starts is not meant."""
    children = psutil.Process(number).children()
    return [each for each in children if each.cmdline()[-3:] == ["-m", "taxiway", "worker"]]


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def logins(box: Path) -> int:
    """How often ssh was started."""
    lines = box / "lines"
    return lines.read_text().count("\n") if lines.exists() else 0


def test_a_spare_way_is_taken_where_no_login_is_possible_any_more(ways: Ways, box: Path) -> None:
    assert not ways.has_spare
    until(lambda: ways.look() and ways.has_spare)
    assert not ways.look()
    (box / "down").touch()
    way = ways.taken()
    assert (way.tunnel.exitcode, ways.has_spare) == (None, False)
    until(lambda: logins(box) == 2)  # the next is tried at once
    with pytest.raises(Unreachable, match="No route to host"):
        ways.taken()
    ways.returned(way)
    assert ways.has_spare
    assert ways.taken().tunnel is way.tunnel
    way.end()


def test_a_spare_way_that_is_silent_gives_way_to_a_new_one(ways: Ways, box: Path) -> None:
    until(lambda: ways.look() and ways.has_spare)
    assert ways._spare is not None
    spare = ways._spare.way.tunnel
    os.kill(spare.pid, signal.SIGSTOP)
    way = ways.taken()
    assert way.tunnel is not spare
    assert (spare.exitcode, way.tunnel.exitcode) == (-signal.SIGKILL, None)
    way.end()


def test_one_that_fails_is_silent_and_not_tried_for_ever(
    ways: Ways, box: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (box / "down").touch()
    for count in (1, 2, 3):
        ways._again_at = 0.0
        until(lambda count=count: ways.look() or logins(box) == count)
        until(lambda: ways.look() or ways._next is None)
    assert ways._again_at > time.monotonic() + 20
    ways._again_at = 0.0
    assert not ways.look()
    assert (ways.has_spare, ways._next) == (False, None)
    (box / "down").unlink()
    ways.taken().end()
    until(lambda: ways.look() and ways.has_spare)
    assert ways._spare is not None
    ways._spare.asked_at = -1e9  # it has lasted
    assert not ways.look()
    until(ways._spare.answers)
    os.kill(ways._spare.way.tunnel.pid, signal.SIGSTOP)
    for is_well in (True, False):
        ways._spare.asked_at = -1e9
        assert ways.look() != is_well
    assert (ways.has_spare, ways._failed) == (False, 1)
    assert capfd.readouterr().err == ""


async def test_a_model_goes_on_by_its_spare_way_and_says_that_it_has_one(
    box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taxiway.engine.executors.remote.SPARE_MS", 0.0)
    monkeypatch.setattr("taxiway.engine.executors.remote.SPARE_SECONDS", 0.01)
    monkeypatch.setattr("taxiway.engine.executors.remote.DOUBT_SECONDS", 1e9)
    tally = box / "tally"
    spec = ModelSpec(name="tally", family="toys:Tally", options={"file": str(tally)}, on=BOX)
    async with Engine() as engine:
        await engine.start(spec)
        assert (await engine.query("tally", {"number": 1}))["double"] == 2
        running = engine.running["tally"]
        async with asyncio.timeout(60):
            while not running.message.endswith(" ms away, with a spare way ready."):
                await asyncio.sleep(0.005)
        (box / "down").touch()
        said: list[str] = []
        engine.events.listen(lambda event: said.append(getattr(event, "message", "")))
        kill(engine, "tally")
        assert (await engine.query("tally", {"number": 2}))["double"] == 4
        said = [each for each in said if each]
        assert said[0] == "tally is not reached (no word came); trying again."
        assert said[1].endswith(" ms away.")  # the next one is not there yet
        assert len(said) == 2
        (box / "down").unlink()
        family = workers_of(os.getpid())
    lines = [line.split() for line in tally.read_text().splitlines()]
    assert [int(number) for number, _ in lines] == [1, 2]
    assert len({process for _, process in lines}) == 1
    assert psutil.wait_procs(family, 10)[1] == []


def test_nothing_is_left_of_a_server_that_is_killed(box: Path) -> None:
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, BOX], stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        ways = workers_of(server.pid)
        assert len(ways) == logins(box) == 2
        server.kill()
    until(lambda: not any(map(is_alive, ways)))


def test_over_there_nobody_waits_for_long_who_is_not_asked() -> None:
    program = (
        "from taxiway.engine import threshold; threshold.PATIENCE = 0.2; threshold.serve(None)"
    )
    theirs, ours = os.pipe()
    with open(theirs, "rb") as asked, open(ours, "wb", 0) as ask:
        ask.write(bytes(8))
        done = subprocess.run([sys.executable, "-c", program], stdin=asked, capture_output=True)
    assert done.returncode == 0
    assert done.stdout == b"\n\0taxiway worker 3\n" + bytes(8)
