"""Which hosted models are awake: so many at most; who rests the longest makes room for another."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from taxiway.core.errors import Busy, TaxiwayError
from taxiway.core.events import Event, StateChanged
from taxiway.core.model import ModelSpec

if TYPE_CHECKING:
    from taxiway.engine import Engine

REST_SECONDS = 5.0
"""So long after its last request a model stays, or two that are asked in turn would never work."""
PATIENCE = 60.0
"""Seconds that a request waits for room."""
AGAIN_SECONDS = 60.0
"""A model that failed is tried again after this time, at the next request."""
LOOK_SECONDS = 1.0
IN_HAND = 512
"""Requests to one model that may be waited for, waking included."""


class Awake:
    """Knows models to the engine and wakes them, at most `most` at once."""

    def __init__(
        self, engine: "Engine", most: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._most = most
        self._clock = clock
        self._working: Counter[str] = Counter()
        self._asked: dict[str, float] = {}
        self._failed: dict[str, float] = {}
        self._leaving: set[str] = set()
        self._making_room = asyncio.Lock()
        self._changed = asyncio.Event()
        self._knocks: dict[str, asyncio.Task[None]] = {}
        engine.events.listen(self._hear)

    @contextlib.asynccontextmanager
    async def held(self, spec: ModelSpec, idle_seconds: float) -> AsyncIterator[None]:
        """Within the block the model is awake or waking, and nobody puts it to sleep.

        Raises Busy if no room was made in time, or if too many wait already.
        """
        if self._working[spec.name] >= IN_HAND:
            raise Busy(f"{IN_HAND} requests to '{spec.name}' are in hand.")
        self._working[spec.name] += 1
        try:
            await self._admitted(spec, idle_seconds)
            yield
        finally:
            self._working[spec.name] -= 1
            self._asked[spec.name] = self._clock()
            self._stir()

    def knock(self, spec: ModelSpec, idle_seconds: float) -> None:
        """Begin to wake a model, without waiting."""
        if spec.name not in self._knocks:
            task = asyncio.ensure_future(self._knocked(spec, idle_seconds))
            self._knocks[spec.name] = task
            task.add_done_callback(lambda _: self._knocks.pop(spec.name))

    def waiting(self, name: str) -> int:
        """How many requests to a model are in hand."""
        return self._working[name]

    def try_again(self, name: str) -> None:
        """Let the next request start a model that failed, however lately."""
        self._failed.pop(name, None)

    async def rest(self, name: str) -> None:
        """Put a model to sleep. Raises Busy while it is asked."""
        if self._working[name]:
            raise Busy(f"'{name}' is being asked; it can sleep once it has answered.")
        if self._is_up(name):
            await self._sleep(name)

    async def close(self) -> None:
        """Stop waking."""
        tasks = list(self._knocks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _knocked(self, spec: ModelSpec, idle_seconds: float) -> None:
        # Whoever asks the model itself is told.
        with contextlib.suppress(TaxiwayError):
            async with self.held(spec, idle_seconds):
                pass

    async def _admitted(self, spec: ModelSpec, idle_seconds: float) -> None:
        until = self._clock() + PATIENCE
        while not await self._awake(spec, idle_seconds):
            if self._clock() >= until:
                raise Busy(
                    f"'{spec.name}' waits for room: {self._most} models are awake and in use, "
                    "and no more may be at once."
                )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), LOOK_SECONDS)

    async def _awake(self, spec: ModelSpec, idle_seconds: float) -> bool:
        """Wake the model if there is room or some can be made; whether it is awake then."""
        if self._is_up(spec.name) and self._engine.running[spec.name].spec == spec:
            return True
        async with self._making_room:
            await self._know(spec, idle_seconds)
            if self._is_up(spec.name) or self._failed_lately(spec.name):
                return True
            if not await self._room():
                return False
            if self._engine.running[spec.name].state == "failed":
                await self._engine.start(spec)
            else:
                self._engine.wake(spec.name)
            return True

    async def _know(self, spec: ModelSpec, idle_seconds: float) -> None:
        known = self._engine.running.get(spec.name)
        if known is not None and known.spec == spec:
            known.idle_seconds = idle_seconds
            return
        if known is not None:
            await self._engine.remove(spec.name)
        self._engine.add(spec, idle_seconds)

    async def _room(self) -> bool:
        """Whether one more may be awake; puts one to sleep for it."""
        up = [name for name in self._engine.running if self._is_up(name)]
        if len(up) < self._most:
            return True
        rested = [name for name in up if self._rests(name)]
        if not rested:
            return False
        await self._sleep(min(rested, key=lambda name: self._asked.get(name, 0.0)))
        return True

    async def _sleep(self, name: str) -> None:
        self._leaving.add(name)
        try:
            await self._engine.sleep(name)
        finally:
            self._leaving.discard(name)

    def _is_up(self, name: str) -> bool:
        """Whether the model has a process; not if that is about to end."""
        running = self._engine.running.get(name)
        return (
            running is not None
            and running.state in ("starting", "running")
            and name not in self._leaving
        )

    def _rests(self, name: str) -> bool:
        long_ago = self._clock() - self._asked.get(name, 0.0) >= REST_SECONDS
        running = self._engine.running[name].state == "running"
        return running and long_ago and not self._working[name]

    def _failed_lately(self, name: str) -> bool:
        failed = self._engine.running[name].state == "failed"
        return failed and self._clock() - self._failed.get(name, 0.0) < AGAIN_SECONDS

    def _hear(self, event: Event) -> None:
        if isinstance(event, StateChanged):
            if event.state == "failed":
                self._failed[event.model] = self._clock()
            elif event.state == "running":
                # Who waited for it has a moment to ask.
                self._asked[event.model] = self._clock()
            self._stir()

    def _stir(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
