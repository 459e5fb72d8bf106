"""A model on another machine, by the system's own ssh or by TLS.

What is started there is `taxiway worker`, to which the same messages go as to a process here. The
model's files are taken along, each once: the other side keeps them by their SHA-256.
"""

import asyncio
import contextlib
import math
import secrets
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from taxiway.core.errors import ModelFailed, TaxiwayError
from taxiway.core.extras import is_here
from taxiway.core.images import EncodedPicture
from taxiway.core.model import ModelSpec
from taxiway.engine.coding import Reader
from taxiway.engine.executor import Away, Died, OnPart, Result, Unreachable
from taxiway.engine.executors.process import ProcessExecutor
from taxiway.engine.lasting import BYE, HOLD_SECONDS, PING, Hello, Ledger, Welcome
from taxiway.engine.messages import (
    Answers,
    CallError,
    CallOutputs,
    Ended,
    Message,
    Predict,
    Said,
    results_of,
)
from taxiway.engine.pipe import ServersEnd, WorkersEnd
from taxiway.engine.places import ClusterPlace, SshPlace, place_of
from taxiway.engine.remote_worker import carry_files, luggage
from taxiway.engine.sending import Choice, Lateness, allowed
from taxiway.engine.ways import Ways

AGAIN_SECONDS = (0.1, 2.0)
"""How soon a way that broke is tried again, at first and at most."""
MOST_AT_ONCE = 32
LEAST_HELD = 10.0
"""Seconds that the model is held at least, since a way takes a moment."""
SAY_SECONDS = 1.0
"""Between two words on how much was sent."""
FAR_MS = 5.0
"""Milliseconds there and back from which on a way is no local network's."""
PINGS = 3
SPARE_MS = 30.0
"""Milliseconds there and back from which on a login by ssh, which takes a dozen trips, is made
ahead."""
SPARE_SECONDS = 1.0
"""Between two looks at the way that is made ahead."""
LOOK_SECONDS = 0.1
"""Between two looks at whether a way is silent."""
SILENT_SECONDS = (1.0, 0.2)
"""How long a way is silent before it is tried: where nobody waits for an answer, and else."""
DOUBT_SECONDS, MOST_DOUBTS = 0.3, 16.0
"""How long it is tried, on top of the way, before another is made; more after doubts in vain."""
BYE_SECONDS = (1.0, 10.0)
"""How long the other side has to end: elsewhere, and on a cluster, where it holds a share."""
SLOWEST = 50_000
"""Bytes a second that the slowest way carries."""


