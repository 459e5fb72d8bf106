"""Ways to a worker on another machine, and a spare one beside the one in use where that pays."""

import contextlib
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from taxiway.core.errors import ModelFailed
from taxiway.engine.executor import Unreachable
from taxiway.engine.pipe import ServerGone, WorkersEnd
from taxiway.engine.places import Place, SshPlace
from taxiway.engine.threshold import GREETING, VERSION
from taxiway.engine.tunnel import Tunnel

NO_COMMAND = (126, 127)
"""How a shell ends that does not find a program, or may not start it."""
ASK_SECONDS = 15.0
"""How often a spare way is asked; over there one is given up that nobody asks (`threshold`)."""
AGAIN_SECONDS, TRIES = 10.0, 3
"""How soon one is made again that could not be made or did not last, then twice as long, and how
often in a row, until a way was taken: whoever fails to log in too often may be shut out, and some
keys ask for a finger each time."""
LOOK_SECONDS = 0.01


class Way(NamedTuple):
    """A way that leads there: what holds it open, our end, and messages over it."""

    tunnel: Tunnel
    own: socket.socket
    pipe: WorkersEnd

    def end(self) -> None:
        """End it, and what it led to."""
        self.own.close()
        self.tunnel.end()


class Spare:
    """A way that leads to a worker which has not been told yet for which model."""

    def __init__(self, way: Way) -> None:
        self.way = way
        self.asked_at = time.monotonic()
        self._lacks = 0

    def ask(self) -> None:
        """Send it the shortest message, which comes back. Raises ServerGone."""
        self.asked_at = time.monotonic()
        self._lacks += 1
        self.way.pipe.send(b"")

    def answers(self, seconds: float = 0.0) -> bool:
        """Whether all that it was asked has come back by then. Raises ServerGone."""
        while self._lacks and self.way.pipe.waits(seconds):
            self.way.pipe.receive()
            self._lacks -= 1
        return not self._lacks


