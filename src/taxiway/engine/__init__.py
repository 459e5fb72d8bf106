"""Runs any model in a process of its own; knows none."""

from taxiway.engine.engine import Engine
from taxiway.engine.process import preload
from taxiway.engine.running import Running

__all__ = ["Engine", "Running", "preload"]
