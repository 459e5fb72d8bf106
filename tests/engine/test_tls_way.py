"""A way to a worker by TLS: what is shown, what is proved, and a model over it."""

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from killing import kill
from taxiway.catalog.remotes import keep_secret, secret_of
from taxiway.core.errors import ModelFailed, NotFound, Unavailable
from taxiway.core.model import ModelSpec
from taxiway.engine.engine import Engine
from taxiway.engine.places import TlsPlace
from taxiway.engine.tls_way import Door, Identity, closed, connect, identity

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Linux and macOS only")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Identity:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))
    return identity(tmp_path / "worker")


@asynccontextmanager
async def listening(own: Identity, *command: str) -> AsyncIterator[TlsPlace]:
    async with Door(own, list(command)).open("127.0.0.1", 0) as port:
        yield TlsPlace("127.0.0.1", port, own.pin)


def test_an_identity_is_made_once_and_for_this_user_alone(own: Identity, tmp_path: Path) -> None:
    assert identity(tmp_path / "worker") == own
    assert len(own.secret) == 32
    for file in (tmp_path / "worker").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_whoever_has_the_secret_comes_to_what_is_there(own: Identity) -> None:
    async with listening(own, "cat") as place:
        reader, writer = await connect(place, own.secret)
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        await closed(writer)


async def test_whoever_shows_or_proves_something_else_is_parted_with(own: Identity) -> None:
    async with listening(own, "cat") as place:
        for pin, secret, words in (
            ("sha256:" + "0" * 64, own.secret, f"another certificate .* {own.pin}"),
            (own.pin, "guessed", "does not take the secret of this side"),
        ):
            with pytest.raises(ModelFailed, match=words):
                await connect(place._replace(pin=pin), secret)
        # One without the secret cannot pass for the other side, even with the certificate.
    other = own._replace(secret="another")
    async with listening(other, "cat") as place:
        with pytest.raises(ModelFailed, match="does not take the secret"):
            await connect(place, own.secret)
    with pytest.raises(ModelFailed, match=f"127.0.0.1:{place.port}: "):
        await connect(place, own.secret)


async def test_what_does_not_speak_tls_is_said(own: Identity) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n" * 9)
        await closed(writer)

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ModelFailed, match="does not speak TLS: WRONG_VERSION_NUMBER"):
            await connect(TlsPlace("127.0.0.1", port, own.pin), own.secret)


async def test_a_model_runs_by_tls_and_its_way_is_mended(own: Identity) -> None:
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    worker = ("env", f"PYTHONPATH={path}", sys.executable, "-m", "taxiway", "worker")
    async with listening(own, *worker) as place, Engine() as engine:
        with pytest.raises(NotFound, match="No secret is known for tls://127.0.0.1"):
            secret_of(place.address)
        keep_secret(place.address, own.secret)
        await engine.start(ModelSpec(name="toy", family="toys:Gradient", on=place.address))
        await engine.ready("toy")
        first = await engine.query("toy", {"seed": 1})
        kill(engine, "toy")
        assert await engine.query("toy", {"seed": 1}) == first
        assert engine.running["toy"].message.startswith("toy is running on 127.0.0.1, ")
        keep_secret(place.address, "guessed")
        await engine.start(ModelSpec(name="two", family="toys:Gradient", on=place.address))
        with pytest.raises(Unavailable, match="cannot be reached: .*does not take the secret"):
            await engine.ready("two")
