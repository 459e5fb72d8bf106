"""A worker process seen from the server: start it, ask it, notice at once when it dies."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import msgspec

from taxiway.core import child
from taxiway.core.command import Values
from taxiway.core.errors import ModelFailed, TaxiwayError
from taxiway.core.model import ModelSpec
from taxiway.engine import worker
from taxiway.engine.messages import (
    Answers,
    CallOutputs,
    Codec,
    Failed,
    Message,
    Predict,
    Ready,
    array_bytes,
)
from taxiway.engine.pipe import ServersEnd

# To the worker and back. Only pages that are written take memory; what does not fit goes through
# the socket, slower.
AREA_BYTES = (16 * 2**20, 64 * 2**20)
SENT_AT_ONCE = 2**20
"""Bytes of a batch up to which copying them holds up nobody; a photo takes 0.1 s."""


class WorkerDied(Exception):
    """The process ended without being told to; `exitcode` is negative for a signal."""

    def __init__(self, exitcode: int | None) -> None:
        super().__init__(f"exit code {exitcode}")
        self.exitcode = exitcode


class Worker:
    """One process holding one model. Used from one event loop; answers one batch at a time."""

    def __init__(self, spec: ModelSpec, on_death: Callable[[], None] = lambda: None) -> None:
        self.spec = spec
        self.died = False
        self._on_death = on_death
        self._codec = Codec()
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[Message] = self._loop.create_future()
        self._spawning: asyncio.Future[socket.socket] | None = None
        self._packing: asyncio.Future[bytes] | None = None
        self._process: Any = None
        self._pipe = ServersEnd(self._hear, self._end_heard)
        self._areas: list[SharedMemory] = []

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> Ready:
        """Start the process and wait until its model is set up.

        Raises ModelFailed with the model's own words, or WorkerDied.
        """
        self._spawning = asyncio.ensure_future(asyncio.to_thread(self._spawn))
        await self._pipe.connect(await asyncio.shield(self._spawning))
        message = await self._receive()
        if isinstance(message, Failed):
            await self.stop()
            raise ModelFailed(message.message)
        assert isinstance(message, Ready)
        return message

    async def predict(self, command: str, batch: list[Values]) -> list[Values | TaxiwayError]:
        """Ask for a batch; one result or error per call. Raises WorkerDied."""
        self._answer = self._loop.create_future()
        # Nobody may be left to hear of a death when the reader tells of it.
        self._answer.add_done_callback(lambda answer: answer.cancelled() or answer.exception())
        await self._hand_over(Predict(command, batch))
        message = await self._receive()
        assert isinstance(message, Answers)
        return [
            answer.outputs if isinstance(answer, CallOutputs) else answer.error()
            for answer in message.answers
        ]

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
        for area in self._areas:
            area.close()
            area.unlink()
        self._areas = []

    async def _hand_over(self, request: Predict) -> None:
        if sum(map(array_bytes, request.batch)) <= SENT_AT_ONCE:
            message = self._codec.pack(request)
        else:
            packing = asyncio.to_thread(self._codec.pack, request)
            self._packing = asyncio.ensure_future(packing)
            message = await asyncio.shield(self._packing)
        self._pipe.send(message)

    def _spawn(self) -> socket.socket:
        # Threads of a network that wait by spinning starve each other on a busy machine: a picture
        # then takes a hundred times as long.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        self._areas = [SharedMemory(create=True, size=size) for size in AREA_BYTES]
        self._codec.outgoing, self._codec.incoming = self._areas
        ours, theirs = socket.socketpair()
        # Only the child may hold its end, or its death would go unnoticed here.
        with theirs, contextlib.ExitStack() as if_it_fails:
            if_it_fails.callback(ours.close)
            spec, areas = msgspec.msgpack.encode(self.spec), [area.name for area in self._areas]
            name = f"taxiway-{self.spec.name}"
            self._process = child.start(worker.main, [theirs, spec, areas], name=name)
            if_it_fails.pop_all()
        return ours

    def _end(self) -> None:
        # It has nothing to put in order: what it shares is ours.
        self._process.kill()
        self._process.join()

    def _hear(self, data: bytes) -> None:
        if self._answer.done():
            return
        try:
            self._answer.set_result(self._codec.unpack(data))
        except (msgspec.DecodeError, AssertionError, ValueError, TypeError) as error:
            self._answer.set_exception(ModelFailed(f"The model's answer is not readable: {error}."))

    def _end_heard(self) -> None:
        self.died = True
        self._on_death()
        if not self._answer.done():
            self._answer.set_exception(WorkerDied(None))

    async def _receive(self) -> Message:
        try:
            return await self._answer
        except WorkerDied:
            raise WorkerDied(await self.exitcode()) from None

    async def exitcode(self) -> int | None:
        """How the process ended: negative for a signal, None if it did not."""
        await asyncio.to_thread(self._process.join, 1)
        return self._process.exitcode  # type: ignore[no-any-return]
