"""A model that answers in parts, line by line; a worker loads it as `poet:Poet`."""

import time
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Image, Number, Text
from taxiway.core.model import Progress

LINE = "Over the runway the lights go on, one by one. "


class Poet:
    """A number of lines in, the poem and a picture that clears up out."""

    options: ClassVar[dict[str, AnyDataType]] = {"delay": Number(default=0.02)}
    facts: ClassVar[dict[str, Any]] = {"device": "cpu"}
    commands: ClassVar[dict[str, Command]] = {
        "write": Command(
            name="write",
            inputs={"lines": Number(default=20, whole=True, min=1, max=1000)},
            outputs={"poem": Text(), "picture": Image()},
        )
    }

    def setup(self, device: str, options: Values) -> None:
        self.delay = options["delay"]

    def predict(self, command: str, batch: list[Values]) -> Iterator[list[Values] | Progress]:
        (call,) = batch
        lines = int(call["lines"])
        ramp = np.linspace(0, 255, 240, dtype=np.float32)
        for line in range(1, lines + 1):
            time.sleep(self.delay)
            yield Progress(line / lines, f"Line {line} of {lines}.")
            noise = np.random.default_rng(line).normal(0, 90 * (1 - line / lines), (240, 240, 3))
            pixels = np.clip(ramp[:, None, None] * (0.4, 0.6, 1) + noise, 0, 255).astype(np.uint8)
            yield [{"poem": LINE * line, "picture": pixels}]
