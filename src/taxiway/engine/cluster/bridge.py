"""The process that speaks to Ray for one model.

Ray ends any process of its own that loses the cluster, so that no server shall be one. It lives as
long as the other end of its socket, and takes what it deployed away when it ends.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from typing import Any

import msgspec

from taxiway.catalog.folder import data_folder
from taxiway.core import declaration
from taxiway.core.errors import TaxiwayError
from taxiway.core.model import ModelSpec
from taxiway.engine.cluster.address import Cluster
from taxiway.engine.cluster.settings import quiet, token_file
from taxiway.engine.cluster.words import Asked, Kind, Told
from taxiway.engine.messages import Codec, Failed
from taxiway.engine.pipe import ServersEnd, WorkersEnd

LONG = 2.0
"""Seconds without an answer after which is said what the cluster does."""
END_SECONDS = 6.0
CONNECT_SECONDS = 3


def main(own: socket.socket, packed: bytes) -> None:
    """Deploy a model and pass on what it is asked, until the other end of `own` is closed."""
    quiet(os.environ)
    pipe = WorkersEnd(own)
    spec = msgspec.msgpack.decode(packed, type=ModelSpec)
    # Ray has words for whatever ends, by every way there is; what matters of them is told.
    with (data_folder() / "cluster.log").open("a") as log:
        log.truncate(0)
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
    try:
        deployed = deploy(spec)
    except TaxiwayError as error:
        failed = Codec().pack(Failed(str(error), expected=True))
        pipe.send(msgspec.msgpack.encode(Told(0, "ready", failed)))
        return
    except BaseException as error:
        words = said(error, all_of_it=True).encode()
        pipe.send(msgspec.msgpack.encode(Told(0, "unreachable", words)))
        return
    asyncio.run(Bridge(deployed, is_pure(spec.family)).run(own))
    # Ray's threads may wait for a cluster that is gone.
    os._exit(0)


def deploy(spec: ModelSpec) -> Any:
    """Join the cluster and deploy the model there. Raises what Ray raises."""
    cluster = Cluster.of(spec.on)
    joined(cluster)
    # Ray takes these for itself; when this process ends is its server's to say.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    from taxiway.engine.cluster.deployed import Deployed

    return Deployed(spec, cluster)


def joined(cluster: Cluster) -> None:
    """Make this process one of the cluster's. Raises what Ray raises."""
    import ray

    address = answering(cluster)
    try:
        ray.init(address, namespace="taxiway", log_to_driver=False, logging_level=logging.ERROR)
    except ConnectionError as error:
        hint = f"its head is there, so see whether its token is that in {token_file()}"
        raise ConnectionError(f"{said(error, all_of_it=True)}; {hint}") from None


def answering(cluster: Cluster) -> str:
    """The head's address, if somebody is there: Ray itself would try for the better part of a
    minute. Raises OSError, or ConnectionError where this machine is of no cluster.
    """
    address = cluster.head or own_address()
    if not address:
        raise ConnectionError("it is of none; begin one: taxiway cluster head")
    host, _, port = address.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    return address


def own_address() -> str:
    """That of the head of the cluster that this machine is of, "" if of none."""
    from ray._private.services import canonicalize_bootstrap_address

    with contextlib.suppress(ConnectionError):
        return canonicalize_bootstrap_address("auto") or ""
    return ""


def is_pure(family: str) -> bool:
    """Whether a call may be made twice."""
    return bool(getattr(declaration.family(family), "deterministic", False))


def said(error: BaseException, all_of_it: bool = False) -> str:
    """The first line of what Ray says, or as many as are short enough."""
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    lines = lines or [type(error).__name__]
    return (" ".join(lines) if all_of_it else lines[0])[:300].rstrip(".")


