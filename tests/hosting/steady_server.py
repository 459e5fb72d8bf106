"""A server that never changes, beside a soak: it tells a slow server from a busy machine.

It answers `POST` as a host does, by a process of its own that does a fixed piece of work, one
question after the other, and keeps nothing from one to the next. How long a question takes here
tells how busy the machine is; how much longer one takes at a server, what that server costs.
"""

import asyncio
import contextlib
import hashlib
import subprocess
import sys
from collections.abc import Iterator

BLOCK = bytes(2**20)
ANSWER = 2000
"""Bytes of an answer, which is what a small picture has."""


def work() -> None:
    """Be the process that answers: a fixed piece of work for each line that comes."""
    for _ in sys.stdin:
        digest = b""
        for _ in range(4):
            digest = hashlib.sha256(digest + BLOCK).digest()
        sys.stdout.write(digest.hex() + "\n")
        sys.stdout.flush()


async def serve() -> None:
    """Listen at a free port, which is printed, until standard input ends."""
    pipe = asyncio.subprocess.PIPE
    worker = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "work", stdin=pipe, stdout=pipe
    )
    turn = asyncio.Lock()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError), contextlib.closing(writer):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
                await reader.readexactly(length)
                async with turn:
                    assert worker.stdin is not None
                    assert worker.stdout is not None
                    worker.stdin.write(b"\n")
                    said = (await worker.stdout.readline()).ljust(ANSWER)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % ANSWER + said)
                await writer.drain()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)
    worker.kill()
    await worker.wait()


@contextlib.contextmanager
def steady_server() -> Iterator[str]:
    """Its address, until the block ends."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, __file__, "serve"], stdin=pipe, stdout=pipe) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.stdin.close()


if __name__ == "__main__":
    if sys.argv[1] == "work":
        work()
    else:
        asyncio.run(serve())
