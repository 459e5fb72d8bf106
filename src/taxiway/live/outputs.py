"""The sinks of one model: each gets the newest frame, in a thread of its own, and none waits."""

import asyncio
import contextlib
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import structs

from taxiway.core.command import Values
from taxiway.core.datatypes import Number
from taxiway.core.errors import Unavailable
from taxiway.core.events import BlackoutChanged, Event, PictureTested
from taxiway.core.frame import Frame, flattened
from taxiway.core.images import Pixels
from taxiway.core.sink import Sink, SinkDone
from taxiway.live.broadcast import Viewer
from taxiway.live.colour_bars import colour_bars
from taxiway.live.members import Members, sentence
from taxiway.live.output_status import LOOK_SECONDS, OutputStatus
from taxiway.live.screens import PAGE
from taxiway.live.session import LiveSession

log = logging.getLogger("taxiway.live")

FPS = Number(default=30, whole=True, min=1, max=240, description="At most so many frames a second.")


TEST_SECONDS, TEST_FPS = 5.0, 30
TEST_SHAPE: tuple[int, ...] = (512, 512, 3)
"""That of the test picture before there was a frame."""


class Output:
    """One sink at work, from its start to its end.

    `offer` takes frames and never waits. `on_end` is called on the sink's thread when it has ended,
    by itself or because it was told to.
    """

    def __init__(
        self,
        sink: Sink,
        fps: int,
        on_end: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sink = sink
        self.error = ""
        self.message = ""
        self.sent = self.dropped = 0
        self.age_ms: float | None = None
        self.is_over = False
        self.fps = fps
        self._on_end = on_end
        self._clock = clock
        self._condition = threading.Condition()
        self._slot: Frame | None = None
        self._last: Frame | None = None
        """What was sent last, of a sink that gets it again."""
        self._due = 0.0
        self._ending = False
        self._size: tuple[int, int] | None = None
        self._receivers = self.receivers()
        self._times: deque[float] = deque(maxlen=int(FPS.max or 0))
        self._thread = threading.Thread(target=self._run, name="sink", daemon=True)

    def offer(self, frame: Frame) -> None:
        """Let this be the next frame to send; one that was not sent yet is dropped."""
        with self._condition:
            if self._ending:
                return
            if (now := self._clock()) - frame.time > LOOK_SECONDS:
                # A picture at rest is no late one: who began to watch sees it from now on.
                frame = structs.replace(frame, time=now)
            self.dropped += self._slot is not None
            self._slot = frame
            self._condition.notify()
        if self._thread.ident is None:
            self._thread.start()

    def end(self) -> None:
        """Send nothing more; returns at once."""
        with self._condition:
            if self._ending:
                return
            self._ending = True
            self._condition.notify()
        with _logged("A sink could not be ended", self.sink):
            self.sink.end()
        if self._thread.ident is None:
            self.is_over = True

    async def ended(self) -> bool:
        """Wait until it has ended; whether it did in the time that it has for that."""
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join, self.sink.end_seconds)
        return not self._thread.is_alive()

    def receivers(self) -> int | None:
        """How many receive what is sent; None if that is not known."""
        with _logged("A sink cannot say who receives it", self.sink):
            return self.sink.receivers
        return None

    def address(self) -> str:
        """Where the frames can be found."""
        with _logged("A sink cannot say where its frames are", self.sink):
            return self.sink.address
        return ""

    def note(self) -> str:
        """How the frames go there, as a sentence, or ""."""
        with _logged("A sink cannot say how its frames go", self.sink):
            return "" if self.is_over else self.sink.note
        return ""

    def rate(self) -> float:
        """Frames sent in the last second."""
        now = self._clock()
        return sum(now - at < LOOK_SECONDS for at in tuple(self._times)) / LOOK_SECONDS

    def _run(self) -> None:
        try:
            while (frame := self._next()) is not None:
                self._send(frame)
        except SinkDone as done:
            self.sent += 1
            self.message = str(done)
        except Exception as error:
            # Another package's sink may raise whatever it likes.
            log.debug("The sink %s failed", type(self.sink).__name__, exc_info=True)
            self.error = sentence(error, self.sink)
        finally:
            failure = self._close()
            self.error = self.error or failure
            with self._condition:
                self._ending, self._slot, self._last = True, None, None
            self.is_over = True
            self._on_end()

    def _next(self) -> Frame | None:
        """The newest frame, once it is time for one, or the last one again; None at the end."""
        while not self._ending:
            with self._condition:
                now = self._clock()
                if self._slot is not None and now >= self._due:
                    frame, self._slot = self._slot, None
                    return frame
                if now >= (again := self._again()):
                    return self._last
                if not self._ending:
                    until = self._due if self._slot is not None else again
                    self._condition.wait(min(until - now, LOOK_SECONDS))
            # Without the lock, since a sink may take its time to find out.
            if (receivers := self.receivers()) != self._receivers:
                self._receivers = receivers
                self.sink.on_receivers()
        return None

    def _again(self) -> float:
        """When to send the last frame again."""
        if self._last is None or self._receivers == 0:
            return math.inf
        return self._times[-1] + 1 / min(self.fps, self.sink.least_fps)

    def _send(self, frame: Frame) -> None:
        pixels = flattened(frame.pixels, self.sink.alpha)  # [H, W, 3 or 4]
        size = (pixels.shape[1], pixels.shape[0])
        if size != self._size:
            if failure := self._close():
                log.warning("A sink could not be closed: %s", failure)
            self._size = size
            self.sink.open(*size, self.fps)
        started = self._clock()
        self.sink.send(structs.replace(frame, pixels=pixels))
        self._times.append(started)
        # One that was late does not make the next ones late.
        self._due = max(self._due, started - 1 / self.fps) + 1 / self.fps
        if frame is not self._last:
            self.age_ms = (self._clock() - frame.time) * 1000
        self._last = frame if self.sink.least_fps else None
        self.sent += 1

    def _close(self) -> str:
        """Let go of what the sink holds; a sentence where it could not, or ""."""
        if self._size is None:
            return ""
        self._size = None
        try:
            self.sink.close()
        except Exception as error:
            log.debug("The sink %s does not end", type(self.sink).__name__, exc_info=True)
            return sentence(error, self.sink)
        return ""


