"""Starts child processes that run our own code, all with the same signals and the same end."""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import connection, forkserver
from typing import Any

from taxiway.core import logs

# A fork server that has the heavy imports done starts a child in a tenth of a second instead of
# seconds; Windows has none and spawns.
CONTEXT: Any = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")

ATTEMPTS, AGAIN_SECONDS = 40, 0.05
"""For a fork server that ended while it was being asked."""


def preload(modules: Sequence[str]) -> None:
    """Start the fork server, which imports `modules` before its first child; main thread only.

    Systems end a service with a SIGTERM to every process of it, and a terminal sends Ctrl-C to
    every one. The fork server leaves that to us, as its children do, or they would seem to die and
    be started again.
    """
    if sys.platform == "win32":
        return
    CONTEXT.set_forkserver_preload(list(modules))
    ours = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(each, signal.SIG_IGN) for each in ours]
    forkserver.ensure_running()
    for each, handler in zip(ours, before, strict=True):
        signal.signal(each, handler)


def start(
    target: Callable[..., None],
    args: Sequence[Any] = (),
    *,
    name: str,
    nice: int = 0,
    grace: float = 0.0,
) -> Any:
    """Start a process that calls `target(*args)`; blocks until it runs. Returns a `Process`.

    It ignores Ctrl-C and SIGTERM, since we say when it ends: by `kill`, or by our own end, which
    it outlives by `grace` seconds. `nice` puts it behind other processes. It gets none of our open
    files; pass connections and sockets in `args` and close our copies of its ends, or its death
    goes unnoticed.
    """
    for attempt in range(ATTEMPTS):
        # A fork server's own environment is that of its start.
        arguments = (target, args, nice, grace, dict(os.environ))
        process = CONTEXT.Process(target=_run, args=arguments, name=name, daemon=True)
        try:
            process.start()
        except (EOFError, ConnectionError):
            # What the fork server was to import ended it; the child says why, by itself. For a
            # moment it may be neither there nor gone.
            if attempt == ATTEMPTS - 1:
                raise
            CONTEXT.set_forkserver_preload([])
            time.sleep(AGAIN_SECONDS)
        else:
            break
    return process


def _run(
    target: Callable[..., None],
    args: Sequence[Any],
    nice: int,
    grace: float,
    environment: Mapping[str, str],
) -> None:
    if os.environ != environment:
        os.environ.clear()
        os.environ.update(environment)
    logs.in_child(multiprocessing.current_process().name)
    # Ctrl-C goes to the whole process group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if nice:
        with contextlib.suppress(AttributeError, OSError):
            os.nice(nice)
    threading.Thread(target=_end_with_parent, args=[grace], name="parent", daemon=True).start()
    target(*args)


def _end_with_parent(grace: float) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    threading.Event().wait(grace)
    os._exit(1)
