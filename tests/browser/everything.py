"""A model with an input of every type, which says what it was given; not played live."""

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
from taxiway.core.errors import InvalidArgument

LABELS = ("ground", "sky", "tree", "house")


class Torch:
    """An instrument with an input that needs a widget of its own: a light at a point."""

    options: ClassVar[dict[str, AnyDataType]] = {}
    commands: ClassVar[dict[str, Command]] = {
        "shine": Command(
            name="shine",
            inputs={
                "z": Vector(length=4),
                "at": ImagePoint(),
                "label": Number(whole=True, min=0, max=1, names=("candle", "lamp")),
            },
            outputs={"image": Image()},
        )
    }

    def setup(self, device: str, options: Values) -> None:
        pass

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [{"image": self._shine(*call["at"])} for call in batch]

    def _shine(self, x: float, y: float) -> np.ndarray[Any, Any]:
        picture = np.zeros((64, 64, 3), np.uint8)
        picture[int(y * 63), int(x * 63)] = 255
        return picture


class Everything:
    """Turns the photo upside down, and echoes the rest."""

    options: ClassVar[dict[str, AnyDataType]] = {}
    facts: ClassVar[dict[str, Any]] = {"device": "cpu"}
    commands: ClassVar[dict[str, Command]] = {
        "look": Command(
            name="look",
            inputs={
                "photo": Image(description="What is looked at"),
                "prompt": Text(default="a quiet morning"),
                "strength": Number(default=0.6, min=0, max=1, step=0.01),
                "steps": Number(default=20),
                "style": Category(one_of=("ink", "oil", "chalk")),
                "mirrored": Boolean(),
                "layout": Segmentation(labels=LABELS, width=128, height=96),
                "code": Vector(length=128),
                "words": Array(item_type=Text()),
                "point": ImagePoint(),
                "box": ImageBoundingBox(),
                "face": ImageLandmarks(
                    length=3,
                    labels=("left eye", "right eye", "mouth"),
                    connections=(("left eye", "mouth"), ("right eye", "mouth")),
                ),
                "notes": File(extension=".txt", optional=True),
                "other": AnyType(optional=True),
            },
            outputs={
                "picture": Image(),
                "said": Text(),
                "labels": Segmentation(labels=LABELS),
                "found": Array(item_type=ImageBoundingBox()),
                "names": Array(item_type=Text()),
                "given": AnyType(),
            },
        )
    }

    def setup(self, device: str, options: Values) -> None:
        pass

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [self._look(call) for call in batch]

    def _look(self, call: Values) -> Values:
        if call["prompt"] == "nothing":
            raise InvalidArgument("'prompt' takes something.", "prompt")
        plain = {name: value for name, value in call.items() if not isinstance(value, np.ndarray)}
        notes = plain["notes"]
        plain["notes"] = None if notes is None else notes.decode()
        return {
            "picture": call["photo"][::-1],
            "said": f"{call['prompt']}, in {call['style']}",
            "labels": call["layout"],
            "found": [call["box"], [0.1, 0.1, 0.3, 0.3]],
            "names": ["yours", "ours"],
            "given": plain | {"numbers": len(call["code"])},
        }
