"""Taking a lesson's steps, and going on with what is in a folder."""

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import torch

from taxiway.families.stylegan.networks.states import write_state

SAVED_EVERY = 200  # steps


class Taught:
    """What is taught in steps, and saved between them: `parts` are those that have a state."""

    parts: ClassVar[tuple[str, ...]]
    steps: int

    def state(self) -> dict[str, Any]:
        """Everything that continuing needs, as plain tensors and numbers."""
        return {name: getattr(self, name).state_dict() for name in self.parts} | {
            "steps": self.steps
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state` of the same settings."""
        for name in self.parts:
            getattr(self, name).load_state_dict(state[name])
        self.steps = state["steps"]


def restore(lesson: Taught, path: Path) -> None:
    """Have a lesson go on with what `path` has, if it is there."""
    if path.exists():
        lesson.restore(torch.load(path, map_location="cpu", weights_only=True))


def lead(lesson: Taught, steps: int, step: Callable[[], object], path: Path, stop: Event) -> None:
    """Have it take so many steps in all, unless `stop` ends it, and keep its state in `path`."""
    while lesson.steps < steps and not stop.is_set():
        step()
        if lesson.steps % SAVED_EVERY == 0:
            write_state(path, lesson.state())
    write_state(path, lesson.state())