class Ways:
    """Makes the ways to a place, which say what is wrong with them by `said`.

    Where `keeps_spare` is set, `look`, which is to be called now and then, has one made ahead, so
    that `taken` need not wait for a login. What waits, waits in the thread that calls.
    """

    def __init__(self, place: Place, said: "deque[str]") -> None:
        self.keeps_spare = False
        self._place, self._said = place, said
        self._open = set[Tunnel]()
        self._is_stopped = False
        self._lock = threading.Lock()
        self._next: Future[Way] | None = None
        self._spare: Spare | None = None
        self._again_at, self._failed = 0.0, 0
        self._making = ThreadPoolExecutor(1, "way")

    @property
    def has_spare(self) -> bool:
        """Whether one is ready."""
        return self._spare is not None

    def taken(self) -> Way:
        """A way that answers: the spare one, or a new one if that answers first.

        Raises Unreachable where none can be made, or ModelFailed for a worker of another version.
        """
        with self._lock:
            self._settle()
            spare, self._spare = self._spare, None
            if spare is not None:
                self._begin()
            if spare is not None and self._is_sooner(spare):
                way = spare.way
            else:
                new, self._next = self._next, None
                way = self.made() if new is None else new.result()
            self._failed = 0
            way.tunnel.speak(self._said)
            return way

    def _is_sooner(self, spare: Spare) -> bool:
        """Whether it answers before there is a new way; else it is ended."""
        with contextlib.suppress(ServerGone):
            spare.ask()
            while not spare.answers(LOOK_SECONDS):
                new = self._next
                if new is not None and new.done() and new.exception() is None:
                    break
            else:
                return True
        spare.way.end()
        return False

    def returned(self, way: Way) -> None:
        """A way that was taken, and not used."""
        with self._lock:
            if not self.keeps_spare or self._is_stopped:
                way.end()
                return
            if self._spare is not None:
                self._spare.way.end()
            way.tunnel.hush()
            self._spare = Spare(way)

    def look(self) -> bool:
        """Have a spare way where there should be one; whether that has changed."""
        if not self._lock.acquire(blocking=False):
            return False  # one is being taken
        try:
            before = self.has_spare
            self._settle()
            if self._spare is not None and not self._is_well(self._spare):
                self._spare.way.end()
                self._spare = None
                self._try_later()
            if self._spare is None and self._may_try():
                self._begin()
            return self.has_spare != before
        finally:
            self._lock.release()

    def _settle(self) -> None:
        """Have what was made as the spare way, in place of an older one."""
        if self._next is None or not self._next.done():
            return
        made, self._next = self._next, None
        if made.exception() is not None:
            self._try_later()
            return
        if self._spare is not None:
            self._spare.way.end()
        self._spare = Spare(made.result())

    def _is_well(self, spare: Spare) -> bool:
        if spare.way.tunnel.exitcode is not None:
            return False
        try:
            is_there = spare.answers()
            if time.monotonic() - spare.asked_at < ASK_SECONDS:
                return True
            spare.ask()
        except ServerGone:
            return False
        self._failed = 0  # it has lasted
        return is_there

    def _may_try(self) -> bool:
        is_time = time.monotonic() >= self._again_at
        return self.keeps_spare and self._failed < TRIES and is_time

    def _try_later(self) -> None:
        self._again_at = time.monotonic() + AGAIN_SECONDS * 2**self._failed
        self._failed += 1

    def _begin(self) -> None:
        if self._next is None and not self._is_stopped:
            self._next = self._making.submit(self.made, is_spare=True)

    def made(self, is_spare: bool = False) -> Way:
        """A new way to a worker there. Raises Unreachable, or ModelFailed."""
        if sys.platform == "win32":
            raise ModelFailed("Models run elsewhere from Linux and macOS only, so far.")
        said = deque[str](maxlen=3) if is_spare else self._said
        said.clear()  # what the one before said is not wrong with this one
        ours, theirs = socket.socketpair()
        with theirs:
            tunnel = Tunnel(self._place, theirs, said, is_quiet=is_spare)
        self._open -= {each for each in list(self._open) if each.exitcode is not None}
        self._open.add(tunnel)
        if self._is_stopped:
            tunnel.kill()
        ours.settimeout(self._place.patience)
        way = Way(tunnel, ours, WorkersEnd(ours))
        with self.ended_if_lost(way):
            way.pipe.find(GREETING)
            if way.pipe.find(b"\n") != VERSION:
                words = "has another version of Taxiway than this machine; bring both to the same"
                raise ModelFailed(f"{self._place.host} {words}.")
        return way

    @contextlib.contextmanager
    def ended_if_lost(self, way: Way) -> Iterator[None]:
        """End the way where what is done within fails. Raises Unreachable if it broke."""
        try:
            yield
        except ServerGone:
            way.end()
            raise self._unreached(way.tunnel) from None
        except BaseException:
            way.end()
            raise

    def _unreached(self, tunnel: Tunnel) -> Unreachable:
        place = self._place
        said = " ".join(tunnel.said).strip().removesuffix(".") or "it did not answer"
        if tunnel.exitcode in NO_COMMAND and isinstance(place, SshPlace):
            lacks = f"is reached, but has no '{place.command}' where ssh looks ({said})"
            path = f"ssh://{place.host}/path/of/taxiway"
            return Unreachable(f"{place.host} {lacks}; say where it is: {path}.")
        return Unreachable(f"{place.host} cannot be reached: {said}.")

    def kill(self) -> None:
        """End all that there are, and any that is being made; `stop` gives back what they hold."""
        self._is_stopped = True
        for tunnel in list(self._open):
            tunnel.kill()

    def stop(self) -> None:
        """End the spare way, also one that is being made."""
        self.kill()
        self._making.shutdown()
        with self._lock:
            self._settle()
            if self._spare is not None:
                self._spare.way.end()
                self._spare = None
