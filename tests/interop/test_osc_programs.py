"""Programs that speak OSC, as their makers built them, each skipped where it is not installed."""

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from interop.broadcasting import BroadcastingEngine
from interop.engineio_clients import until
from session_fakes import FakeEngine, on_session
from taxiway.core.config import Config
from taxiway.engine import Engine
from taxiway.live.session import LiveSession
from taxiway.servers.osc.server import OscServer

EXAMPLES = Path(__file__).parents[2] / "examples"
SLIDES = """
import sys
import numpy as np
from pythonosc.udp_client import SimpleUDPClient

client = SimpleUDPClient("127.0.0.1", int(sys.argv[1]))
client.send_message("/psi", 0.7)
client.send_message("/z", np.linspace(-1, 1, 512).tolist())
"""
"""What a script looks like that was written for a loop of one's own: /z and /psi at port 5006."""


@contextlib.asynccontextmanager
async def server() -> AsyncIterator[tuple[LiveSession, int]]:
    config = Config(osc_port=0, osc_reply_port=1, osc_target=None)
    engine = cast(Engine, BroadcastingEngine())
    async with on_session(FakeEngine()) as session, OscServer(engine, session, config) as osc:
        yield session, osc.port


async def run(*command: str) -> str:
    """What a program says until it ends."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, out
    return out.decode()


def value(session: LiveSession, name: str) -> Any:
    return session.controls.values().get(name)


async def test_a_script_of_one_s_own_plays_as_it_stands() -> None:
    async with server() as (session, port):
        await run(sys.executable, "-c", SLIDES, str(port))
        await until(lambda: value(session, "z") is not None and value(session, "z")[0] == -1)
        assert np.allclose(value(session, "z"), np.linspace(-1, 1, 512))
        assert value(session, "truncation") == pytest.approx(0.7)


async def test_oscsend_moves_numbers_and_all_that_a_pattern_means() -> None:
    if shutil.which("oscsend") is None:
        pytest.skip("oscsend is not installed: it is in Debian's liblo-tools.")
    async with server() as (session, port):
        for words in (
            ["/psi", "f", "0.25"],
            ["/seed", "i", "7"],
            ["/z/[0-3]", "f", "0.5"],
            ["/z/16-17", "ff", "1", "2"],
            ["/blackout", "T"],
        ):
            await run("oscsend", "localhost", str(port), *words)
        await until(lambda: session.is_black)
        assert value(session, "truncation") == 0.25
        assert value(session, "z")[[0, 3, 16, 17]].tolist() == [0.5, 0.5, 1, 2]


@contextlib.asynccontextmanager
async def running(program: str, *options: str, **extra: str) -> AsyncIterator[asyncio.StreamReader]:
    """A program, until the block ends; what it says."""
    process = await asyncio.create_subprocess_exec(
        program,
        *options,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **extra},
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.kill()
        await process.communicate()


async def said(output: asyncio.StreamReader, wanted: str) -> None:
    """Wait until a program says a line."""
    async with asyncio.timeout(60):
        async for line in output:
            if line.decode(errors="replace").strip() == wanted:
                return
    raise AssertionError(f"It never said {wanted!r}.")


def copied(example: Path, port: int, folder: Path) -> str:
    """An example with another port than the usual one."""
    text = example.read_text()
    assert text.count("57100") == 1
    (folder / example.name).write_text(text.replace("57100", str(port)))
    return str(folder / example.name)


async def test_pure_datas_patch_plays_and_is_told(tmp_path: Path) -> None:
    if shutil.which("pd") is None:
        pytest.skip("Pure Data is not installed: it is in Debian's puredata-core.")
    async with server() as (session, port):
        patch = copied(EXAMPLES / "pure-data" / "taxiway.pd", port, tmp_path)
        words = ["psi 0.25", "z0 0.5", "subscribe bang"]
        sends = [word for each in words for word in ("-send", each)]
        options = ["-nogui", "-noaudio", "-nomidi", "-stderr", "-open", patch, *sends]
        async with running("pd", *options) as output:
            await until(lambda: value(session, "z") is not None and value(session, "z")[0] == 0.5)
            assert value(session, "truncation") == 0.25
            session.set({"truncation": 0.75})
            await said(output, "taxiway: truncation 0.75")


async def test_supercolliders_script_plays_and_is_told(tmp_path: Path) -> None:
    if shutil.which("sclang") is None:
        pytest.skip("SuperCollider is not installed: it is in Debian's supercollider-language.")
    async with server() as (session, port):
        session.set({"truncation": 0.5})
        script = copied(EXAMPLES / "supercollider" / "taxiway.scd", port, tmp_path)
        without = {"QT_QPA_PLATFORM": "offscreen", "QTWEBENGINE_CHROMIUM_FLAGS": "--no-sandbox"}
        homes = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
        async with running(
            "sclang", script, **without, **homes, QTWEBENGINE_DISABLE_SANDBOX="1"
        ) as output:
            await said(output, "truncation 0.5")
            await until(lambda: value(session, "truncation") not in (None, 0.5))
            assert 0.25 <= value(session, "truncation") <= 0.75
            source = session.controls.entries["z"].source
            assert str(source).startswith("OSC 127.0.0.1:")
