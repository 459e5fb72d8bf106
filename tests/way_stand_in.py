"""A way to a cluster without Ray: a real `Post`, in a process of its own that outlives its callers.

`python way_stand_in.py SESSION` carries standard input and output there. The post listens at a
socket in the folder of TAXIWAY_STAND_IN; `posts` there has a line for each that was begun.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from taxiway.engine.cluster.post import Post
from taxiway.engine.cluster.way import carry
from taxiway.engine.pipe import WorkersEnd, framed
from taxiway.engine.places import ClusterPlace

FOLDER = "TAXIWAY_STAND_IN"


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have all ways to clusters lead there."""
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv(FOLDER, str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, paths())))
    line = [sys.executable, str(Path(__file__))]
    monkeypatch.setattr(ClusterPlace, "line", lambda place: [*line, place.session])
    return folder


def paths() -> list[Path]:
    tests = Path(__file__).parent
    return [tests, tests.parent / "src"]


class Far:
    """Calls the post by its socket, a connection for each call."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ask(self, *words: object) -> object:
        with socket.socket(socket.AF_UNIX) as own:
            own.connect(str(self._path))
            pipe = WorkersEnd(own)
            pipe.send(msgspec.msgpack.encode(words))
            return msgspec.msgpack.decode(pipe.receive())

    def open(self) -> int:
        number = self.ask("open")
        assert isinstance(number, int)
        return number

    def give(self, number: int, data: bytes) -> None:
        self.ask("give", number, data)

    def take(self, number: int) -> bytes | None:
        data = self.ask("take", number)
        assert data is None or isinstance(data, bytes)
        return data


async def post(session: str, path: str) -> None:
    """Be a post until nothing is held there."""
    kept = Post(session, silent=2.0)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(8), "little")
        method, *words = msgspec.msgpack.decode(await reader.readexactly(size))
        found = await getattr(kept, method)(*words)
        writer.write(framed(msgspec.msgpack.encode(found)))
        await writer.drain()
        writer.close()

    async with await asyncio.start_unix_server(answer, path) as server:
        await server.serve_forever()


def main(session: str) -> None:
    folder = Path(os.environ[FOLDER])
    path = folder / session[:8]
    far = Far(path)
    if not path.exists():
        with (folder / "posts").open("a") as posts:
            posts.write(f"{session}\n")
        line = [sys.executable, __file__, session, str(path)]
        with (folder / "log").open("a") as log:
            subprocess.Popen(
                line, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        while not path.exists():
            time.sleep(0.02)
    carry(far, 0, 1)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(sys.argv[1])
        os._exit(0)
    asyncio.run(post(*sys.argv[1:]))
