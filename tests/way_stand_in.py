"""Ways to a cluster without Ray: a real `Post` for each session, in a thread of this process.

What stands in for the process that speaks to Ray is this file, run as a program: it carries bytes
between its standard input and output and the socket at which the posts are.
"""

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from taxiway.engine.cluster.post import Post

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextmanager
def installed(folder: Path, monkeypatch: "pytest.MonkeyPatch") -> Iterator[None]:
    """Have all ways to clusters lead to posts here."""
    from taxiway.engine.cluster import post
    from taxiway.engine.places import ClusterPlace

    tests = Path(__file__).parent
    path = str(folder / "posts")
    line = [sys.executable, "-S", "-E", __file__, path]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (tests, tests.parent / "src"))))
    monkeypatch.setattr(ClusterPlace, "line", lambda place: [*line, place.session])
    monkeypatch.setattr(post.Post, "_watch", lambda own: asyncio.sleep(0))
    loop = asyncio.new_event_loop()
    posts: dict[str, post.Post] = {}

    async def come(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = (await reader.readline()).decode().strip()
        await carried(posts.setdefault(session, post.Post(session, silent=2.0)), (reader, writer))

    server = loop.run_until_complete(asyncio.start_unix_server(come, path))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(ended(server, posts.values()))
        loop.close()


async def ended(server: asyncio.Server, posts: "Iterable[Post]") -> None:
    """Leave nothing open."""
    server.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for each in posts:
        for number in list(each._ways):
            process, timer = each._ways.pop(number)
            timer.cancel()
            process.kill()
            await process.wait()


async def carried(post: "Post", streams: Streams) -> None:
    """As `way.carry` does; who is killed says nothing, and asks no more."""
    reader, writer = streams
    number = await post.open()
    is_there = True

    async def inwards() -> None:
        nonlocal is_there
        while data := await reader.read(2**20):
            await post.give(number, data)
        is_there = False

    giving = asyncio.ensure_future(inwards())
    while is_there and (data := await post.take(number)) != b"":
        writer.write(data or b"")
    giving.cancel()
    writer.close()


def pump(read: Callable[[], bytes], write: Callable[[bytes], object]) -> None:
    while data := read():
        write(data)
    os._exit(0)


def main(path: str, session: str) -> None:
    own = socket.socket(socket.AF_UNIX)
    own.connect(path)
    own.sendall(f"{session}\n".encode())
    threading.Thread(target=pump, args=[lambda: os.read(0, 2**16), own.sendall]).start()
    with open(1, "wb", 0, closefd=False) as out:
        pump(lambda: own.recv(2**16), out.write)


if __name__ == "__main__":
    main(*sys.argv[1:])
