"""The process that holds a way to another machine open: ssh, or ours by TLS."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections import deque

from taxiway.engine.executor import Unreachable
from taxiway.engine.places import Place

_printed: dict[str, str] = {}


class Tunnel:
    """The process that holds the way open, with what `multiprocessing`'s processes have.

    Its last words are in `said`; one that is quiet prints them only from `speak` on.
    """

    def __init__(
        self, place: Place, own: socket.socket, said: "deque[str]", is_quiet: bool = False
    ) -> None:
        self.said, self._is_quiet = said, is_quiet
        try:
            self._made: subprocess.Popen[bytes] = subprocess.Popen(
                place.line(), stdin=own.fileno(), stdout=own.fileno(), stderr=subprocess.PIPE,
                start_new_session=True, env={**os.environ, "LC_ALL": "C"},
            )  # fmt: skip
        except FileNotFoundError:
            words = "There is no 'ssh' on this machine; install OpenSSH's client."
            raise Unreachable(words) from None
        self.pid, self._host = self._made.pid, place.host
        self._words = threading.Thread(target=self._listen, daemon=True)
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

    def speak(self, said: "deque[str]") -> None:
        """From now on its words go there, and are printed."""
        self.said, self._is_quiet = said, False

    def hush(self) -> None:
        """It is quiet again."""
        self.said, self._is_quiet = deque(maxlen=3), True

    def end(self) -> None:
        """End it, and give back what it holds."""
        self.kill()
        self.join(1)
        self.close()

    def close(self) -> None:
        """Give back its files."""
        self._words.join(1)
        assert self._made.stderr is not None
        self._made.stderr.close()

    def _listen(self) -> None:
        """What it prints goes where this program's own words go."""
        assert self._made.stderr is not None
        for line in self._made.stderr:
            text = line.decode("utf-8", "replace").rstrip()
            self.said.append(text)
            is_new = _printed.get(self._host) != text  # a machine that is down says so at every try
            if is_new and not self._is_quiet:
                _printed[self._host] = text
                with contextlib.suppress(OSError):  # nobody may read that any more
                    print(text, file=sys.stderr, flush=True)
