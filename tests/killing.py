"""A signal for what a model runs in, which has to run: number 0 would be the tests themselves."""

import os
import signal

from taxiway.engine.engine import Engine


def kill(engine: Engine, name: str, number: signal.Signals | None = None) -> int:
    """Send the signal, or SIGKILL; the process that got it."""
    pid = engine.running[name].pid
    assert pid, f"{name} has no process: {engine.running[name].message}"
    os.kill(pid, signal.SIGKILL if number is None else number)
    return pid
