"""Runs any model in a process of its own; knows none."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taxiway.core.child import preload
    from taxiway.engine.engine import Engine
    from taxiway.engine.running import Running

__all__ = ["Engine", "Running", "preload"]
PLACES = {
    "Engine": "taxiway.engine.engine",
    "Running": "taxiway.engine.running",
    "preload": "taxiway.core.child",
}


def __getattr__(name: str) -> Any:
    # What carries a way to another machine starts in a sixth of the time without them, and a way
    # that broke waits for that.
    if name in PLACES:
        return getattr(import_module(PLACES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
