"""A model on another machine, by the system's own ssh or by TLS.

What is started there is `taxiway worker`, to which the same messages go as to a process here. The
model's files are taken along, each once: the other side keeps them by their SHA-256.
"""

import asyncio
import contextlib
import math
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from taxiway.core.errors import ModelFailed, TaxiwayError
from taxiway.core.extras import is_here
from taxiway.core.images import EncodedPicture
from taxiway.core.model import ModelSpec
from taxiway.engine.coding import Reader
from taxiway.engine.executor import Away, Died, OnPart, Result, Unreachable
from taxiway.engine.executors.process import ProcessExecutor
from taxiway.engine.lasting import BYE, HOLD_SECONDS, Hello, Ledger, Welcome
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
from taxiway.engine.pipe import ServerGone, ServersEnd, WorkersEnd
from taxiway.engine.places import Place, place_of
from taxiway.engine.remote_worker import carry_files, luggage
from taxiway.engine.sending import Choice, Lateness, allowed
from taxiway.engine.threshold import GREETING, VERSION

AGAIN_SECONDS = (0.1, 2.0)
"""How soon a way that broke is tried again, at first and at most."""
MOST_AT_ONCE = 32
LEAST_HELD = 10.0
"""Seconds that the model is held at least, since a way takes a moment."""
_printed: dict[str, str] = {}
SAY_SECONDS = 1.0
"""Between two words on how much was sent."""
FAR_MS = 5.0
"""Milliseconds there and back from which on a way is no local network's."""
PINGS = 3


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
        self._choice, self._lateness = Choice.on(is_far=False, has_video=False), Lateness()
        self._readers: dict[str, Reader] = {}
        self._reading = ThreadPoolExecutor(1, "read")

    @property
    def at_once(self) -> int:
        """So many that the way is full, and what comes over it never waits for long."""
        return min(1 + math.ceil(self._ways()), MOST_AT_ONCE)

    @property
    def live_at_once(self) -> int:
        late = min(self._late_ms, allowed(self.away_ms)) if self._is_far else 0.0
        return min(1 + math.floor(self._ways(late)), MOST_AT_ONCE)

    def _ways(self, late: float = 0.0) -> float:
        """How many batches are computed while one is on its way, which is `late` by so much."""
        return (self.away_ms + late) / max(self._took_ms, 1.0) if self._took_ms else 0.0

    def told(self, facts: dict[str, Any]) -> dict[str, Any]:
        """With where that is, and how long the way there and back took."""
        device = f"{facts.get('device') or 'cpu'} of {self.place.host}"
        return {**facts, "device": device, **self._where()}

    def _where(self) -> dict[str, Any]:
        words = self._choice.words
        played = f"; what moves comes as {words}, as much as the way carries" if words else ""
        return {
            "on": f"{self.place.host}, {self.away_ms:.0f} ms away{played}",
            "away_ms": self.away_ms,
            "is_far": self._is_far,
            "played_as": words,
        }

    @property
    def _is_far(self) -> bool:
        return self.away_ms >= FAR_MS

    def _spawn(self) -> socket.socket:
        ours, pipe = self._reached(Hello(self._token, hold=max(self.hold_seconds, LEAST_HELD)))
        with self._closed_if_lost(ours):
            self._learn(self._read(pipe))
            ours.settimeout(None)
            carry_files(pipe, *luggage(self.spec), self._carried)
        return ours

    def _learn(self, welcome: Welcome) -> None:
        """Choose what moves is sent as, by the length of the way and by what both ends can do."""
        self._choice = Choice.on(self._is_far, welcome.has_video and is_here("av"))
        self._lateness = Lateness()

    def _carried(self, went: int, total: int) -> None:
        if went < total and time.monotonic() < self._say_at:
            return
        self._say_at = time.monotonic() + SAY_SECONDS
        words = f"is sent to {self.place.host}, {went / 1e6:.0f} of {total / 1e6:.0f} MB"
        self._loop.call_soon_threadsafe(self.on_words, words)

    def _reached(self, hello: Hello) -> tuple[socket.socket, WorkersEnd]:
        """A stream that leads there, on which `hello` was said. Raises Unreachable."""
        if sys.platform == "win32":
            raise ModelFailed("Models run elsewhere from Linux and macOS only, so far.")
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = Tunnel(self.place, theirs, self._said)
        if self._is_stopped:
            self._process.kill()
        ours.settimeout(self.place.patience)
        pipe = WorkersEnd(ours)
        with self._closed_if_lost(ours):
            pipe.find(GREETING)
            if pipe.find(b"\n") != VERSION:
                words = "has another version of Taxiway than this machine; bring both to the same"
                raise ModelFailed(f"{self.place.host} {words}.")
            # A packet that was lost makes a way seem longer than it is.
            self.away_ms = min(_there_and_back(pipe) for _ in range(PINGS if hello.is_new else 1))
            pipe.send(hello.packed())
        return ours, pipe

    @contextlib.contextmanager
    def _closed_if_lost(self, ours: socket.socket) -> Iterator[None]:
        """Close the stream where what is done within fails. Raises Unreachable if it broke."""
        try:
            yield
        except ServerGone:
            ours.close()
            raise self._unreached() from None
        except BaseException:
            ours.close()
            raise

    @staticmethod
    def _read(pipe: WorkersEnd) -> Welcome:
        welcome = Welcome.of(pipe.receive())
        if welcome.refused:
            raise ModelFailed(welcome.refused)
        return welcome

    def _unreached(self) -> Unreachable:
        self._process.join(1)
        said = " ".join(self._said).strip() or "it did not answer"
        return Unreachable(f"{self.place.host} cannot be reached: {said}.")

    async def _connect(self, own: socket.socket) -> None:
        self._pipe = ServersEnd(self._come, self._broke)
        await self._pipe.connect(own)

    def _send(self, message: bytes) -> None:
        self._pipe.send(self._ledger.out(message))

    def _come(self, record: bytes) -> None:
        self._hear(self._ledger.taken(record))

    def _take(self, message: Message) -> None:
        if isinstance(message, Said):
            self._said.append(message.line)
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

    def _broke(self) -> None:
        self._is_over.set()
        if not (self._is_stopped or self.died or self._mending):
            self._mending = self._loop.create_task(self._mend())

    async def _mend(self) -> None:
        """Try the way again until it holds, or the model is not held there any more."""
        process, wait = self._process, AGAIN_SECONDS[0]
        await asyncio.to_thread(process.join, 1)
        words = " ".join(self._said) or "no word came"
        try:
            async with asyncio.timeout(self.hold_seconds):
                while True:
                    self.on_words(f"is not reached ({words}); trying again")
                    try:
                        await self._again()
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

    async def _again(self) -> None:
        pipe = ServersEnd(self._come, self._broke)
        # If this is stopped meanwhile, whoever stops it closes what came of it.
        self._spawning = asyncio.ensure_future(asyncio.to_thread(self._resumed))
        ours = await asyncio.shield(self._spawning)
        pipe.data_received(self._ahead)
        await pipe.connect(ours)
        # Nothing may come between: what was sent since is among what is sent again.
        for record in self._ledger.again(self._heard_there):
            pipe.send(record)
        self._pipe = pipe
        self._is_over.clear()
        self.on_words("")

    def _resumed(self) -> socket.socket:
        self._process.kill()
        self._process.join(1)
        self._process.close()
        was_far = self._is_far
        ours, pipe = self._reached(Hello(self._token, False, self._ledger.heard))
        with self._closed_if_lost(ours):
            welcome = self._read(pipe)
            self._heard_there = welcome.heard
            if self._is_far != was_far:
                self._learn(welcome)
        self._ahead = pipe.let_go()
        return ours

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
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_over.wait(), 1)
        if self._process is not None:
            self._process.kill()
        if self._mending is not None:
            self._mending.cancel()
            await asyncio.gather(self._mending, return_exceptions=True)
        self._reading.shutdown(wait=False, cancel_futures=True)
        await super().stop()

    async def death(self) -> Died:
        """The way there broke, or what is there ended."""
        return self._last or Away(f"the way to {self.place.host} broke")


