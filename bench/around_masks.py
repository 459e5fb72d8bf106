"""What `taxiway mask --model` does around its network: CPU ms a frame, of a network that is free.

A frame is read, made into what SAM 2.1 takes (1024 x 1024 px), its 256 x 256 logits made into a
mask of the frame's size, and that kept. What the network itself takes comes on top.
"""

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from taxiway.core.command import Values
from taxiway.core.errors import TaxiwayError
from taxiway.families.segmenter.model import Segmenter, outputs
from taxiway.families.segmenter.network import Cut, Processing
from taxiway.masking.asked import Asked
from taxiway.masking.project import Clicks, Project
from taxiway.masking.propagate import propagated

COUNT, SIDE, LOGITS = 60, 1024, 256
SIZES = ((240, 320), (272, 480), (480, 480))
"""Of frames as they are looked at: 480 pixels is the longest."""


class Free:
    """SAM 2.1 whose network takes no time and always finds the same disc."""

    name, identity, commands = "free", "", Segmenter.commands

    def __init__(self) -> None:
        down, across = np.mgrid[:LOGITS, :LOGITS]
        far = np.hypot(down - LOGITS / 2, across - LOGITS / 2)
        self._logits = (LOGITS / 4 - far).astype(np.float32)
        self._processing = Processing(SIDE)
        self.spent = dict.fromkeys(("into its tensor", "into a mask"), 0.0)

    def ask(self, command: str, batch: list[Values]) -> list[Values | TaxiwayError]:
        """Each call alone, as the family does."""
        return [self._answer(call["image"]) for call in batch]

    def _answer(self, picture: Any) -> Values:
        began = time.process_time()
        self._processing.tensor(picture)
        taken = time.process_time()
        found = outputs(picture, Cut(self._logits, 1.0))
        self.spent["into its tensor"] += taken - began
        self.spent["into a mask"] += time.process_time() - taken
        return found


def measured(size: tuple[int, int]) -> tuple[float, dict[str, float]]:
    """CPU ms a frame in all, and of what is done in the model."""
    chance, model = np.random.default_rng(0), Free()
    ground = chance.integers(0, 256, (size[0] // 8, size[1] // 8 + COUNT, 3), np.uint8)
    frames = (
        np.kron(ground[:, index : index + size[1] // 8], np.ones((8, 8, 1), np.uint8))
        for index in range(COUNT)
    )
    with TemporaryDirectory() as folder:
        asked = Asked(model)
        project = Project(Path(folder), asked.cut)
        for _ in project.take(frames, "noise", 25):
            pass
        project.use(model.name)
        project.click(Clicks(frame=0, include=[[0.5, 0.5]]))
        model.spent = dict.fromkeys(model.spent, 0.0)
        began = time.process_time()
        made = sum(1 for _ in propagated(project, asked))
        spent = 1000 * (time.process_time() - began) / made
    return spent, {name: 1000 * seconds / made for name, seconds in model.spent.items()}


def main() -> None:
    """A line for each size."""
    for height, width in SIZES:
        spent, parts = measured((height, width))
        told = ", ".join(f"{name} {ms:.1f}" for name, ms in parts.items())
        print(f"{width} x {height}: {spent:.1f} ms a frame, {1000 / spent:.0f} a second; {told}")


if __name__ == "__main__":
    main()
