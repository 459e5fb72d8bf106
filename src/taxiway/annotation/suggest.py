"""Boxes that a model proposes: what of its command to ask, and what its answer means."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from taxiway.annotation.folder import AnnotatedFolder
from taxiway.annotation.records import MOST_BOXES
from taxiway.annotation.thumbnails import opened
from taxiway.core.command import Command
from taxiway.core.datatypes import AnyDataType, Array, Category, Image, ImageBoundingBox, Text
from taxiway.core.images import to_data_uri
from taxiway.training.datasets.boxes.found import Size

SENT = 1600
"""The longest side of a picture that is sent to a model, in pixels."""
UNNAMED = "thing"
"""The class of boxes whose model does not say what they are."""


class Asking(NamedTuple):
    """A command that finds boxes: its input for a picture, its outputs for boxes and for labels."""

    command: str
    picture: str
    boxes: str
    labels: str | None


class Proposed(NamedTuple):
    """A box by the name of its class; left, top, width and height in pixels."""

    label: str
    sides: tuple[float, float, float, float]


def asking(commands: Iterable[Command]) -> Asking | None:
    """The first command that takes a picture and gives boxes; None where there is none."""
    for command in commands:
        taken = [name for name, field in command.inputs.items() if isinstance(field, Image)]
        boxes = [name for name, field in command.outputs.items() if is_of(field, ImageBoundingBox)]
        if taken and boxes:
            words = [
                name
                for name, field in command.outputs.items()
                if is_of(field, Text) or is_of(field, Category)
            ]
            return Asking(command.name, taken[0], boxes[0], next(iter(words), None))
    return None


def is_of(field: AnyDataType, kind: type) -> bool:
    """Whether a field is a list of a kind, or one of it."""
    return isinstance(field.item_type if isinstance(field, Array) else field, kind)


def sent(folder: AnnotatedFolder, name: str) -> str:
    """A picture as a model takes it, a data URI. Raises NotFound or InvalidArgument."""
    image = opened(folder.path(name), SENT)
    image.thumbnail((SENT, SENT))
    return to_data_uri(np.asarray(image))


def proposed(asked: Asking, outputs: Mapping[str, Any], size: Size) -> list[Proposed]:
    """What an answer says; boxes without width or height are left out."""
    corners = np.asarray(outputs[asked.boxes], np.float64).reshape(-1, 4)[:MOST_BOXES]
    words = outputs.get(asked.labels or "", [])
    labels = [words] * len(corners) if isinstance(words, str) else list(words)
    width, height = size
    found = []
    for number, (left, top, right, bottom) in enumerate(np.clip(corners, 0, 1).tolist()):
        if not all(map(math.isfinite, (left, top, right, bottom))):
            continue
        label = " ".join(str(labels[number]).split())[:200] if number < len(labels) else ""
        sides = (left * width, top * height, (right - left) * width, (bottom - top) * height)
        if min(sides[2:]) > 0:
            found.append(Proposed(label or UNNAMED, sides))
    return found
