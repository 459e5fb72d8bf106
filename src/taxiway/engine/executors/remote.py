"""A model on another machine, by the system's own ssh: no port there is opened, no key is ours.

What is started there is `taxiway worker`, to which the same messages go as to a process here. The
model's files are taken along, each once: the other side keeps them by their SHA-256.
"""

import asyncio
import contextlib
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from taxiway.core.errors import InvalidArgument, ModelFailed, TaxiwayError
from taxiway.core.images import EncodedPicture
from taxiway.engine.executor import Away, Died, OnPart, Result, Unreachable
from taxiway.engine.executors.process import ProcessExecutor
from taxiway.engine.messages import Predict
from taxiway.engine.pipe import ServerGone, WorkersEnd
from taxiway.engine.remote_worker import GREETING, carry_files, luggage

CONNECT_SECONDS = 15
ALIVE_SECONDS, MISSED = 1, 2
"""How often a way is tried that is silent, and how often in vain before it counts as broken."""
FAR_MS = 5.0
"""Milliseconds there and back from which on a way is no local network's."""
OPTIONS = (
    "-T",
    *("-o", "BatchMode=yes"),  # nobody is there to type a password
    *("-o", f"ConnectTimeout={CONNECT_SECONDS}"),
    *("-o", f"ServerAliveInterval={ALIVE_SECONDS}"),
    *("-o", f"ServerAliveCountMax={MISSED}"),
    *("-o", "IPQoS=lowdelay"),
)
HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}|[0-9a-fA-F:.]{2,45}")
USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
COMMAND = re.compile(r"[\w./ ~-]+")


class Place(NamedTuple):
    """Where a model runs: `ssh://[user@]host[:port][/path/of/taxiway]`."""

    host: str
    user: str
    port: int | None
    command: str

    @staticmethod
    def of(address: str) -> "Place":
        """The parts of an address. Raises InvalidArgument for any other text."""
        with contextlib.suppress(ValueError):
            url = urlsplit(address)
            host, user, command = url.hostname or "", url.username or "", url.path or "taxiway"
            fits = HOST.fullmatch(host) and (not user or USER.fullmatch(user))
            if url.scheme == "ssh" and fits and COMMAND.fullmatch(command) and not url.query:
                return Place(host, user, url.port, command)
        raise InvalidArgument(
            f"'on' takes ssh://user@host, with :port and /path/of/taxiway if need be, "
            f"got {address[:80]!r}.",
            "on",
        )

    def line(self) -> list[str]:
        """What starts a worker there. No part can be taken for an option of ssh."""
        port = ["-p", str(self.port)] if self.port else []
        user = ["-l", self.user] if self.user else []
        command = f"{shlex.quote(self.command)} worker"
        return ["ssh", *OPTIONS, *port, *user, "--", self.host, command]


class RemoteExecutor(ProcessExecutor):
    """One `taxiway worker` on another machine; an `engine.executor.Executor`.

    `start` brings it the files that it lacks. It raises Unreachable with ssh's own words, or
    ModelFailed with the model's.
    """

    def __init__(self, spec: Any, on_death: Any) -> None:
        super().__init__(spec, on_death)
        self.place = Place.of(spec.on)
        self.away_ms = 0.0
        self._said: deque[str] = deque(maxlen=3)

    def told(self, facts: dict[str, Any]) -> dict[str, Any]:
        """With where that is, and how long the way there and back took."""
        host, device = self.place.host, facts.get("device") or "cpu"
        away = f"{host}, {self.away_ms:.0f} ms away"
        return {**facts, "device": f"{device} of {host}", "on": away}

    def _spawn(self) -> socket.socket:
        if sys.platform == "win32":
            raise ModelFailed("Models run elsewhere from Linux and macOS only, so far.")
        ours, theirs = socket.socketpair()
        with theirs, contextlib.ExitStack() as if_it_fails:
            if_it_fails.callback(ours.close)
            self._process = Ssh(self.place, theirs, self._said)
            theirs.close()
            self._greet(ours)
            if_it_fails.pop_all()
        return ours

    def _greet(self, ours: socket.socket) -> None:
        """Wait for the worker's greeting, and give it the model with its files."""
        ours.settimeout(CONNECT_SECONDS * 2)
        pipe = WorkersEnd(ours)
        try:
            pipe.find(GREETING)
            start = time.perf_counter()
            pipe.send(b"")
            pipe.receive()
            self.away_ms = (time.perf_counter() - start) * 1000
            ours.settimeout(None)
            carry_files(pipe, *luggage(self.spec))
        except ServerGone:
            self._process.join(1)
            said = " ".join(self._said).strip() or "it did not answer"
            raise Unreachable(f"{self.place.host} cannot be reached: {said}.") from None
        finally:
            pipe.let_go()

    async def predict(self, request: Predict, on_part: OnPart) -> list[Result]:
        """Ask for a batch; what is played from afar comes as JPEG, a thirtieth of its pixels."""
        if not (request.live and self.away_ms >= FAR_MS):
            return await super().predict(request, on_part)
        request.formats = [{} for _ in request.batch]
        results = await super().predict(request, on_part)
        return await asyncio.to_thread(list, map(_with_pixels, results))

    async def stop(self) -> None:
        """End the way, also one that is being made, and what it led to."""
        if self._process is not None:
            self._process.kill()
        await super().stop()

    async def death(self) -> Died:
        """The way there broke, or what is there ended."""
        await asyncio.to_thread(self._process.join, 1)
        return Away(f"the way to {self.place.host} broke: {' '.join(self._said) or 'no word came'}")


def _with_pixels(result: Result) -> Result:
    """The outputs with their pictures decoded."""
    if isinstance(result, TaxiwayError):
        return result
    return {
        name: value.pixels() if isinstance(value, EncodedPicture) else value
        for name, value in result.items()
    }


class Ssh:
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
        self.pid = self._made.pid
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
        """What ssh and the model print goes where this program's own words go."""
        assert self._made.stderr is not None
        for line in self._made.stderr:
            text = line.decode("utf-8", "replace").rstrip()
            said.append(text)
            print(text, file=sys.stderr, flush=True)


SLOT = RemoteExecutor
