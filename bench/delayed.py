"""A model that takes a set time for a picture, as a network of that speed would."""

import time
from typing import Any, ClassVar

import numpy as np
from msgspec.structs import replace

from picture import picture
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Image, Number, Vector


class Delayed:
    """Sleeps for `milliseconds`, then answers a picture of `size` moved by z[0]."""

    options: ClassVar[dict[str, AnyDataType]] = {
        "milliseconds": Number(default=100),
        "size": Number(default=512, whole=True),
    }
    commands: ClassVar[dict[str, Command]] = {
        "generate": Command(
            name="generate",
            inputs={"z": Vector(length=512), "truncation": Number(default=0.8)},
            outputs={"image": Image()},
            max_batch=8,
            needs_one_of=("z",),
        )
    }

    def setup(self, device: str, options: Values) -> None:
        self.seconds = options["milliseconds"] / 1000
        self.picture = picture(options["size"])

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        until = time.perf_counter() + self.seconds
        answers = [{"image": self._draw(call["z"])} for call in batch]
        time.sleep(max(0.0, until - time.perf_counter()))
        return answers

    def _draw(self, z: Any) -> Any:
        return np.roll(self.picture, int(z[0] * 100), axis=1)


class Steady(Delayed):
    """The same, one picture at a time, which may be asked again where an answer was lost."""

    deterministic = True
    commands: ClassVar[dict[str, Command]] = {
        "generate": replace(Delayed.commands["generate"], max_batch=1)
    }
