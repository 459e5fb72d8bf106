"""A detector: a picture in; what is in it, where, and how sure that is, out."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import (
    AnyDataType,
    AnyType,
    Array,
    File,
    Image,
    ImageBoundingBox,
    Number,
    Text,
)
from taxiway.core.images import Pixels
from taxiway.families.detector.drawing import with_boxes
from taxiway.families.detector.hub import HubDetector, is_saved
from taxiway.families.detector.precision import Found
from taxiway.families.detector.weights import is_detector


class Finder(Protocol):
    """What finds things: a network of any kind."""

    classes: Sequence[str]
    facts: dict[str, Any]

    def find(self, pictures: Sequence[Pixels], threshold: float, most: int) -> list[Found]:
        """What is in each picture [H, W, 3], the surest first; boxes 0..1."""


OUTPUTS: dict[str, AnyDataType] = {
    "image": Image(description="The picture with the boxes drawn over it."),
    "boxes": Array(
        item_type=ImageBoundingBox(), description="Left, top, right and bottom of each, 0 to 1."
    ),
    "labels": Array(item_type=Text(), description="What each is."),
    "scores": Array(item_type=Number(), description="How sure of each, 0 to 1."),
    "classes": Array(item_type=Text(), description="The labels by another name."),
    "bboxes": Array(item_type=ImageBoundingBox(), description="The boxes by another name."),
    "bounding_boxes": Array(item_type=ImageBoundingBox(), description="The boxes by a third name."),
    "results": Array(
        item_type=AnyType(), description="{bbox: [x, y, width, height] in pixels, class, score}."
    ),
    "size": AnyType(description="{width, height} of the picture in pixels."),
}
"""What is found, under every name that sketches read it by."""


def command(name: str) -> Command:
    """A command of a detector."""
    return Command(
        name=name,
        description="Find the things in a picture.",
        inputs={
            "image": Image(description="Any picture."),
            "threshold": Number(
                default=0.4, min=0, max=1, step=0.01, description="How sure of a box at least."
            ),
            "top": Number(
                default=50, whole=True, min=1, max=300, description="How many boxes at most."
            ),
        },
        outputs=OUTPUTS,
        aliases={
            "input_image": "image",
            "photo": "image",
            "confidence": "threshold",
            "max_boxes": "top",
        },
        max_batch=8,
    )


class Detector:
    """Finds things in pictures: Taxiway's own detectors, D-FINE, RT-DETR and their kin."""

    title = "Detector"
    deterministic = True
    options: ClassVar[dict[str, AnyDataType]] = {
        "checkpoint": File(
            description="A trained detector's file, or a folder of one for transformers."
        )
    }
    commands: ClassVar[dict[str, Command]] = {
        name: command(name) for name in ("detect", "detect_objects")
    }
    finder: Finder

    @staticmethod
    def imports() -> Sequence[str]:
        """What takes long to import."""
        return ["taxiway.families.detector.own"]

    @staticmethod
    def opens(path: str) -> bool:
        """Whether a file is a detector that was trained here, told by its header, or a folder one
        of transformers'."""
        place = Path(path)
        return is_detector(place) if place.is_file() else place.is_dir() and is_saved(place)

    def setup(self, device: str, options: Values) -> None:
        """Read the network. Raises NotFound, UnreadableCheckpoint or InvalidArgument."""
        place = Path(options["checkpoint"])
        if place.is_dir():
            self.finder = HubDetector(place, device)
        else:
            from taxiway.families.detector.own import OwnDetector

            self.finder = OwnDetector(place, device)
        self.facts = self.finder.facts

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        """Calls of one threshold and number of boxes are answered at once."""
        answers: list[Values] = []
        for asked, group in groupby(batch, lambda call: (call["threshold"], int(call["top"]))):
            calls = list(group)
            found = self.finder.find([call["image"] for call in calls], *asked)
            pairs = zip(found, calls, strict=True)
            answers += [outputs(each, call["image"], self.finder.classes) for each, call in pairs]
        return answers


def outputs(found: Found, picture: Pixels, classes: Sequence[str]) -> Values:
    """What a command gives for what was found in a picture [H, W, 3]."""
    height, width = picture.shape[:2]
    boxes = found.boxes.astype(float).round(5).tolist()
    scores = [round(float(score), 4) for score in found.scores]
    labels = [classes[kind] for kind in found.classes]
    texts = [f"{label} {score:.0%}" for label, score in zip(labels, scores, strict=True)]
    pixels = found.boxes * np.array([width, height, width, height])
    corners = [[round(float(side), 2) for side in box] for box in pixels]
    results = [
        {
            "bbox": [left, top, round(right - left, 2), round(bottom - top, 2)],
            "class": label,
            "score": score,
        }
        for label, score, (left, top, right, bottom) in zip(labels, scores, corners, strict=True)
    ]
    return {
        "image": with_boxes(picture, found.boxes, texts, found.classes.tolist()),
        **dict.fromkeys(("boxes", "bboxes", "bounding_boxes"), boxes),
        **dict.fromkeys(("labels", "classes"), labels),
        "scores": scores,
        "results": results,
        "size": {"width": width, "height": height},
    }


SLOT = Detector
