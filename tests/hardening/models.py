"""Models that go wrong in every way; a worker process loads them as `hardening.models:Name`."""

import ctypes
import os
import time
from typing import Any, ClassVar

import numpy as np

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import (
    AnyDataType,
    AnyType,
    Array,
    Boolean,
    Category,
    File,
    Image,
    ImageBoundingBox,
    ImageLandmarks,
    ImagePoint,
    Number,
    Segmentation,
    Text,
    Vector,
)


class Doomed:
    """Answers `number` times `factor`, or ends its process as `how` says."""

    options: ClassVar[dict[str, AnyDataType]] = {"factor": Number(default=1)}
    commands: ClassVar[dict[str, Command]] = {
        "count": Command(
            name="count",
            inputs={"number": Number(), "how": Text(), "seconds": Number()},
            outputs={"number": Number(), "factor": Number()},
            max_batch=4,
        )
    }

    def setup(self, device: str, options: Values) -> None:
        self.factor = options["factor"]

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        for call in batch:
            time.sleep(call["seconds"])
            getattr(self, call["how"] or "live")()
        return [{"number": call["number"] * self.factor, "factor": self.factor} for call in batch]

    def live(self) -> None:
        pass

    def segfault(self) -> None:
        ctypes.string_at(0)

    def abort(self) -> None:
        os.abort()

    def leave(self) -> None:
        os._exit(3)

    def leave_politely(self) -> None:
        raise SystemExit(4)

    def eat(self) -> None:
        """Ask for more memory than there may be, as a model too large for its machine does."""
        # Windows has no such module.
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (2**33, hard))
        try:
            np.ones(2**34, np.uint8)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


INPUTS: dict[str, AnyDataType] = {
    "any": AnyType(optional=True),
    "text": Text(),
    "number": Number(),
    "boolean": Boolean(),
    "category": Category(one_of=("a", "b")),
    "vector": Vector(length=3, default=[0, 0, 0]),
    "image": Image(optional=True),
    "file": File(optional=True),
    "array": Array(item_type=Image(), optional=True),
    "point": ImagePoint(optional=True),
    "box": ImageBoundingBox(optional=True),
    "landmarks": ImageLandmarks(length=1, optional=True),
    "segmentation": Segmentation(label_to_id={"a": 0}, optional=True),
}


class Curious:
    """Takes an input of every type, and looks at none."""

    options: ClassVar[dict[str, AnyDataType]] = {}
    commands: ClassVar[dict[str, Command]] = {
        "take": Command(name="take", inputs=INPUTS, outputs={"taken": Text()})
    }

    def setup(self, device: str, options: Values) -> None:
        pass

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [
            {"taken": ", ".join(name for name in call if call[name] is not None)} for call in batch
        ]


def wire(value: Any) -> dict[str, Any]:
    """A body for Curious with `value` as every input, one by one being wrong for most."""
    return dict.fromkeys(INPUTS, value)


class Poster:
    """A picture of noise, as large as a file can be."""

    options: ClassVar[dict[str, AnyDataType]] = {}
    commands: ClassVar[dict[str, Command]] = {
        "show": Command(name="show", inputs={}, outputs={"image": Image()})
    }

    def setup(self, device: str, options: Values) -> None:
        draw = np.random.default_rng(0)
        self.picture = draw.integers(0, 256, (512, 512, 3), np.uint8)

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [{"image": self.picture} for _ in batch]
