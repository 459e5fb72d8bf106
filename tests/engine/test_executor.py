"""What every executor does, run over all of them; and what only a process can."""

import asyncio
import errno
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

import ssh_stand_in
from taxiway.core import slots, twins
from taxiway.core.errors import InvalidArgument, ModelFailed
from taxiway.core.images import to_data_uri
from taxiway.core.model import ModelSpec, Progress
from taxiway.engine.areas import FOLDER
from taxiway.engine.executor import Died, Executor
from taxiway.engine.executors import process
from taxiway.engine.messages import Formats, Predict
from toys import gradient

MEMBERS = slots.members("engine.executors")
EXECUTORS = [name for name in MEMBERS if name != "ray"]  # which needs a cluster: test_ray.py
TEXT = {"text": "hello", "left": ""}


@pytest.fixture(params=EXECUTORS)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    if request.param == "remote":
        if sys.platform == "win32":
            pytest.skip("models run elsewhere from Linux and macOS")
        ssh_stand_in.install(tmp_path / "box", monkeypatch)
    return str(request.param)


@asynccontextmanager
async def started(
    kind: str, family: str, on_death: Callable[[], None] = lambda: None, **options: Any
) -> AsyncIterator[Executor]:
    on = {"remote": ssh_stand_in.BOX, "pool": "here"}.get(kind, "")
    spec = ModelSpec(name="toy", family=f"toys:{family}", options=options, on=on)
    executor: Executor = slots.load("engine.executors", kind)(spec, on_death)
    try:
        await executor.start()
        yield executor
    finally:
        await executor.stop()


def ignored(results: list[Any], progress: Progress | None) -> bool:
    return True


def test_there_are_five() -> None:
    assert MEMBERS == ["pool", "process", "ray", "remote", "thread"]


async def test_a_batch_is_answered_in_order_with_arrays(kind: str) -> None:
    zs = [np.full(512, value, np.float32) for value in (-1, 0, 1)]
    calls = [{"z": z, "truncation": 1, "seed": None, "format": None} for z in zs]
    async with started(kind, "Gradient") as executor:
        results = await executor.predict(Predict("generate", calls), ignored)
    for z, result in zip(zs, results, strict=True):
        assert isinstance(result, dict)
        np.testing.assert_array_equal(result["image"], gradient(z))


@pytest.mark.parametrize("kind", ["process", "thread"])
async def test_pictures_keep_their_twins_in_a_thread_alone(kind: str) -> None:
    zs = [np.full(512, value, np.float32) for value in (0, 1)]
    calls = [{"z": z, "truncation": 1, "seed": None, "format": None} for z in zs]
    twins.want("test")
    try:
        async with started(kind, "OnGpu") as executor:
            results = await executor.predict(Predict("generate", calls), ignored)
    finally:
        twins.leave("test")
    pictures = [result["image"] for result in results if isinstance(result, dict)]
    for z, picture in zip(zs, pictures, strict=True):
        np.testing.assert_array_equal(picture, gradient(z))
        assert picture.flags.writeable == (kind == "process")
    found = [twin and twin.address for twin in map(twins.twin_of, pictures)]
    assert found == ([1000, 1000 + 64 * 64 * 4] if kind == "thread" else [None, None])


async def test_what_is_sent_as_jpeg_is_encoded_where_the_model_is(kind: str) -> None:
    call = {"z": np.zeros(512, np.float32), "truncation": 1, "seed": None, "format": None}
    formats: list[Formats | None] = [{}, {"image": "PNG"}, None]
    async with started(kind, "Gradient") as executor:
        jpeg, *others = await executor.predict(Predict("generate", [call] * 3, formats), ignored)
    assert isinstance(jpeg, dict)
    assert jpeg["image"].uri == to_data_uri(gradient(call["z"]))
    for other in others:
        assert isinstance(other, dict)
        np.testing.assert_array_equal(other["image"], gradient(call["z"]))


async def test_what_is_wrong_with_one_call_is_no_harm_to_the_others(kind: str) -> None:
    calls = [{"what": what} for what in ("ok", "fail", "refuse")]
    async with started(kind, "Troubled") as executor:
        good, failed, refused = await executor.predict(Predict("do", calls), ignored)
        assert good == {"said": "batch of 1"}
        assert str(failed) == "The model failed: ZeroDivisionError: no such luck"
        assert isinstance(failed, ModelFailed)
        assert isinstance(refused, InvalidArgument)
        assert await executor.predict(Predict("do", calls[:1]), ignored) == [good]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"at_start": "fail"}, "ZeroDivisionError: no such luck"),
        ({"speed": 3}, "'toy' has no option 'speed'"),
    ],
)
async def test_a_model_that_cannot_start_says_why(
    kind: str, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ModelFailed, match=words):
        async with started(kind, "Troubled", **options):
            pass


