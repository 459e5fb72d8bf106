"""A model on another machine: its files, a way that breaks, what ssh says."""

import asyncio
import contextlib
import hashlib
import io
import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

import ssh_stand_in
from killing import kill
from paths import FIXTURES
from ssh_stand_in import BOX
from taxiway.core.errors import ModelFailed, Unavailable
from taxiway.core.events import Event, StateChanged
from taxiway.core.extras import is_here
from taxiway.core.frame import Frame
from taxiway.core.images import EncodedPicture, from_data_uri
from taxiway.core.model import ModelSpec
from taxiway.engine.engine import Engine
from taxiway.engine.executors.remote import RemoteExecutor
from taxiway.engine.remote_worker import Bag, Taken, luggage, missing_of, plain, unpacked
from taxiway.live.session import LiveSession

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Linux and macOS only")
CHECKPOINT = FIXTURES / "stylegan2-ada_32.pkl"
TOY = ModelSpec(name="toy", family="toys:Gradient", on=BOX)


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return ssh_stand_in.install(tmp_path / "box", monkeypatch)


def is_alive(number: int) -> bool:
    """Whether there is such a process that has not ended."""
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def is_sought(engine: Engine) -> bool:
    """Whether a way is still being looked for."""
    executor = engine.running["tally"]._executor
    return isinstance(executor, RemoteExecutor) and executor._mending is not None