def _there_and_back(pipe: WorkersEnd) -> float:
    """Milliseconds that the shortest message takes."""
    start = time.perf_counter()
    pipe.send(b"")
    pipe.receive()
    return (time.perf_counter() - start) * 1000


class Tunnel:
    """The process that holds the way open, with what `multiprocessing`'s processes have."""

    def __init__(self, place: Place, own: socket.socket, said: "deque[str]") -> None:
        try:
            self._made: subprocess.Popen[bytes] = subprocess.Popen(
                place.line(), stdin=own.fileno(), stdout=own.fileno(), stderr=subprocess.PIPE,
                start_new_session=True, env={**os.environ, "LC_ALL": "C"},
            )  # fmt: skip
        except FileNotFoundError:
            words = "There is no 'ssh' on this machine; install OpenSSH's client."
            raise Unreachable(words) from None
        self.pid, self._host = self._made.pid, place.host
        self._words = threading.Thread(target=self._listen, args=[said], daemon=True)
        self._words.start()

    @property
    def exitcode(self) -> int | None:
        """None while it runs."""
        code: int | None = self._made.poll()
        return code

    def kill(self) -> None:
        """End the way; the worker at its other end ends with it."""
        self._made.kill()

    def join(self, seconds: float | None = None) -> None:
        """Wait for its end, and for what it said last."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._made.wait(seconds)
            self._words.join(seconds)

    def close(self) -> None:
        """Give back its files."""
        self._words.join(1)
        assert self._made.stderr is not None
        self._made.stderr.close()

    def _listen(self, said: "deque[str]") -> None:
        """What it prints goes where this program's own words go."""
        assert self._made.stderr is not None
        for line in self._made.stderr:
            text = line.decode("utf-8", "replace").rstrip()
            said.append(text)
            if _printed.get(self._host) != text:  # a machine that is down says so at every try
                _printed[self._host] = text
                print(text, file=sys.stderr, flush=True)


SLOT = RemoteExecutor
