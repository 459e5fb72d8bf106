"""Ported models under the engine: asked, refused, ended and started again like any other."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from families.ported.running import PORTS, serving
from families.ported.uris import picture, pixels, to_uri
from taxiway.core.errors import InvalidArgument, ModelFailed, Unavailable
from taxiway.core.model import ModelSpec, Progress
from taxiway.engine import Engine

PHOTO = np.random.RandomState(0).randint(0, 256, (32, 48, 3))


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    async with Engine() as engine:
        yield engine


def spec(port: str | Path, **options: Any) -> ModelSpec:
    return ModelSpec(name="port", family="ported", options={"path": str(PORTS / port), **options})


async def started(engine: Engine, chosen: ModelSpec) -> Engine:
    await engine.start(chosen)
    await engine.ready(chosen.name)
    return engine


async def why_not(engine: Engine, chosen: ModelSpec) -> str:
    """What a model says that cannot start."""
    await engine.start(chosen)
    with pytest.raises(Unavailable) as raised:
        await engine.ready(chosen.name)
    return str(raised.value)


def child(engine: Engine) -> psutil.Process:
    """The port's own process."""
    pid = engine.running["port"].pid
    assert pid is not None
    [process] = psutil.Process(pid).children()
    return process


@pytest.mark.smoke
async def test_every_command_of_a_port_can_be_asked(engine: Engine) -> None:
    await started(engine, spec("classes.py"))
    assert list(engine.running["port"].commands) == ["shout", "half", "same"]
    assert await engine.query("port", {"words": "hé 🌈"}) == {"loud": "HÉ 🌈!"}
    answer = await engine.query("port", {"photo": to_uri(PHOTO)}, "half")
    assert (picture(answer["small"]).format, picture(answer["small"]).size) == ("JPEG", (24, 16))
    assert await engine.query("port", {"anything": [1, {"a": None}]}, "same") == {
        "result": [1, {"a": None}]
    }


async def test_settings_vectors_and_whole_numbers_reach_it(engine: Engine) -> None:
    await started(engine, spec("latent.py", settings={"size": 128, "tint": 1}))
    command = engine.running["port"].commands["generate"]
    assert command.describe()["inputs"][0] == {
        "name": "z",
        "type": "vector",
        "description": None,
        "length": 8,
        "samplingMean": 0,
        "samplingStd": 0.5,
        "default": None,
    }
    z = [0.5, -1, 0, 0, 0, 0, 0, 0]
    answer = await engine.query("port", {"z": z, "rows": 2.0}, None, "image=PNG")
    assert pixels(answer["image"]).shape == (128, 128, 3)
    assert answer["norm"] == pytest.approx(np.linalg.norm(z))
    with pytest.raises(InvalidArgument, match="'z' takes 8 numbers, got 2"):
        await engine.query("port", {"z": [1, 2]})


async def test_pictures_cross_without_loss(engine: Engine) -> None:
    await started(engine, spec("paint.py"))
    outputs = await engine.run("port", {"image": np.asarray(PHOTO[:, :, 0], np.uint8)}, "parse")
    np.testing.assert_array_equal(outputs["depth"], PHOTO[:, :, 0])
    np.testing.assert_array_equal(outputs["map"], PHOTO[:, :, 0] > 127)
    ids = np.full((8, 8), 156, np.uint8)
    answer = await engine.query("port", {"semantic_map": to_uri(ids)}, "convert", "output=PNG")
    assert (pixels(answer["output"]) == (200, 220, 255)).all()


async def test_lists_of_boxes_and_landmarks_come_back(engine: Engine) -> None:
    photo = np.zeros((10, 20), np.uint8)
    photo[2:6, 5:10] = 255
    await started(engine, spec("detect.py"))
    found = await engine.query("port", {"input_image": to_uri(photo)})
    assert found["bboxes"] == [[0.25, 0.2, 0.5, 0.6]]
    assert found["classes"] == ["bright"]
    assert found["raw"] == {"mean": 0.5, "worst": None, "shape": [10, 20]}


async def test_the_last_value_of_a_generator_is_the_answer(engine: Engine) -> None:
    await started(engine, spec("streaming.py"))
    assert await engine.query("port", {"to": 4}, "count") == {"n": 4}


