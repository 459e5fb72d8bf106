"""A model that plays pictures which were painted before: what a walk looks like, at a set speed."""

import time
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, File, Image, Number, Vector
from taxiway.latent.sample import z_of_seed
from taxiway.painting import paint

STOPS = 3
"""Seeds that the walk comes by."""


def walk(count: int, size: int) -> NDArray[np.uint8]:
    """Pictures [N, size, size, 3] of the painter's, from one seed to the next and back."""
    stops = [z_of_seed(seed) for seed in range(1, STOPS + 1)]
    frames = []
    for place in np.linspace(0, STOPS - 1, count, endpoint=False):
        first, share = int(place), place % 1
        z = stops[first] * (1 - share) + stops[first + 1] * share
        frames.append(paint(z.astype(np.float32), size))
    return np.stack(frames)


class Film:
    """Answers the picture number z[0] of a file of them, after `milliseconds`."""

    deterministic = True
    options: ClassVar[dict[str, AnyDataType]] = {
        "frames": File(),
        "milliseconds": Number(default=30),
    }
    commands: ClassVar[dict[str, Command]] = {
        "generate": Command(
            name="generate",
            inputs={"z": Vector(length=512)},
            outputs={"image": Image()},
            needs_one_of=("z",),
        )
    }

    def setup(self, device: str, options: Values) -> None:
        self.seconds = options["milliseconds"] / 1000
        self.frames = np.load(Path(options["frames"]))

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        time.sleep(self.seconds * len(batch))
        return [{"image": self.number(call["z"])} for call in batch]

    def number(self, z: Any) -> NDArray[np.uint8]:
        """The picture that is asked for, there and back."""
        count = len(self.frames)
        at = int(z[0]) % (2 * count)
        shown: NDArray[np.uint8] = self.frames[min(at, 2 * count - 1 - at)]
        return shown
