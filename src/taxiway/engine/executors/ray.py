"""A model on a Ray cluster, as a deployment of Ray Serve that is called from here.

What speaks to Ray is a process of its own: nothing of Ray is in the server, and none of Ray's ends
are the server's.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from itertools import count
from typing import Any

import msgspec

from taxiway.core import child
from taxiway.core.errors import ModelFailed, Unavailable
from taxiway.core.extras import lacking
from taxiway.core.model import ModelSpec
from taxiway.engine.cluster import bridge
from taxiway.engine.cluster.address import Cluster
from taxiway.engine.cluster.words import Asked, Told
from taxiway.engine.executor import Away, Died, OnPart, Result, Unreachable
from taxiway.engine.messages import Answers, Codec, Failed, News, Part, Predict, Ready, results_of
from taxiway.engine.pipe import ServersEnd

END_SECONDS = bridge.END_SECONDS + 2
AHEAD = 2
"""Batches for each replica, so that the next one travels while one is computed."""
Waiting = tuple["asyncio.Future[Told]", OnPart]


class RayExecutor:
    """One deployment; an `engine.executor.Executor`.

    A batch whose replica died is asked once more if the family's answers are always the same; else
    who waits is told. Raises Unreachable, or later Away, where the cluster is.
    """

    def __init__(self, spec: ModelSpec, on_death: Callable[[], None]) -> None:
        self.spec = spec
        self.died = False
        self.on_news: Callable[[News], None] = lambda news: None
        self.on_words: Callable[[str], None] = lambda words: None
        self.on_facts: Callable[[dict[str, Any]], None] = lambda facts: None
        self.cluster = Cluster.of(spec.on)
        self.at_once = AHEAD * self.cluster.most
        self.live_at_once = 1
        self.hold_seconds = 0.0
        self._on_death = on_death
        self._codec = Codec()
        self._loop = asyncio.get_running_loop()
        self._numbers = count(1)
        self._waiting: dict[int, Waiting] = {}
        self._pipe = ServersEnd(self._hear, self._end_heard)
        self._spawning: asyncio.Future[socket.socket] | None = None
        self._process: Any = None

    @property
    def pid(self) -> int | None:
        """That of the process that speaks to Ray."""
        return self._process.pid if self._process else None

    async def start(self) -> Ready:
        """Deploy it, and wait until a replica is set up."""
        if said := lacking("ray", "A model on a cluster"):
            raise ModelFailed(said)
        answer = self._wait_for(0, lambda results, progress: True)
        self._spawning = asyncio.ensure_future(asyncio.to_thread(self._spawn))
        await self._pipe.connect(await asyncio.shield(self._spawning))
        told = await answer
        if told.kind == "unreachable":
            words = told.body.decode("utf-8", "replace")
            raise Unreachable(f"{self.cluster.words} cannot be reached: {words}.")
        message = self._unpacked(told)
        if isinstance(message, Failed):
            raise ModelFailed(message.message)
        assert isinstance(message, Ready)
        return Ready(message.commands, self._told(message.facts))

    async def predict(self, request: Predict, on_part: OnPart) -> list[Result]:
        """Ask for a batch; what is played goes to the replica that has it from the start."""
        number = next(self._numbers)
        answer = self._wait_for(number, on_part)
        session = "live" if request.live else ""
        asked = Asked(number, request.command, session, self._codec.pack(request))
        self._pipe.send(msgspec.msgpack.encode(asked))
        try:
            told = await answer
        finally:
            if self._waiting.pop(number, None) and not self.died:
                self._pipe.send(msgspec.msgpack.encode(Asked(number)))
        if told.kind == "lost":
            words = told.body.decode("utf-8", "replace")
            return [Unavailable(words) for _ in request.batch]
        message = self._unpacked(told)
        assert isinstance(message, Answers)
        return results_of(message.answers)

    async def death(self) -> Died:
        """The process that speaks to Ray ended, as it does when Ray loses the cluster."""
        await asyncio.to_thread(self._process.join, 1)
        return Away(f"{self.cluster.words} was lost")

    async def stop(self) -> None:
        """Take the model off the cluster."""
        if self._spawning is not None:
            await asyncio.wait([self._spawning])
            self._pipe.close()
            with contextlib.suppress(Exception):
                # Nobody took it over if the start was given up.
                self._spawning.result().close()
        if self._process is not None:
            await asyncio.to_thread(self._end)
            self._process.close()
            self._process = None

    def _spawn(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        # Only the child may hold its end, or its death would go unnoticed here.
        with theirs, contextlib.ExitStack() as if_it_fails:
            if_it_fails.callback(ours.close)
            spec = msgspec.msgpack.encode(self.spec)
            name = f"taxiway-{self.spec.name}-ray"
            # It outlives this server by as long as it takes to end what it deployed.
            self._process = child.start(bridge.main, [theirs, spec], name=name, grace=END_SECONDS)
            if_it_fails.pop_all()
        return ours

    def _end(self) -> None:
        self._process.join(END_SECONDS)
        self._process.kill()
        self._process.join()

    def _wait_for(self, number: int, on_part: OnPart) -> "asyncio.Future[Told]":
        answer: asyncio.Future[Told] = self._loop.create_future()
        # Nobody may be left to hear of a death when it is told.
        answer.add_done_callback(lambda answer: answer.cancelled() or answer.exception())
        self._waiting[number] = answer, on_part
        return answer

    def _hear(self, data: bytes) -> None:
        told = msgspec.msgpack.decode(data, type=Told)
        try:
            self._take(told)
        except ModelFailed as error:
            answer, _ = self._waiting.pop(told.number, (None, None))
            if answer is not None and not answer.done():
                answer.set_exception(error)

    def _take(self, told: Told) -> None:
        if told.kind == "says":
            self.on_words(told.body.decode("utf-8", "replace"))
        elif told.kind == "news":
            news = self._unpacked(told)
            assert isinstance(news, News)
            self.on_news(News(news.commands, self._told(news.facts)))
        elif told.number in self._waiting and told.kind == "part":
            self._show(told)
        elif told.number in self._waiting:
            answer, _ = self._waiting.pop(told.number)
            if not answer.done():
                answer.set_result(told)

    def _show(self, told: Told) -> None:
        answer, on_part = self._waiting[told.number]
        part = self._unpacked(told)
        assert isinstance(part, Part)
        if not on_part(results_of(part.answers), part.progress):
            self._pipe.send(msgspec.msgpack.encode(Asked(told.number)))
            del self._waiting[told.number]
            if not answer.done():
                answer.set_result(Told(told.number, "lost", b"Nobody waited for the rest."))

    def _unpacked(self, told: Told) -> Any:
        """A message. Raises ModelFailed where it is not readable."""
        try:
            return self._codec.unpack(told.body)
        except (msgspec.DecodeError, AssertionError, ValueError, TypeError) as error:
            raise ModelFailed(f"The model's answer is not readable: {error}.") from None

    def _told(self, facts: dict[str, Any]) -> dict[str, Any]:
        """With where that is."""
        least, most = self.cluster.least, self.cluster.most
        many = f"{least} to {most} replicas" if least != most else f"{most} replica(s)"
        many = "1 replica" if most == 1 and least == 1 else many.replace("(s)", "s")
        device = facts.get("device") or "cpu"
        return {**facts, "device": f"{device} of a cluster", "on": f"{self.cluster.words}, {many}"}

    def _end_heard(self) -> None:
        self.died = True
        self._on_death()
        waiting, self._waiting = self._waiting, {}
        for answer, _ in waiting.values():
            if not answer.done():
                answer.set_exception(Away(f"{self.cluster.words} was lost"))


SLOT = RayExecutor