async def test_parts_come_as_they_are_yielded_and_the_last_is_the_answer(kind: str) -> None:
    parts: list[tuple[list[Any], Progress | None]] = []

    def take(results: list[Any], progress: Progress | None) -> bool:
        parts.append((results, progress))
        return True

    calls = [TEXT, {"text": "hi", "left": ""}]
    async with started(kind, "Writer") as executor:
        results = await executor.predict(Predict("write", calls), take)
    assert results == [{"text": "hello", "letters": 5}, {"text": "hi", "letters": 2}]
    assert [progress for _, progress in parts if progress][:2] == [
        Progress(0.2, "Letter 1."),
        Progress(0.4, "Letter 2."),
    ]
    assert parts[1] == ([{"text": "h"}, {"text": "h"}], None)
    assert parts[0][0] == [None, None]


async def test_what_nobody_waits_for_is_left_at_the_next_part(kind: str, tmp_path: Path) -> None:
    left = tmp_path / "left.txt"
    calls = [{"text": "for ever", "left": str(left)}]
    async with started(kind, "Writer") as executor:
        (result,) = await executor.predict(
            Predict("write", calls), lambda *part: part[1] is not None
        )
        # From another machine some are under way before the word arrives.
        text = result["text"]
        assert text == "f" or (kind == "remote" and "for ever".startswith(text))
        assert left.read_text() == "left"
        assert await executor.predict(Predict("write", [TEXT]), ignored) == [
            {"text": "hello", "letters": 5}
        ]


async def test_a_failure_between_parts_is_of_the_one_call(kind: str) -> None:
    calls = [TEXT, {"text": "fail", "left": ""}]
    parts: list[Any] = []
    async with started(kind, "Writer") as executor:
        good, failed = await executor.predict(
            Predict("write", calls), lambda *part: not parts.append(part)
        )
    assert good == {"text": "hello", "letters": 5}
    assert "ZeroDivisionError: out of ink" in str(failed)
    # The second time each by itself: what is not of the one that works has no part.
    assert ([{"text": "hello"}, None], None) in parts


@pytest.mark.parametrize(
    ("family", "words"),
    [
        ("Short", "A model gives 2 calls a list of as many answers, got 1."),
        ("Mute", "The model yielded no answer."),
        ("Odd", "A model answers numbers, text and numpy arrays, got object."),
    ],
)
async def test_what_is_no_answer_is_said(kind: str, family: str, words: str) -> None:
    calls = [{"what": "ok"}, {"what": "ok"}]
    async with started(kind, family) as executor:
        results = await executor.predict(Predict("do", calls), ignored)
    # Tried by itself, the short one is right.
    assert [str(result) for result in results][-1] == (
        "{'said': 'one'}" if family == "Short" else words
    )


async def test_it_stops_amid_what_it_works_on_and_its_memory_is_free(kind: str) -> None:
    process = psutil.Process()
    began = asyncio.Event()

    def take(results: list[Any], progress: Progress | None) -> bool:
        began.set()
        return True

    async with started(kind, "Writer") as executor:
        calls = [{"text": "for ever", "left": ""}]
        working = asyncio.create_task(executor.predict(Predict("write", calls), take))
        await began.wait()
        pid = executor.pid
        working.cancel()
        await executor.stop()
        assert pid is None or not psutil.pid_exists(pid)
        assert not any(
            thread.name.startswith("taxiway-toy") for thread in __import__("threading").enumerate()
        )
    assert process.is_running()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals of POSIX")
async def test_a_machine_that_starts_no_process_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(process.socket, "socketpair", full)
    with pytest.raises(ModelFailed, match="No process can be started: Too many open files."):
        async with started("process", "Gradient"):
            pass


async def test_a_process_that_is_killed_says_so_at_once() -> None:
    deaths: list[bool] = []
    async with started("process", "Writer", lambda: deaths.append(True)) as executor:
        began = asyncio.Event()

        def take(results: list[Any], progress: Progress | None) -> bool:
            began.set()
            return True

        calls = [{"text": "for ever", "left": ""}]
        working = asyncio.create_task(executor.predict(Predict("write", calls), take))
        await began.wait()
        assert executor.pid is not None
        os.kill(executor.pid, signal.SIGKILL)
        with pytest.raises(Died, match="exit code -9"):
            await working
        assert (executor.died, deaths) == (True, [True])
        assert str(await executor.death()) == "exit code -9"


@pytest.mark.skipif(sys.platform != "linux", reason="a folder has the names of shared memory")
async def test_shared_memory_has_no_name_that_could_outlive_both_sides() -> None:
    async with started("process", "Gradient") as executor:
        assert isinstance(executor, process.ProcessExecutor)
        areas = [area for area in executor._areas if area is not None]
        assert areas
        assert not [area.name for area in areas if (FOLDER / area.name).exists()]
        z = np.zeros(512, np.float32)
        (answer,) = await executor.predict(
            Predict("generate", [{"z": z, "seed": None, "truncation": 1.0}]), ignored
        )
        assert isinstance(answer, dict)
        np.testing.assert_array_equal(answer["image"], gradient(z))