async def test_a_models_files_go_along_once_and_a_broken_way_is_mended(
    box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of float32 and bfloat16 each side takes what it measures to be faster there.
    options = {"checkpoint": str(CHECKPOINT), "precision": "float32"}
    spec = ModelSpec(name="small", family="stylegan", options=options, on=BOX)
    # A busy machine is silent for long, and no way is doubted here: its end is told.
    monkeypatch.setattr("taxiway.engine.executors.remote.DOUBT_SECONDS", 1e9)
    async with Engine() as engine:
        heard: list[Event] = []
        engine.events.listen(heard.append)
        await engine.start(spec)
        await engine.ready("small")
        first = await engine.query("small", {"seed": 1, "format": "PNG"})
        digest = hashlib.sha256(CHECKPOINT.read_bytes()).hexdigest()
        kept = box / "data" / "carried" / digest / "file"
        assert kept.read_bytes() == CHECKPOINT.read_bytes()
        written = kept.stat().st_mtime_ns
        assert engine.running["small"].message.startswith("small is running on box.example, ")
        kill(engine, "small")
        assert await engine.query("small", {"seed": 1, "format": "PNG"}) == first
        said = [event.message for event in heard if isinstance(event, StateChanged)]
        assert "small is not reached (no word came); trying again." in said
        assert said[-1].startswith("small is running on box.example, ")
        assert (box / "lines").read_text().count("\n") == 2
        assert kept.stat().st_mtime_ns == written
    async with Engine() as engine:  # the same picture as from a process here
        await engine.start(ModelSpec(name="small", family="stylegan", options=spec.options))
        here = await engine.query("small", {"seed": 1, "format": "PNG"})
    # Each measures which backend is the faster one there; they are exact to a level.
    mine, theirs = (np.asarray(from_data_uri(it["image"], "image"), int) for it in (here, first))
    assert np.abs(mine - theirs).max() <= 1


async def test_where_a_way_breaks_nothing_is_lost_or_asked_twice(
    box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RemoteExecutor, "at_once", 8)
    tally = box / "tally"
    spec = ModelSpec(name="tally", family="toys:Tally", options={"file": str(tally)}, on=BOX)
    async with Engine() as engine:
        await engine.start(spec)
        await engine.ready("tally")
        calls = [asyncio.ensure_future(engine.query("tally", {"number": n})) for n in range(150)]
        for asked in (20, 60, 120):
            async with asyncio.timeout(60):
                while not tally.exists() or tally.read_text().count("\n") < asked:
                    await asyncio.sleep(0.002)
            kill(engine, "tally")
        answers = await asyncio.gather(*calls)
    assert [answer["double"] for answer in answers] == [2 * n for n in range(150)]
    lines = [line.split() for line in tally.read_text().splitlines()]
    assert sorted(int(number) for number, _ in lines) == list(range(150))
    assert len({process for _, process in lines}) == 1  # the model itself was not started again
    assert (box / "lines").read_text().count("\n") > 1


async def test_a_way_that_is_silent_is_left_for_another_unless_it_speaks_first(
    box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taxiway.engine.executors.remote.DOUBT_SECONDS", 0.1)
    tally = box / "tally"
    spec = ModelSpec(name="tally", family="toys:Tally", options={"file": str(tally)}, on=BOX)
    async with Engine() as engine:
        await engine.start(spec)
        await engine.ready("tally")
        running = engine.running["tally"]
        assert (await engine.query("tally", {"number": 1}))["double"] == 2
        for number, speaks in ((2, True), (3, False)):
            async with asyncio.timeout(90):
                (box / "held").touch()  # no new way is ready before it may be
                begun = (box / "lines").read_text().count("\n")
                tunnel = kill(engine, "tally", signal.SIGSTOP)
                asked = asyncio.ensure_future(engine.query("tally", {"number": number}))
                while (box / "lines").read_text().count("\n") == begun:
                    await asyncio.sleep(0.005)
                if speaks:
                    os.kill(tunnel, signal.SIGCONT)
                    assert (await asked)["double"] == 2 * number
                (box / "held").unlink()
                assert (await asked)["double"] == 2 * number
                while (running.pid == tunnel) != speaks or is_sought(engine):
                    await asyncio.sleep(0.005)
            assert psutil.pid_exists(tunnel) == speaks
    lines = [line.split() for line in tally.read_text().splitlines()]
    assert [int(number) for number, _ in lines] == [1, 2, 3]
    assert len({process for _, process in lines}) == 1


async def test_a_model_ends_where_its_way_stays_silent(
    box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("LEAST_HELD", 0.5), ("HOLD_SECONDS", 0.5), ("DOUBT_SECONDS", 1e9)):
        monkeypatch.setattr(f"taxiway.engine.executors.remote.{name}", value)
    tally = box / "tally"
    spec = ModelSpec(name="tally", family="toys:Tally", options={"file": str(tally)}, on=BOX)
    async with Engine() as engine:
        await engine.start(spec)
        async with asyncio.timeout(90):
            while not tally.exists():
                with contextlib.suppress(Unavailable):  # a busy machine is silent for so long, too
                    await engine.query("tally", {"number": 1})
            model = int(tally.read_text().split()[1])
            with contextlib.suppress(AssertionError, ProcessLookupError):
                kill(engine, "tally", signal.SIGSTOP)
            while is_alive(model):
                await asyncio.sleep(0.05)


async def test_a_model_that_crashes_over_there_says_how(box: Path) -> None:
    async with Engine() as engine:
        heard: list[Event] = []
        engine.events.listen(heard.append)
        await engine.start(ModelSpec(name="bad", family="toys:Troubled", on=BOX))
        await engine.ready("bad")
        with pytest.raises(Unavailable, match="died while it worked"):
            await engine.query("bad", {"what": "die"})
        await engine.ready("bad")
    said = [event.message for event in heard if isinstance(event, StateChanged)]
    assert any("bad died (exit code" in words and "on box.example" in words for words in said)


async def test_a_machine_that_is_down_is_tried_again_and_again(
    box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taxiway.engine.running.AGAIN_SECONDS", (0.01, 0.05))
    monkeypatch.setattr("taxiway.engine.executors.remote.HOLD_SECONDS", 0.5)
    async with Engine() as engine:
        await engine.start(TOY)
        await engine.ready("toy")
        (box / "down").touch()
        kill(engine, "toy")
        async with asyncio.timeout(60):
            while "No route to host" not in engine.running["toy"].message:
                await asyncio.sleep(0.01)
            with pytest.raises(Unavailable, match="was lost: the way .* No route to host"):
                await engine.query("toy", {"seed": 1})
            while (box / "lines").read_text().count("\n") < 9:  # more than crashes may be
                await asyncio.sleep(0.01)
            (box / "down").unlink()
            await engine.ready("toy")
        assert "image" in await engine.query("toy", {"z": [0] * 512})


async def test_a_machine_that_was_never_reached_is_said_in_sshs_words(box: Path) -> None:
    (box / "down").touch()
    async with Engine() as engine:
        await engine.start(TOY)
        with pytest.raises(Unavailable, match="box.example cannot be reached: .*No route to host"):
            await engine.ready("toy")


async def test_a_machine_without_taxiway_is_said_and_what_to_do(box: Path) -> None:
    (box / "ssh").write_text(
        "#!/bin/sh\necho 'bash: line 1: taxiway: command not found' >&2\nexit 127\n"
    )
    async with Engine() as engine:
        await engine.start(TOY)
        words = (
            r"box.example is reached, but has no 'taxiway' .*: ssh://box.example/path/of/taxiway"
        )
        with pytest.raises(Unavailable, match=words):
            await engine.ready("toy")


async def test_what_is_played_from_afar_comes_as_jpeg(
    box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taxiway.engine.executors.remote.FAR_MS", 0.0)
    async with Engine() as engine:
        await engine.start(TOY)
        values = {"z": [0.0] * 512}
        whole = (await engine.run("toy", values))["image"]
        played = (await engine.run("toy", values, live="session"))["image"]
        rests = (await engine.run("toy", values, live="session", rests=True))["image"]
        engine.watch("toy", lambda: True)
        asked = await engine.query("toy", {**values, "format": "PNG"})
        encoded = await engine.query("toy", values)
    assert (played.shape, played.dtype) == (whole.shape, whole.dtype)
    off = abs(played.astype(int) - whole)
    assert 0 < off.max() < 20  # of JPEG
    assert np.array_equal(rests, EncodedPicture(encoded["image"]).pixels())
    assert np.array_equal(EncodedPicture(asked["image"]).pixels(), whole)


async def test_what_moves_is_sent_smaller_where_it_comes_late_and_whole_once_it_rests(
    box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("SETTLING_SECONDS", 0.0), ("WINDOW_SECONDS", 0.0), ("LATE_MS", -1e9)):
        monkeypatch.setattr(f"taxiway.engine.sending.{name}", value)
    monkeypatch.setattr("taxiway.engine.executors.remote.FAR_MS", 0.0)
    async with Engine() as engine:
        said: list[str] = []
        engine.events.listen(lambda event: said.append(getattr(event, "message", "")))
        await engine.start(TOY)
        await engine.ready("toy")
        session = LiveSession(engine, TOY, rest_seconds=0.2)
        live = asyncio.create_task(session.run())
        frames: list[Frame] = []

        def look() -> None:
            if (shown := viewer.take()) is not None:
                viewer.acknowledge(shown.frame.index)
                frames.append(shown.frame)

        viewer = session.broadcast.join(look)
        async with asyncio.timeout(90):
            while not engine.running["toy"].facts["played_as"].endswith("of half the size"):
                session.set({"z": [len(frames) / 100] * 512})
                await asyncio.sleep(0.01)
            session.set({"z": [0.5] * 512})
            while session._is_coarse or not session.broadcast.is_settled:
                await asyncio.sleep(0.01)
        whole = (await engine.run("toy", {"z": [0.5] * 512}))["image"]
        live.cancel()
        await asyncio.wait([live])
    kind = "H.264" if is_here("av") else "JPEG"
    words = f"away; what moves comes as {kind} of half the size, as much as the way carries."
    assert any(message.endswith(words) for message in said)
    assert all(frame.pixels.shape == whole.shape for frame in frames)
    assert abs(frames[-1].pixels.astype(int) - whole).max() < 20


async def test_another_version_over_there_is_said(
    box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taxiway.engine.ways.VERSION", b"99\n")
    async with Engine() as engine:
        await engine.start(TOY)
        with pytest.raises(Unavailable, match="box.example has another version of Taxiway"):
            await engine.ready("toy")


async def test_the_worker_ends_with_the_way(box: Path) -> None:
    async with Engine() as engine:
        await engine.start(TOY)
        await engine.ready("toy")
        worker = psutil.Process(engine.running["toy"].pid)
    with contextlib.suppress(psutil.NoSuchProcess):
        worker.wait(60)
    assert not worker.is_running()


class Pieces:
    """A way on which these messages come."""

    def __init__(self, *come: bytes) -> None:
        self.come = list(come)

    def receive(self) -> bytes:
        return self.come.pop(0)


def taken(folder: Path, given: Bag, *come: bytes) -> ModelSpec:
    """What becomes of a bag and of what comes after it."""
    missing = missing_of(given, folder)
    return unpacked(Pieces(*come), given, missing, folder)  # type: ignore[arg-type]


def bag(**changed: Any) -> Bag:
    data = b"abc"
    taken = {"option": "checkpoint", "path": "", "name": "x.pkl",
             "sha256": hashlib.sha256(data).hexdigest(), "size": 3}  # fmt: skip
    spec = ModelSpec(name="x", family="stylegan", options={"checkpoint": "/there/x.pkl"})
    return Bag(spec, [Taken(**{**taken, **changed})])


def test_files_that_came_lie_under_their_own_names(tmp_path: Path) -> None:
    spec = taken(tmp_path, bag(), b"ab", b"c")
    path = Path(spec.options["checkpoint"])
    assert (path.name, path.read_bytes(), tmp_path in path.parents) == ("x.pkl", b"abc", True)
    assert taken(tmp_path, bag()) == spec  # nothing is missing any more


@pytest.mark.parametrize(
    ("changed", "come", "words"),
    [
        ({"sha256": "0" * 64}, b"abc", "another file than was announced"),
        ({"size": 2}, b"abc", "another file than was announced"),
        ({"sha256": "../../x"}, b"abc", "as its SHA-256"),
        ({"name": "../x"}, b"abc", "cannot be called"),
        ({"path": "a/../../../x"}, b"abc", "cannot be called"),
        ({"size": 2**60}, b"abc", "MB are free there"),
    ],
)
def test_what_comes_stays_in_its_folder(
    tmp_path: Path, changed: dict[str, Any], come: bytes, words: str
) -> None:
    with pytest.raises(ModelFailed, match=words):
        taken(tmp_path / "in", bag(**changed), come)
    assert [path.name for path in tmp_path.iterdir()] in ([], ["in"])


def test_a_folder_of_files_goes_along_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "ways" / "deep").mkdir(parents=True)
    (tmp_path / "ways" / "deep" / "a.npz").write_bytes(b"a")
    options = {"checkpoint": str(CHECKPOINT), "directions": str(tmp_path / "ways")}
    found, places = luggage(ModelSpec(name="x", family="stylegan", options=options, on=BOX))
    assert {(each.option, each.path) for each in found.files} == {
        ("checkpoint", ""), ("directions", "deep/a.npz"),
    }  # fmt: skip
    assert found.spec.on == ""
    come = [places[each.sha256].read_bytes() for each in found.files]
    spec = taken(tmp_path / "there", found, *come)
    assert (Path(spec.options["directions"]) / "deep" / "a.npz").read_bytes() == b"a"
    assert io.BytesIO(Path(spec.options["checkpoint"]).read_bytes()).read(2) == b"\x80\x04"
    for name in ("", ".", "..", "a/b", "a\0"):
        with pytest.raises(ModelFailed, match="cannot be called"):
            plain(name)