async def test_a_clients_file_is_its_bytes_and_never_a_path(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "a.bin").touch()
    settings = {"folder": str(tmp_path), "weights": str(tmp_path / "a.bin")}
    await started(engine, spec("filing.py", settings=settings))
    sound = "data:audio/wav;base64,AAECAwQ="
    assert await engine.query("port", {"sound": sound}) == {"bytes": 5}
    with pytest.raises(InvalidArgument, match="takes a file as a data URI"):
        await engine.query("port", {"sound": str(tmp_path / "a.bin")})
    assert await engine.query("port", {}, "which") == {"options": settings}


async def test_the_oldest_dialect_runs(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("a photo picture")
    settings = {"weights": str(tmp_path / "words.txt")}
    await started(engine, spec("oldest.py", settings=settings))
    answer = await engine.query("port", {"photo": to_uri(PHOTO), "index": 2})
    assert answer == {"caption": "picture of 48 x 32"}


@pytest.mark.parametrize(
    ("command", "word", "message"),
    [
        ("raise", "", r"Error during inference: ZeroDivisionError\('division by zero'\)."),
        ("exit", "", r"Error during inference: SystemExit\(4\)."),
        ("wrong", "", "'wrong' gave no output 'picture'."),
        ("wrong", "x", r"It takes PIL or uint8 \[H, W, 3\], got float64 \[1\]."),
        ("object", "", "JSON has no form for object"),
    ],
)
async def test_what_a_port_does_wrong_is_told(command: str, word: str, message: str) -> None:
    async with Engine() as engine:
        await started(engine, spec("troubled.py"))
        with pytest.raises(ModelFailed, match=message):
            await engine.query("port", {"word": word}, command)


async def test_what_a_port_refuses_names_the_input(engine: Engine) -> None:
    await started(engine, spec("troubled.py"))
    with pytest.raises(InvalidArgument, match="'word': Not that one.") as raised:
        await engine.query("port", {"word": "this"}, "refuse")
    assert raised.value.name == "word"
    with pytest.raises(InvalidArgument, match="'picture' is missing"):
        await engine.query("port", {}, "show")


async def test_a_port_that_dies_is_started_again(engine: Engine) -> None:
    await started(engine, spec("troubled.py"))
    before = child(engine).pid
    with pytest.raises(Unavailable, match="died while it worked and is starting again"):
        await engine.query("port", {}, "die")
    with pytest.raises(ModelFailed):
        await engine.query("port", {}, "raise")
    assert child(engine).pid != before


async def test_a_port_killed_while_idle_is_back_before_anyone_asks(engine: Engine) -> None:
    await started(engine, spec("classes.py"))
    states = []
    running = asyncio.Event()
    engine.events.listen(lambda event: states.append(getattr(event, "state", "")))
    engine.events.listen(lambda event: running.set() if states[-1] == "running" else None)
    child(engine).kill()
    await asyncio.wait_for(running.wait(), 60)
    assert states == ["starting", "running"]
    assert await engine.query("port", {"words": "a"}) == {"loud": "A!"}


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_a_port_ends_with_its_worker(engine: Engine, end: str) -> None:
    await started(engine, spec("classes.py"))
    process = child(engine)
    if end == "stop":
        await engine.stop("port")
    else:
        pid = engine.running["port"].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(psutil.wait_procs, [process], 10)
    assert not process.is_running()


async def test_a_port_that_cannot_start_says_why(engine: Engine, tmp_path: Path) -> None:
    troubled = {"at_start": "raise"}
    assert await why_not(engine, spec("troubled.py", settings=troubled)) == (
        "port could not start: It ended with exit code 1: "
        "Error during setup: ValueError('no such luck')."
    )
    troubled = {"at_start": "exit"}
    assert await why_not(engine, spec("troubled.py", settings=troubled)) == (
        "port could not start: It ended with exit code 3: the last words of a port."
    )
    assert "Missing option: weights." in await why_not(engine, spec("oldest.py"))
    assert "There is no ported model at" in await why_not(engine, spec(tmp_path))
    assert "'/no/python' does not start: No such file" in await why_not(
        engine, spec("classes.py", python="/no/python")
    )


async def test_a_package_that_is_missing_is_told_with_the_way_to_get_it(
    engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "runway_model.py").write_text("import no_such_package\n")
    (tmp_path / "runway.yml").write_text(
        "entrypoint: python runway_model.py\n"
        "build_steps:\n  - pip install no_such_package\n  - {if_gpu: pip install more}\n"
    )
    assert await why_not(engine, spec(tmp_path)) == (
        "port could not start: It ended with exit code 1: "
        "ModuleNotFoundError: No module named 'no_such_package'. "
        "runway.yml prepares its Python with: pip install no_such_package."
    )


async def test_a_program_that_declares_nothing_is_no_model(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "runway_model.py").write_text("import runway\nrunway.run()\n")
    assert await why_not(engine, spec(tmp_path)) == (
        "port could not start: It declares no command."
    )


async def test_a_port_runs_in_the_python_that_it_is_given(engine: Engine, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nMARK=given exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (tmp_path / "own.py").write_text(
        "import os, runway\n"
        "@runway.command('tell', inputs={'x': runway.number}, outputs={'y': runway.text})\n"
        "def tell(model, inputs):\n    return ' '.join([os.environ['MARK'], os.environ['MORE']])\n"
        "runway.run()\n"
    )
    (tmp_path / "runway.yml").write_text("entrypoint: MORE='from yml' python3.6 own.py\n")
    await started(engine, spec(tmp_path, python=os.path.relpath(python)))
    assert await engine.query("port", {}) == {"y": "given from yml"}


async def test_nobody_else_may_ask_a_port(engine: Engine) -> None:
    await started(engine, spec("classes.py"))
    [listening] = [c for c in child(engine).net_connections() if c.status == psutil.CONN_LISTEN]
    assert listening.laddr.ip == "127.0.0.1"
    answer = await asyncio.to_thread(refusal, listening.laddr.port)
    assert (answer[0], "run by Taxiway" in answer[1]) == (403, True)


def refusal(port: int) -> tuple[int, str]:
    import httpx

    answer = httpx.get(f"http://127.0.0.1:{port}/meta", trust_env=False, timeout=60)
    assert "access-control-allow-origin" not in answer.headers
    return answer.status_code, answer.json()["error"]


async def test_a_server_that_runs_already_can_be_connected_to(engine: Engine) -> None:
    with serving("classes.py") as port:
        spec = ModelSpec(name="port", family="ported", options={"url": port.url})
        await started(engine, spec)
        photo = {"photo": to_uri(PHOTO)}
        answer = await engine.query("port", photo, "half", "small=PNG")
        assert picture(answer["small"]).size == (24, 16)
    with pytest.raises(ModelFailed, match="The model server does not answer"):
        await engine.query("port", {"words": "a"})
    await engine.stop("port")
    assert "No model server answers at" in await why_not(engine, spec)


async def test_servers_of_other_machines_are_not_connected_to(engine: Engine) -> None:
    for url in ("http://192.0.2.1:9000", "https://localhost", "http://example.org/", "nonsense"):
        chosen = ModelSpec(name="port", family="ported", options={"url": url})
        assert "'url' takes a model server of this machine" in await why_not(engine, chosen)
    nothing = ModelSpec(name="port", family="ported")
    assert "needs the option 'path' or 'url'" in await why_not(engine, nothing)


async def test_a_command_that_yields_is_answered_in_parts(engine: Engine) -> None:
    await started(engine, spec("streaming.py"))
    parts = [part async for part in engine.stream("port", {"to": 3}, "count")]
    assert parts[-1].outputs == {"n": 3}
    assert list(dict.fromkeys(part.news["n"] for part in parts if part.news)) == [1, 2, 3]
    assert parts[-2].progress == Progress(1.0)
    assert await engine.query("port", {"to": 2}, "bare") == {"n": 1}
    with pytest.raises(ModelFailed, match="it yielded nothing"):
        await engine.query("port", {"to": 0}, "bare")


async def test_a_command_that_never_ends_ends_when_nobody_waits(engine: Engine) -> None:
    await started(engine, spec("streaming.py"))
    async for part in (stream := engine.stream("port", {"from": 5}, "endless")):
        if part.outputs.get("n", 0) >= 8:
            break
    await stream.aclose()  # type: ignore[attr-defined]
    assert "closed" in (await engine.query("port", {}, "log"))["lines"]
