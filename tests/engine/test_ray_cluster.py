"""A model on a real Ray cluster of this machine; test_ray.py does without Ray."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from jobs.test_tool_elsewhere import Told, given, mortal
from paths import FIXTURES, TESTS
from taxiway.core.model import ModelSpec
from taxiway.engine.engine import Engine
from taxiway.jobs.tool_elsewhere import run
from taxiway.jobs.training_elsewhere import STATE, seen
from taxiway.training.datasets.pictures.crops import Plan
from taxiway.training.datasets.pictures.prepare import prepare
from taxiway.training.datasets.pictures.sources import open_source
from taxiway.training.metrics_log import read
from taxiway.training.run_folder import STATS
from toy_training import BATCH, chain
from training.datasets.pictures.folders import fill

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(600)]
PORT = 26379
ON = f"ray://127.0.0.1:{PORT}?cpus=0.1"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """A head, its data folder by which its processes are known, and its end."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        patch.setenv("TAXIWAY_DATA", str(data))
        patch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), str(TESTS.parent / "src")]))
        line = [sys.executable, "-m", "taxiway", "cluster", "head", "--port", str(PORT)]
        more = ["--cpus", "4", "--memory", "80", "--folder", f"{folder}/r"]
        try:
            done = subprocess.run([*line, *more], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            assert "on this machine alone" in done.stdout
            yield data
        finally:
            for process in of_cluster(data):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(of_cluster(data), 20)


def of_cluster(data: Path) -> list[psutil.Process]:
    own = psutil.Process()
    ours = {process.pid for process in (own, *own.children(recursive=True))}
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("TAXIWAY_DATA") == str(data) and process.pid not in ours:
                found.append(process)
    return found


async def test_replicas_share_queries_keep_sessions_and_are_killed(cluster: Path) -> None:
    async with Engine() as engine:
        name = "whose"
        await engine.start(ModelSpec(name=name, family="ray_stand_in:Whose", on=f"{ON}&replicas=2"))
        await engine.ready(name)
        assert "2 replicas" in engine.running[name].message
        pids: set[int] = set()
        while len(pids) < 2:
            pids.add(int((await engine.run(name, {}))["pid"]))
        asked = [await engine.run(name, {}, live="session") for _ in range(10)]
        played = {int(answer["pid"]) for answer in asked}
        assert len(played) == 1
        os.kill(*played, signal.SIGKILL)
        asked = [await engine.run(name, {}, live="session") for _ in range(10)]
        (other,) = {int(answer["pid"]) for answer in asked}
        assert other not in played
        async with asyncio.timeout(60):
            while len(pids) < 3:  # another one is started in its place
                pids.add(int((await engine.run(name, {}))["pid"]))
    assert not any(map(psutil.pid_exists, pids))


def test_nobody_else_can_reach_a_cluster_of_one_machine(cluster: Path) -> None:
    listening = {
        (process.name(), connection.laddr.ip, connection.laddr.port)
        for process in of_cluster(cluster)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    ports = {port for _, _, port in listening}
    assert PORT in ports
    assert {ip.removeprefix("::ffff:") for _, ip, _ in listening} <= {"127.0.0.1", "::1"}, listening
    assert ports <= {*range(PORT, PORT + 210)}, listening


def test_a_batch_is_a_job_there_and_goes_on_when_its_worker_is_killed(
    cluster: Path, tmp_path: Path
) -> None:
    (cluster / "deaths").write_text("1")
    job = Told(tmp_path / "out")
    job.folder.mkdir()
    done = run("batch", mortal(tmp_path), given(tmp_path, 6), job, ON)
    assert (done["made"] + done["kept"], done["failed"]) == (6, 0)
    assert any("goes on from its last save" in words for *_, words in job.said)
    assert all((job.folder / f"{number}.png").is_file() for number in range(6))


@pytest.mark.parametrize("who", ["--session", "ray::Post"])
def test_a_way_that_is_killed_is_mended_and_the_work_goes_on(
    cluster: Path, tmp_path: Path, who: str
) -> None:
    """What speaks to Ray here, and the actor over there: what is done there outlives both."""
    job = Told(tmp_path / "out")
    job.folder.mkdir()
    killed = []

    def told(*given: object) -> None:
        if list(job.folder.glob("*.png")) and not killed:
            ways = [*psutil.Process().children(), *of_cluster(cluster)]
            killed.extend(each for each in ways if who in each.cmdline())
            for each in killed:
                each.kill()

    job.progress = told  # type: ignore[method-assign, assignment]
    done = run("batch", mortal(tmp_path), given(tmp_path, 200), job, ON)
    assert killed
    assert done["made"] == 200, "it was begun anew"
    assert len(list(job.folder.glob("*.png"))) == 200


@contextlib.contextmanager
def training(out: Path, *more: str) -> Iterator["subprocess.Popen[str]"]:
    """A long one there, told by the lines of its `stdout`; it ends with the block."""
    data = out.with_name("data.txt")
    data.write_text("nothing")
    words = [sys.executable, "-m", "taxiway", "train", "toy_training:Chain", str(data)]
    words += ["--out", str(out), "--on", ON, *more]
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def lines_until(process: "subprocess.Popen[str]", is_so: Callable[[], bool]) -> str:
    """What it says until something is so, or it ends."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if is_so():
            break
    return "".join(said)


def is_exact(out: Path) -> bool:
    """Whether what was saved is what so many steps give that were never interrupted."""
    count, found = json.loads((out / STATE).read_bytes())
    return bool(count and found == chain(count // BATCH))


def further_than(out: Path, before: float) -> Callable[[], bool]:
    return lambda: seen(out) > before


def trains(data: Path, out: Path) -> int:
    """The number of the process that trains over there."""
    (file,) = data.glob(f"trainings-for-others/{out.name}-*/training.pid")
    return int(file.read_text().split()[0])


def test_a_training_that_is_killed_there_goes_on_from_its_last_save(
    cluster: Path, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    with training(out, "--kimg", "1000") as process:
        lines_until(process, lambda: seen(out) > 0 and is_exact(out))
        os.kill(trains(cluster, out), signal.SIGKILL)
        killed_at = seen(out)
        told = lines_until(process, further_than(out, killed_at + 0.05))
        process.terminate()  # it saves first
        told += lines_until(process, lambda: False)
        assert process.wait(60) == 0, told
    assert "Lost over there (what trained was ended by SIGKILL); it goes on from its last" in told
    assert is_exact(out)
    figures = [record["kimg"] for record in read(out / STATS)]
    assert figures == sorted(figures)
    assert figures[-1] == pytest.approx(seen(out))


def test_who_follows_a_training_is_killed_and_it_goes_on(cluster: Path, tmp_path: Path) -> None:
    out = tmp_path / "followed"
    with training(out, "--kimg", "1000") as process:
        lines_until(process, lambda: seen(out) > 0 and is_exact(out))
        killed_at = seen(out)
        process.kill()
    with training(out, "--kimg", "1000", "--resume") as process:
        told = lines_until(process, further_than(out, killed_at + 0.05))
        process.terminate()
        told += lines_until(process, lambda: False)
        assert process.wait(60) == 0, told
    assert is_exact(out)
    figures = [record["kimg"] for record in read(out / STATS)]
    assert figures == sorted(figures)


def test_a_training_goes_on_where_nobody_reads_what_is_said_of_it(
    cluster: Path, tmp_path: Path
) -> None:
    out = tmp_path / "unread"
    with training(out, "--kimg", "0.6") as process:
        lines_until(process, lambda: seen(out) > 0)
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(200) == 0
    assert seen(out) == pytest.approx(0.6)
    assert is_exact(out)
    assert (out / "model.safetensors").is_file()


async def test_the_same_family_gives_the_same_answers_there(cluster: Path) -> None:
    checkpoint = {"checkpoint": str(FIXTURES / "stylegan2-ada_32.pkl")}
    small = ModelSpec(name="small", family="stylegan", options=checkpoint, on=f"{ON}&replicas=0-1")
    here = ModelSpec(name="here", family="stylegan", options=checkpoint)
    writer = ModelSpec(name="writer", family="toys:Writer", on=ON)
    async with Engine() as engine:
        for spec in (small, here, writer):
            await engine.start(spec)
        asked = {"seed": 3, "format": "PNG"}
        assert await engine.query("small", asked) == await engine.query("here", asked)
        letters = [part async for part in engine.stream("writer", {"text": "hello"})]
        assert len(letters) > 2
        assert letters[-1].outputs == {"text": "hello", "letters": 5}
    carried = list((cluster / "carried").rglob("stylegan2-ada_32.pkl"))
    assert len(carried) == 1


@pytest.mark.skipif(find_spec("torch") is None, reason="needs PyTorch")
def test_a_training_is_a_job_there_and_all_of_it_comes_here(cluster: Path, tmp_path: Path) -> None:
    data, out = tmp_path / "noise.zip", tmp_path / "out"
    with open_source(fill(tmp_path / "in", 60)) as source:
        prepare(source, data, Plan(32))
    words = [sys.executable, "-u", "-m", "taxiway", "train", str(data), "--out", str(out)]
    words += ["--on", ON, "--batch", "8"]
    begun = ["--from", str(FIXTURES / "stylegan2-ada_32.pkl"), "--kimg", "0.032"]
    about = ["--title=N", "--licence=CC0", "--data=n"]
    first = subprocess.run([*words, *begun, *about], capture_output=True, text=True, check=False)
    assert first.returncode == 0, first.stdout + first.stderr
    assert (out / STATE).is_file()
    assert read(out / STATS)[-1]["kimg"] == pytest.approx(0.032)
    assert (out / "model.safetensors").is_file()
