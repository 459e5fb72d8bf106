"""The whole program in one process tree: one port, one model, everything on it."""

import argparse
import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator

import httpx
import psutil
import pytest

from taxiway import app
from taxiway.catalog import catalog
from taxiway.commands import run
from taxiway.core.config import Config
from taxiway.core.events import MessageIgnored
from taxiway.web import notices

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
HANG_UP = getattr(signal, "SIGHUP", signal.SIGINT)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with (
        app.serving(Config(port=0), [catalog.card("painter")], {}) as model_servers,
        httpx.AsyncClient(base_url=model_servers.running()[0].url, timeout=60) as client,
    ):
        yield client


@pytest.mark.smoke
async def test_one_port_has_the_model_the_studio_and_the_health(client: httpx.AsyncClient) -> None:
    info = (await client.get("/info")).json()
    assert [field["name"] for field in info["inputs"]][:2] == ["z", "truncation"]
    answer = (await client.post("/query", json={"z": [0.1] * 512, "truncation": 0.8})).json()
    assert answer["image"].startswith("data:image/jpeg;base64,")
    assert (await client.get("/data")).json() == answer
    assert (await client.get("/error")).json() == {"error": None}
    health = (await client.get("/healthz")).json()
    assert (health["model"], health["state"]) == ("painter", "running")
    page = await client.get("/")
    assert "Taxiway" in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]


async def test_models_may_run_in_the_servers_own_process() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    run.arguments(parser)
    words = ["painter", "--executor", "thread", "--port", "0"]
    words += ["--socketio-port", "off", "--osc-port", "off", "--hub-port", "off"]
    config = run.config(parser.parse_args(words))
    async with app.serving(config, [catalog.card("painter")], {}) as model_servers:
        await model_servers._engine.ready("painter")
        assert model_servers._engine.running["painter"].pid is None


async def test_an_input_that_the_model_does_not_have_is_said_once(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_said", set())
    for _ in range(2):
        answer = await client.post("/query", json={"seed": 20, "prompt": "a cat"})
        assert answer.headers["x-taxiway-ignored"] == "prompt"
    assert capsys.readouterr().out.count("painter has no input 'prompt'") == 1


def test_of_messages_that_do_nothing_the_first_of_each_sender_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_said", set())
    for sender in ("192.0.2.5:9000", "192.0.2.5:9001", "[fe80::1]:9"):
        app._tell_of_messages(MessageIgnored("it", "OSC", sender, f"/{sender} is none."))
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        "OSC from 192.0.2.5",
        "OSC from [fe80::1]",
    ]
    assert "/192.0.2.5:9000 is none. The studio's Network panel" in lines[0]


@pytest.mark.parametrize(
    ("is_seen", "encoding"), [(True, "utf-8"), (True, "ascii"), (False, "utf-8")]
)
def test_where_somebody_looks_the_address_is_a_qr_code_too(
    is_seen: bool, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr(terminal, "isatty", lambda: is_seen)
    monkeypatch.setattr(sys, "stdout", terminal)
    app._say_in_a_picture("http://192.0.2.7:8000")
    terminal.seek(0)
    assert ("█" in terminal.read()) == (is_seen and encoding == "utf-8")


async def test_the_openapi_document_lists_every_open_route(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert {"/query", "/info", "/data", "/error", "/healthz"} <= set(document["paths"])


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.smoke
@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, pytest.param(signal.SIGTERM, marks=POSIX), pytest.param(HANG_UP, marks=POSIX)],
)
def test_a_signal_ends_the_server_and_its_worker(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "taxiway", "run", "painter", "--no-browser", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if "is running" in line:
            break
    family = psutil.Process(process.pid).children(recursive=True)
    assert family
    process.send_signal(number)
    assert process.wait(60) == 0
    _, alive = psutil.wait_procs(family, timeout=60)
    assert not alive
    process.stdout.close()


@POSIX
def test_a_terminal_that_is_closed_is_no_traceback() -> None:
    command = [sys.executable, "-m", "taxiway", "run", "painter", "--no-browser", "--port", "0"]
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        command, stdout=theirs, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    os.close(theirs)
    with open(ours) as terminal:
        for line in terminal:
            if "is running" in line:
                break
    process.send_signal(HANG_UP)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in said) == (0, False)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_service_that_is_ended_as_a_whole_ends_in_order() -> None:
    command = [sys.executable, "-m", "taxiway", "run", "painter", "--no-browser", "--port", "0"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "is running" in line:
            break
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(60) == 0
    assert process.stdout.read() == "\nStopping.\npainter is stopped.\n"
    process.stdout.close()


async def test_thirty_students_at_once_are_all_answered(client: httpx.AsyncClient) -> None:
    calls = [client.post("/query", json={"seed": seed, "size": 32}) for seed in range(30)]
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 30


def is_worker(process: psutil.Process) -> bool:
    """Whether it is a model's process: another test's browser has descendants too."""
    try:
        is_alive, parent = process.memory_info().rss, process.ppid()
        return (
            bool(is_alive)
            and parent != os.getpid()
            and "multiprocessing" in " ".join(process.cmdline())
        )
    except psutil.NoSuchProcess:  # it was just ending
        return False


async def test_a_killed_worker_is_a_clean_503_and_then_a_200(client: httpx.AsyncClient) -> None:
    await client.get("/info")
    found = [each for each in psutil.Process().children(recursive=True) if is_worker(each)]
    worker = max(found, key=psutil.Process.create_time)
    slow = [client.post("/query", json={"seed": seed, "size": 1024}) for seed in range(3)]
    before = sum(worker.cpu_times()[:2])
    asking = asyncio.gather(*slow)
    while sum(worker.cpu_times()[:2]) < before + 0.03:  # not before it works
        await asyncio.sleep(0.005)
    worker.kill()
    answers = await asyncio.wait_for(asking, 60)
    lost = [answer for answer in answers if answer.status_code == 503]
    assert len(lost) == 1
    assert int(lost[0].headers["retry-after"]) >= 1
    assert "died" in json.loads(lost[0].text)["error"]
    assert (await client.post("/query", json={"seed": 1, "size": 32})).status_code == 200
