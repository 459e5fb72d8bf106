"""A model in a process of its own: what it imports, leaks or crashes stays there."""

import asyncio
import contextlib
import os
import socket
from collections import deque
from collections.abc import Callable
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import msgspec

from taxiway.core import child
from taxiway.core.errors import ModelFailed
from taxiway.core.model import ModelSpec
from taxiway.engine import areas, worker
from taxiway.engine.executor import Died, OnPart, Result
from taxiway.engine.messages import (
    Answers,
    Codec,
    Failed,
    GoOn,
    Message,
    News,
    Part,
    Predict,
    Ready,
    array_bytes,
    results_of,
)
from taxiway.engine.pipe import ServersEnd

# To the worker and back. Only pages that are written take memory; what does not fit goes through
# the socket, slower.
AREA_BYTES = (16 * 2**20, 64 * 2**20)
TOLD_SECONDS = 5.0
"""How long the fork server of a busy machine may take to tell how a process ended."""
SENT_AT_ONCE = 2**20
"""Bytes of a batch up to which copying them holds up nobody; a photo takes 0.1 s."""


class ProcessExecutor:
    """One process holding one model; an `engine.executor.Executor`."""

    def __init__(self, spec: ModelSpec, on_death: Callable[[], None]) -> None:
        self.spec = spec
        self.died = False
        self.hold_seconds = 0.0
        self.on_news: Callable[[News], None] = lambda news: None
        self.on_words: Callable[[str], None] = lambda words: None
        self.on_facts: Callable[[dict[str, Any]], None] = lambda facts: None
        self._on_death = on_death
        self._codec = Codec()
        self._loop = asyncio.get_running_loop()
        self._asked = deque[tuple[asyncio.Future[Message], OnPart]]()
        self._turn = asyncio.Lock()
        self._spawning: asyncio.Future[socket.socket] | None = None
        self._packing: asyncio.Future[bytes] | None = None
        self._process: Any = None
        self._pipe = ServersEnd(self._hear, self._end_heard)
        self._areas: list[SharedMemory | None] = []
        self._are_named = False

    @property
    def at_once(self) -> int:
        return 1  # what crosses lies in memory that has room for one

    @property
    def live_at_once(self) -> int:
        return self.at_once

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> Ready:
        """Start the process and wait until its model is set up."""
        answer = self._ask(lambda results, progress: True)
        self._spawning = asyncio.ensure_future(asyncio.to_thread(self._spawn))
        try:
            await self._connect(await asyncio.shield(self._spawning))
        except OSError as error:
            # The machine's doing, such as no more files that may be open.
            raise ModelFailed(f"No process can be started: {error.strerror or error}.") from None
        message = await self._received(answer)
        if isinstance(message, Failed):
            await self.stop()
            raise ModelFailed(message.message)
        assert isinstance(message, Ready)
        self._forget_names()
        return Ready(message.commands, self.told(message.facts))

    def told(self, facts: dict[str, Any]) -> dict[str, Any]:
        """What a model says of itself, with what this side knows of where it runs."""
        return facts

    async def predict(self, request: Predict, on_part: OnPart) -> list[Result]:
        """Ask for a batch; one result or error per call."""
        return results_of((await self._answered(request, on_part)).answers)

    async def _answered(self, request: Predict, on_part: OnPart) -> Answers:
        async with self._turn:  # answers come in the order in which was asked
            answer = self._ask(on_part)
            await self._hand_over(request)
        message = await self._received(answer)
        assert isinstance(message, Answers)
        return message

    async def stop(self) -> None:
        """End the process and give its memory back."""
        if self._spawning is not None:
            await asyncio.wait([self._spawning])
            self._pipe.close()
            with contextlib.suppress(Exception):
                # Nobody took it over if the start was given up.
                self._spawning.result().close()
        if self._process is not None:
            await asyncio.to_thread(self._end)
            # Two files would stay open until the garbage is collected.
            self._process.close()
            self._process = None
        if self._packing is not None:
            # It must end before the memory goes that it writes to.
            await asyncio.gather(self._packing, return_exceptions=True)
        self._forget_names()
        for area in filter(None, self._areas):
            area.close()
        self._areas = []

    def _forget_names(self) -> None:
        """Leave the shared memory without names once both sides have it: then it goes with them,
        however they end."""
        if self._are_named:
            self._are_named = False
            for area in filter(None, self._areas):
                area.unlink()

    def _ask(self, on_part: OnPart) -> "asyncio.Future[Message]":
        """Where the next answer goes; those before it come before."""
        answer: asyncio.Future[Message] = self._loop.create_future()
        self._asked.append((answer, on_part))
        if self.died:
            self._lose()
        return answer

    async def _connect(self, own: socket.socket) -> None:
        await self._pipe.connect(own)

    def _send(self, message: bytes) -> None:
        self._pipe.send(message)

    async def _hand_over(self, request: Predict) -> None:
        if sum(map(array_bytes, request.batch)) <= SENT_AT_ONCE:
            message = self._codec.pack(request)
        else:
            packing = asyncio.to_thread(self._codec.pack, request)
            self._packing = asyncio.ensure_future(packing)
            message = await asyncio.shield(self._packing)
        self._send(message)

    def _spawn(self) -> socket.socket:
        # Threads of a network that wait by spinning starve each other on a busy machine: a picture
        # then takes a hundred times as long.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        self._areas = [areas.made(size) for size in AREA_BYTES]
        self._are_named = True
        self._codec.outgoing, self._codec.incoming = self._areas
        ours, theirs = socket.socketpair()
        # Only the child may hold its end, or its death would go unnoticed here.
        with theirs, contextlib.ExitStack() as if_it_fails:
            if_it_fails.callback(ours.close)
            spec = msgspec.msgpack.encode(self.spec)
            names = [area.name if area else "" for area in self._areas]
            name = f"taxiway-{self.spec.name}"
            self._process = child.start(worker.main, [theirs, spec, names], name=name)
            if_it_fails.pop_all()
        return ours

    def _end(self) -> None:
        # It has nothing to put in order: what it shares is ours.
        self._process.kill()
        self._process.join()

    def _hear(self, data: bytes) -> None:
        try:
            self._take(self._codec.unpack(data))
        except (msgspec.DecodeError, AssertionError, ValueError, TypeError) as error:
            self._settle(ModelFailed(f"The model's answer is not readable: {error}."))

    def _take(self, message: Message) -> None:
        if isinstance(message, News):
            self.on_news(News(message.commands, self.told(message.facts)))
        elif isinstance(message, Part) and self._asked:
            answer, on_part = self._asked[0]
            wanted = not answer.done() and on_part(results_of(message.answers), message.progress)
            self._send(self._codec.pack(GoOn(wanted)))
        else:
            self._settle(message)

    def _settle(self, outcome: Message | Exception) -> None:
        """Give the oldest question its answer."""
        if not self._asked:
            return
        answer, _ = self._asked.popleft()
        if answer.done():
            return
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
            answer.exception()  # nobody may be left to hear of it
        else:
            answer.set_result(outcome)

    def _end_heard(self) -> None:
        self.died = True
        self._on_death()
        self._lose()

    def _lose(self) -> None:
        while self._asked:
            self._settle(Died())

    async def _received(self, answer: "asyncio.Future[Message]") -> Message:
        try:
            return await answer
        except Died:
            raise await self.death() from None

    async def death(self) -> Died:
        """How the process ended; its exit code is negative for a signal."""
        await asyncio.to_thread(self._process.join, TOLD_SECONDS)
        return Died(f"exit code {self._process.exitcode}")


SLOT = ProcessExecutor
