"""Runs any model in a process of its own; knows none."""

from taxiway.core.child import preload
from taxiway.engine.engine import Engine
from taxiway.engine.running import Running

__all__ = ["Engine", "Running", "preload"]