class RemoteExecutor(ProcessExecutor):
    """One `taxiway worker` on another machine; an `engine.executor.Executor`.

    `start` brings it the files that it lacks. It raises Unreachable with the way's own words, or
    ModelFailed with the model's. A way that breaks is mended, and its calls wait, for as long as
    the other side holds the model.
    """

    def __init__(self, spec: ModelSpec, on_death: Callable[[], None]) -> None:
        super().__init__(spec, on_death)
        self._token = secrets.token_hex(16)
        self.place = place_of(spec.on, self._token, spec.name)
        self.hold_seconds = HOLD_SECONDS
        self.away_ms = 0.0
        self._took_ms = self._late_ms = self._say_at = 0.0
        self._heard_there, self._ahead = 0, b""
        self._ledger = Ledger()
        self._said: deque[str] = deque(maxlen=3)
        self._mending: asyncio.Task[None] | None = None
        self._last: Died | None = None
        self._is_stopped = False
        self._is_over = asyncio.Event()
        self._ways = Ways(self.place, self._said)
        self._heard_of = self._pipe
        self._watching: asyncio.Task[None] | None = None
        self._doubts = 1.0
        self._choice, self._lateness = Choice.on(is_far=False, has_video=False), Lateness()
        self._has_video = False
        self._readers: dict[str, Reader] = {}
        self._reading = ThreadPoolExecutor(1, "read")

    @property
    def at_once(self) -> int:
        """So many that the way is full, and what comes over it never waits for long."""
        return min(1 + math.ceil(self._under_way()), MOST_AT_ONCE)

    @property
    def live_at_once(self) -> int:
        late = min(self._late_ms, allowed(self.away_ms)) if self._is_far else 0.0
        return min(1 + math.floor(self._under_way(late)), MOST_AT_ONCE)

    def _under_way(self, late: float = 0.0) -> float:
        """How many batches are computed while one is on its way, which is `late` by so much."""
        return (self.away_ms + late) / max(self._took_ms, 1.0) if self._took_ms else 0.0

    def told(self, facts: dict[str, Any]) -> dict[str, Any]:
        """With where that is, and how long the way there and back took."""
        device = f"{facts.get('device') or 'cpu'} of {self.place.host}"
        return {**facts, "device": device, **self._where()}

    def _where(self) -> dict[str, Any]:
        words = self._choice.words
        played = f"; what moves comes as {words}, as much as the way carries" if words else ""
        spare = ", with a spare way ready" if self._ways.has_spare else ""
        return {
            "on": f"{self.place.host}, {self.away_ms:.0f} ms away{spare}{played}",
            "away_ms": self.away_ms,
            "is_far": self._is_far,
            "played_as": words,
            "has_video": self._has_video,
        }

    @property
    def _is_far(self) -> bool:
        return self.away_ms >= FAR_MS

    def _spawn(self) -> socket.socket:
        way = self._ways.made()
        self._process = way.tunnel
        with self._ways.ended_if_lost(way):
            # A packet that was lost makes a way seem longer than it is.
            self.away_ms = min(_there_and_back(way.pipe) for _ in range(PINGS))
            hello = Hello(self._token, hold=max(self.hold_seconds, LEAST_HELD))
            way.pipe.send(hello.packed())
            self._learn(_read(way.pipe))
            self._ways.keeps_spare = isinstance(self.place, SshPlace) and self.away_ms >= SPARE_MS
            way.own.settimeout(None)
            carry_files(way.pipe, *luggage(self.spec), self._carried)
        return way.own

    def _learn(self, welcome: Welcome) -> None:
        """Choose what moves is sent as, by the length of the way and by what both ends can do."""
        self._has_video = welcome.has_video and is_here("av")
        self._choice = Choice.on(self._is_far, self._has_video)
        self._lateness = Lateness()

    def _carried(self, went: int, total: int) -> None:
        if went < total and time.monotonic() < self._say_at:
            return
        self._say_at = time.monotonic() + SAY_SECONDS
        words = f"is sent to {self.place.host}, {went / 1e6:.0f} of {total / 1e6:.0f} MB"
        self._loop.call_soon_threadsafe(self.on_words, words)

    async def _connect(self, own: socket.socket) -> None:
        self._pipe = self._heard_of = self._end_of_way()
        await self._pipe.connect(own)
        self._watching = self._loop.create_task(self._watch())

    def _end_of_way(self) -> ServersEnd:
        """Ours; what comes over it counts only as long as it is the one that is used."""
        pipe: ServersEnd
        pipe = ServersEnd(lambda data: self._come(pipe, data), lambda: self._broke(pipe))
        return pipe

    def _send(self, message: bytes) -> None:
        self._pipe.send(self._ledger.out(message))

    def _come(self, pipe: ServersEnd, record: bytes) -> None:
        if pipe is self._heard_of and (message := self._ledger.taken(record)) != PING:
            self._hear(message)

    def _take(self, message: Message) -> None:
        if isinstance(message, Said):
            with contextlib.suppress(OSError):  # nobody may read that any more
                print(message.line, file=sys.stderr, flush=True)
        elif isinstance(message, Ended):
            self._last = Died(f"{message.how} on {self.place.host}")
            self._end_heard()
        else:
            if isinstance(message, Answers):
                self._took_ms += (message.took_ms - self._took_ms) * (0.2 if self._took_ms else 1.0)
                # Also where nobody waits any more: H.264 needs what came before.
                for answer in message.answers:
                    self._read_pictures(answer)
            super()._take(message)

    def _broke(self, pipe: ServersEnd) -> None:
        if pipe is not self._heard_of:
            return
        self._is_over.set()
        if not (self._is_stopped or self.died or self._mending):
            self._mending = self._loop.create_task(self._mend())

    async def _watch(self) -> None:
        """Try a way that is silent; where nothing comes then, make another beside it."""
        asked_at = looked_at = 0.0
        while not self.died:
            await asyncio.sleep(LOOK_SECONDS)
            if time.monotonic() - looked_at > SPARE_SECONDS:
                looked_at = time.monotonic()
                await self._look_at_spare()
            now, came = time.monotonic(), self._pipe.came_at
            if self._mending is not None or not self._pipe.is_open:
                continue
            if asked_at <= came:
                if now - came > SILENT_SECONDS[bool(self._asked)]:
                    asked_at = now
                    self._send(PING)
            elif now - asked_at > self._doubtful_after():
                self._mending = self._loop.create_task(self._mend(asked_at))

    async def _look_at_spare(self) -> None:
        has_changed = self._ways.keeps_spare and await asyncio.to_thread(self._ways.look)
        if has_changed and self._mending is None:  # else it is told once that holds
            self.on_facts(self._where())

    def _doubtful_after(self) -> float:
        """Seconds without an answer after which a way may be broken.

        More where much is on its way there, before which nothing is heard; never where Ray says
        itself what it lost.
        """
        if isinstance(self.place, ClusterPlace):
            return math.inf
        travels = 2 * self.away_ms / 1000 + self._ledger.kept_bytes / SLOWEST
        return DOUBT_SECONDS * self._doubts + travels

    async def _mend(self, silent_since: float | None = None) -> None:
        """Try the way again until it holds, or the model is not held there any more.

        One that is silent may hold all the same, and is used again as soon as it speaks.
        """
        words, wait = "it is silent", AGAIN_SECONDS[0]
        if silent_since is None:
            await asyncio.to_thread(self._process.join, 1)
            words = " ".join(self._said) or "no word came"
        try:
            async with asyncio.timeout(self.hold_seconds):
                while True:
                    if silent_since is None or not self._pipe.is_open:
                        self.on_words(f"is not reached ({words}); trying again")
                    try:
                        await self._again(silent_since)
                        return
                    except Unreachable as error:
                        words = str(error).removesuffix(".")
                        await asyncio.sleep(wait)
                        wait = min(wait * 2, AGAIN_SECONDS[1])
        except TimeoutError:
            pass
        except ModelFailed as error:
            words = str(error).removesuffix(".")
        finally:
            self._mending = None
        self._last = Away(f"the way to {self.place.host} broke: {words}")
        self._end_heard()

    async def _again(self, silent_since: float | None) -> None:
        """Go on over a new way, unless the old one has spoken meanwhile. Raises Unreachable."""
        # If this is stopped meanwhile, whoever stops it closes what came of it.
        self._spawning = asyncio.ensure_future(asyncio.to_thread(self._resumed, silent_since))
        try:
            ours = await asyncio.shield(self._spawning)
        except Spoke:
            self._doubts = min(self._doubts * 2, MOST_DOUBTS)
            return
        pipe = self._heard_of
        pipe.data_received(self._ahead)
        await pipe.connect(ours)
        # Nothing may come between: what was sent since is among what is sent again.
        for record in self._ledger.again(self._heard_there):
            pipe.send(record)
        if not pipe.is_open:
            raise Unreachable("it ended at once")
        self._pipe = pipe
        self._is_over.clear()
        self.on_facts(self._where())
        self.on_words("")

    def _resumed(self, silent_since: float | None) -> socket.socket:
        """A new way to the model that is held. Raises Unreachable, ModelFailed, or Spoke."""
        if silent_since is None:
            self._process.end()
        way = self._ways.taken()
        left = asyncio.run_coroutine_threadsafe(self._left(silent_since), self._loop)
        try:
            hello, was_far = left.result(), self._is_far
        except BaseException:
            self._ways.returned(way)
            raise
        with self._ways.ended_if_lost(way):
            # Both at once, since each trip there and back counts now.
            self.away_ms = _there_and_back(way.pipe, hello.packed())
            welcome = _read(way.pipe)
        self._process.end()
        self._process = way.tunnel
        self._heard_there, self._ahead = welcome.heard, way.pipe.let_go()
        if self._is_far != was_far:
            self._learn(welcome)
        return way.own

    async def _left(self, silent_since: float | None) -> Hello:
        """Leave the old way: what it still brings is sent again. Raises Spoke where it holds."""
        before = self._pipe
        if silent_since is not None and before.is_open and before.came_at > silent_since:
            raise Spoke
        self._heard_of, self._pipe = self._end_of_way(), self._end_of_way()
        before.close()
        return Hello(self._token, False, self._ledger.heard)

    async def predict(self, request: Predict, on_part: OnPart) -> list[Result]:
        """Ask for a batch; what is played from afar comes as the way carries it."""
        if not any(played != "no" for played in request.played):
            return await super().predict(request, on_part)
        if self._is_far:
            request.formats = [
                {} if played == "resting" else formats
                for played, formats in zip(request.played, request.formats, strict=True)
            ]
        request.sent = sent = self._choice.sent if "moving" in request.played else None
        message = await self._answered(request, on_part)
        if "moving" in request.played:
            late = self._lateness.of(message.left)
            self._late_ms += (late - self._late_ms) * 0.1
            if self._choice.came(sent, late, self.away_ms):
                self.on_facts(self._where())
        return [
            result if played == "no" else await self._whole(result)
            for played, result in zip(request.played, results_of(message.answers), strict=True)
        ]

    async def _whole(self, result: Result) -> Result:
        """The outputs of something that is played, with the pixels of its pictures."""
        if isinstance(result, TaxiwayError):
            return result
        try:
            for name, value in result.items():
                if isinstance(value, Future):
                    result[name] = await asyncio.wrap_future(value)
                elif isinstance(value, EncodedPicture):
                    result[name] = await asyncio.to_thread(value.pixels)
        except ValueError as error:
            self._choice.begin_anew()
            return ModelFailed(f"A picture of {self.place.host} is not readable: {error}.")
        return result

    def _read_pictures(self, answer: CallOutputs | CallError) -> None:
        """Begin to decode them, in the order in which they came."""
        if isinstance(answer, CallError):
            return
        for coded in answer.coded:
            reader = self._readers.setdefault(coded.names[0], Reader())
            pixels = self._reading.submit(reader.pixels, coded)
            answer.outputs.update(dict.fromkeys(coded.names, pixels))

    async def stop(self) -> None:
        """End the way, also one that is being made, and what it led to."""
        self._is_stopped = True
        if self._pipe.is_open:
            self._send(BYE)
            seconds = BYE_SECONDS[isinstance(self.place, ClusterPlace)]
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_over.wait(), seconds)
        self._ways.kill()
        if self._watching is not None:
            self._watching.cancel()
        if self._mending is not None:
            self._mending.cancel()
            await asyncio.gather(self._mending, return_exceptions=True)
        self._reading.shutdown(wait=False, cancel_futures=True)
        await super().stop()
        await asyncio.to_thread(self._ways.stop)

    async def death(self) -> Died:
        """The way there broke, or what is there ended."""
        return self._last or Away(f"the way to {self.place.host} broke")


class Spoke(Exception):
    """A way that was silent holds."""


def _there_and_back(pipe: WorkersEnd, more: bytes = b"") -> float:
    """Milliseconds that the shortest message takes; `more` goes along."""
    start = time.perf_counter()
    pipe.send(b"")
    if more:
        pipe.send(more)
    pipe.receive()
    return (time.perf_counter() - start) * 1000


def _read(pipe: WorkersEnd) -> Welcome:
    welcome = Welcome.of(pipe.receive())
    if welcome.refused:
        raise ModelFailed(welcome.refused)
    return welcome


SLOT = RemoteExecutor