class Bridge:
    """Passes batches on to a deployment, and its answers back."""

    def __init__(self, deployed: Any, may_repeat: bool, long: float = LONG) -> None:
        self._deployed, self._may_repeat, self._long = deployed, may_repeat, long
        self._pipe = ServersEnd(self._hear, self._end_heard)
        self._gone = asyncio.Event()
        self._asked: dict[int, asyncio.Task[None]] = {}
        self._since: dict[int, float] = {}
        self._plain = set[str]()
        self._words = ""

    async def run(self, own: socket.socket) -> None:
        """Until the other end is closed; then the model is taken away."""
        await self._pipe.connect(own)
        watching = asyncio.ensure_future(self._watch())
        starting = asyncio.ensure_future(self._start())
        await self._gone.wait()
        for task in (watching, starting, *self._asked.values()):
            task.cancel()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(END_SECONDS):
                await asyncio.to_thread(self._deployed.end)

    async def _start(self) -> None:
        self._since[0] = time.monotonic()
        while True:
            try:
                ready = await self._deployed.ready()
                break
            except Exception as error:
                # A machine may have ended just now; there are others, or it is waited for.
                self._say(f"could not be set up there, and is tried again ({said(error)})")
                await asyncio.sleep(self._long)
        self._since.pop(0)
        self._tell(0, "ready", ready)

    def _hear(self, data: bytes) -> None:
        asked = msgspec.msgpack.decode(data, type=Asked)
        if not asked.request:
            if asked.number in self._asked:
                self._asked[asked.number].cancel()
            return
        self._since[asked.number] = time.monotonic()
        self._asked[asked.number] = asyncio.ensure_future(self._answer(asked))

    def _end_heard(self) -> None:
        self._gone.set()

    def _tell(self, number: int, kind: Kind, body: bytes) -> None:
        self._pipe.send(msgspec.msgpack.encode(Told(number, kind, body)))

    async def _answer(self, asked: Asked) -> None:
        try:
            try:
                await self._ask(asked)
            except Exception:
                if not self._may_repeat:
                    raise
                await self._ask(asked)
        except Exception as error:
            again = "was asked twice" if self._may_repeat else "is not asked twice"
            words = f"The replica that worked on this is gone, and it {again} ({said(error)})."
            self._tell(asked.number, "lost", words.encode())
        finally:
            self._asked.pop(asked.number, None)
            self._since.pop(asked.number, None)

    async def _ask(self, asked: Asked) -> None:
        """Ask once; what a model yields comes on its way, where it is one that does."""
        if asked.command in self._plain:
            reply = await self._deployed.predict(asked.request, asked.session)
            self._pass_on(asked.number, "answers", reply)
            return
        last, count = None, 0
        async with contextlib.aclosing(
            self._deployed.parts(asked.request, asked.session)
        ) as replies:
            async for reply in replies:
                if last is not None:
                    self._pass_on(asked.number, "part", last)
                last, count = reply, count + 1
        if last is None:
            raise ConnectionError("no answer came")
        if count == 1:
            self._plain.add(asked.command)
        self._pass_on(asked.number, "answers", last)

    def _pass_on(self, number: int, kind: Kind, reply: tuple[bytes, bytes]) -> None:
        body, news = reply
        if news:
            self._tell(0, "news", news)
        self._tell(number, kind, body)

    async def _watch(self) -> None:
        """Say what the cluster does while somebody waits for long."""
        while True:
            await asyncio.sleep(self._long / 4)
            oldest = min(self._since.values(), default=time.monotonic())
            if time.monotonic() - oldest < self._long:
                self._say("")
                continue
            try:
                async with asyncio.timeout(self._long):
                    running, words = await asyncio.to_thread(self._deployed.replicas)
            except Exception:
                self._say("waits for the cluster's head, which does not answer")
            else:
                more = f": {words.splitlines()[0]}" if words and not running else ""
                self._say("" if running else f"waits for a replica{more.rstrip('.')}")

    def _say(self, words: str) -> None:
        if words != self._words:
            self._words = words
            self._tell(0, "says", words.encode())
