"""Everything that a port does, it does in the main thread, one thing after the other.

Frameworks keep state by thread (TensorFlow's graph, PyTorch's gradient mode), and what the set-up
function sets there must hold for the commands too.
"""

import queue
from concurrent.futures import Future
from typing import Any, Callable, Tuple

from .exceptions import RefusedError

WAITING = 64


class Work:
    """Calls from other threads, handed to the main one."""

    def __init__(self) -> None:
        self._calls: queue.Queue[Tuple[Callable[[], Any], Future[Any]]] = queue.Queue(WAITING)

    def ask(self, function: Callable[[], Any]) -> "Future[Any]":
        """Have `function` called soon; RefusedError where too many calls wait."""
        future: Future[Any] = Future()
        try:
            self._calls.put_nowait((function, future))
        except queue.Full:
            raise RefusedError(503, f"{WAITING} calls wait already; try again.") from None
        return future

    def serve(self) -> None:
        """Make the calls, for ever."""
        while True:
            try:
                # Windows hears Ctrl-C between waits only.
                function, future = self._calls.get(timeout=1)
            except queue.Empty:
                continue
            try:
                future.set_result(function())
            except Exception as error:
                future.set_exception(error)