class Outputs:
    """Every sink there is, for one session: start them, stop them, ask how they do.

    `report` takes a sentence for the person at the machine when one ends by itself.
    """

    def __init__(
        self,
        session: LiveSession,
        members: Members[Sink] | None = None,
        report: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self.members = sinks() if members is None else members
        self._session, self._report = session, report
        self._feeds: dict[str, Feed] = {}
        self._results: dict[str, str] = {}
        """What there is of those that were stopped."""
        for name, kind in self.members.kinds.items():
            if kind.always:
                with _logged("A sink could not be made", kind):
                    self._feeds[name] = self._feed(name, self.members.decode(name, {}))

    def routes(self) -> Sequence[Any]:
        """Routes of the sinks that are always there."""
        return [route for feed in self._feeds.values() for route in feed.output.sink.routes()]

    async def start(self, name: str, settings: Mapping[str, Any]) -> OutputStatus:
        """Start a sink, or start it anew with other settings.

        Raises NotFound listing what there is, InvalidArgument naming a setting, or Unavailable with
        what is missing.
        """
        values = self.members.decode(name, settings)
        if missing := await self.members.missing(name):
            raise Unavailable(missing)
        if name in self._feeds and self.members.kinds[name].always:
            self._feeds[name].configure(values)
            return await self.one(name)
        await self.stop(name)
        self._results.pop(name, None)
        try:
            self._feeds[name] = self._feed(name, values)
        except Exception as error:
            raise Unavailable(sentence(error, self.members.kinds[name])) from None
        return await self.one(name)

    async def stop(self, name: str) -> None:
        """Stop a sink. Raises NotFound, or Unavailable if it does not end."""
        if self.members.find(name).always or name not in self._feeds:
            return
        self._feeds[name].end()
        if not await self._feeds[name].output.ended():
            raise Unavailable(f"The sink '{name}' is stuck in a frame; try again later.")
        self._results[name] = self._feeds.pop(name).output.sink.result

    async def test(self, name: str) -> OutputStatus:
        """Send a test picture instead of the model's frames for a while. Raises NotFound, or
        Unavailable for one that is not on."""
        if name == PAGE:
            self._session.events.emit(PictureTested(self._session.spec.name, TEST_SECONDS))
            return self._session.broadcast.screens.status()
        self.members.find(name)
        if name not in self._feeds or self._feeds[name].output.is_over:
            raise Unavailable(f"The sink '{name}' is not on; start it first.")
        self._feeds[name].test()
        return await self.one(name)

    async def close(self) -> None:
        """Stop every sink; one that is stuck is left behind."""
        for feed in self._feeds.values():
            feed.end()
        await asyncio.gather(*(feed.output.ended() for feed in self._feeds.values()))
        self._feeds.clear()

    def at_work(self) -> list[tuple[str, Output]]:
        """Those that were started and not stopped, by name."""
        return [(name, feed.output) for name, feed in self._feeds.items()]

    async def status(self) -> list[OutputStatus]:
        """The page of the picture, and every sink there is, by name."""
        names = sorted({*self.members.kinds, *self.members.broken})
        return [self._session.broadcast.screens.status(), *[await self.one(name) for name in names]]

    async def one(self, name: str) -> OutputStatus:
        """How one does. Raises NotFound."""
        if name == PAGE:
            return self._session.broadcast.screens.status()
        if name in self.members.broken:
            return OutputStatus(name=name, title=name, needs=self.members.broken[name])
        kind = self.members.find(name)
        status = OutputStatus(
            name=name,
            title=kind.title,
            seen=kind.seen,
            always=kind.always,
            needs=await self.members.missing(name, again=False),
            settings=self.members.declaration(name).describe()["inputs"],
            message=self._results.get(name, ""),
        )
        feed = self._feeds.get(name)
        return feed.measured(status) if feed else status

    def _feed(self, name: str, values: Values) -> "Feed":
        return Feed(self._session, name, self.members.kinds[name](values), self._report)


class Feed:
    """A sink's place at the broadcast, which it leaves while nobody receives it."""

    def __init__(
        self, session: LiveSession, name: str, sink: Sink, report: Callable[[str], None]
    ) -> None:
        self._name, self._session, self._report = name, session, report
        self._loop = asyncio.get_running_loop()
        self._viewer: Viewer | None = None
        self._shown: Any = None
        self._testing: asyncio.Task[None] | None = None
        self._unfollow: Callable[[], None] = _nothing
        self._stop_listening = session.events.listen(self._on_event)
        sink.on_receivers = lambda: self._soon(self.look)
        self.output = self._output(sink)
        if type(sink).change is not Sink.change:
            self._follow(sink)
        self.look()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, BlackoutChanged) and self._viewer is not None:
            self._offer_newest()

    def _offer_newest(self) -> None:
        if newest := self._session.broadcast.newest:
            self._offer(newest.frame)

    def _offer(self, frame: Frame) -> None:
        """Let the sink have a frame, or darkness of its size."""
        if self._session.is_black:
            frame = structs.replace(frame, pixels=blackened(frame.pixels))
        self.output.offer(frame)

    def _follow(self, sink: Sink) -> None:
        """Let a sink know of every change of the controls, first of all that are set."""
        session = self._session

        def changed(values: Mapping[str, Any], time: float) -> None:
            with _logged("A sink could not take a change", sink):
                if session.command is not None:
                    sink.play(session.command.name)
                sink.change(values, time)

        unset = dict.fromkeys(session.command.inputs) if session.command else {}
        changed({**unset, **session.controls.values()}, session.controls.changed_at)
        self._unfollow = session.controls.follow(changed)

    def configure(self, values: Values) -> None:
        """Go on with other settings, also after the sink failed."""
        sink = self.output.sink
        sink.settings_given = values
        if self.output.is_over:
            self.output = self._output(sink)
            self.look()
        self.output.fps = values["fps"]

    def _output(self, sink: Sink) -> Output:
        fps = sink.settings_given["fps"]
        return Output(sink, fps, lambda: self._soon(self._over), self._session.clock)

    def look(self) -> None:
        """Be at the broadcast if, and only if, someone receives the frames."""
        wanted = not self.output.is_over and self.output.receivers() != 0
        if wanted and self._viewer is None:
            broadcast = self._session.broadcast
            self._viewer = broadcast.join(self._wake)
            if broadcast.newest is not None and self._session.is_due():
                # It is from before somebody moved the controls; its successor comes at once.
                self._shown = broadcast.newest.frame.pixels
        elif not wanted and self._viewer is not None:
            self._session.broadcast.leave(self._viewer)
            self._viewer = self._shown = None

    def test(self) -> None:
        """Send a test picture of the frames' size for some seconds."""
        if self._testing is not None:
            self._testing.cancel()
        self._testing = asyncio.create_task(self._test())

    async def _test(self) -> None:
        newest = self._session.broadcast.newest
        shape = newest.frame.pixels.shape if newest else TEST_SHAPE
        has_alpha = self.output.sink.alpha and shape[2:] == (4,)
        clock = self._session.clock
        began = clock()
        while (turn := clock() - began) < TEST_SECONDS and not self.output.is_over:
            pixels = colour_bars(shape[1], shape[0], turn, has_alpha)
            self._offer(Frame(pixels=pixels, index=0, time=clock()))
            await asyncio.sleep(1 / TEST_FPS)
        self._testing = None
        self._offer_newest()

    def end(self) -> None:
        """Send nothing more."""
        if self._testing is not None:
            self._testing.cancel()
        self.output.end()
        self._stop_listening()
        self._stop_listening = _nothing
        self._unfollow()
        self._unfollow = _nothing
        if self._viewer is not None:
            self._session.broadcast.leave(self._viewer)
            self._viewer = self._shown = None

    def measured(self, status: OutputStatus) -> OutputStatus:
        """A status, filled in."""
        output = self.output
        state = "failed" if output.error else "off" if output.is_over else "on"
        return structs.replace(
            status,
            values=output.sink.settings_given,
            state=state,
            message=output.message or output.note(),
            error=output.error,
            address=output.address(),
            rate=output.rate(),
            age_ms=output.age_ms,
            sent=output.sent,
            dropped=output.dropped,
            receivers=None if output.is_over else output.receivers(),
        )

    def _wake(self) -> None:
        # Later, since a viewer that joins is woken before it is known here.
        self._loop.call_soon(self._take)

    def _take(self) -> None:
        if self._viewer is None or (encoded_frame := self._viewer.take()) is None:
            return
        frame = encoded_frame.frame
        self._viewer.acknowledge(frame.index)
        # What is published again at full quality has been sent with all its pixels.
        if frame.pixels is not self._shown:
            self._shown = frame.pixels
            if self._testing is None:
                self._offer(frame)

    def _over(self) -> None:
        self.look()
        self._unfollow()
        self._unfollow = _nothing
        if self.output.error:
            self._report(f"The sink '{self._name}' stopped: {self.output.error}")
        elif self.output.message:
            self._report(f"The sink '{self._name}' is done: {self.output.message}")

    def _soon(self, work: Callable[[], None]) -> None:
        """Do something on the session's thread, unless that has ended."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(work)


def sinks() -> Members[Sink]:
    """Every sink there is."""
    return Members("sinks", lambda kind: {"fps": FPS})


def blackened(pixels: Pixels) -> Pixels:
    """Black, and nothing seen through it, of a picture's shape."""
    black = np.zeros_like(pixels)
    if pixels.shape[2:] == (4,):
        black[:, :, 3] = 255
    return black


def _nothing() -> None:
    pass


@contextlib.contextmanager
def _logged(message: str, found: Any) -> Any:
    """Keep what the code of a sink raises from those who called it: a sentence in the log."""
    try:
        yield
    except Exception as error:
        log.warning("%s: %s", message, sentence(error, found))
