"""Faces as a model: boxes and eyes by OpenCV's cascades, points by a network or by proportion."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import (
    AnyDataType,
    AnyType,
    Array,
    Category,
    File,
    Image,
    ImageBoundingBox,
    ImagePoint,
    Number,
    Text,
)
from taxiway.core.images import Pixels
from taxiway.families.faces.mesh import is_task, network_of
from taxiway.vision.face_points import GROUPS, Points, grouped, labels, sixty_eight
from taxiway.vision.faces import Face, Finder
from taxiway.vision.opencv import opencv

LINES = (60, 255, 160)
NOTE = "Boxes and eyes by OpenCV's cascades; the other points by proportion, not seen"


class Faces:
    """Finds faces, their eyes and where their points are, for sketches that follow a face."""

    title = "Faces"
    deterministic = True
    imports = ("taxiway.families.faces.model",)
    options: ClassVar[dict[str, AnyDataType]] = {
        "checkpoint": File(
            optional=True,
            description="Points by a network: MediaPipe's mesh as ONNX, or a .task file.",
        ),
        "results": Category(
            one_of=("boxes", "objects"),
            description="What 'results' lists: [xmin, ymin, xmax, ymax] from 0 to 1, or, as in "
            "2018, {class, bbox: [x, y, width, height]} in pixels.",
        ),
    }
    commands: ClassVar[dict[str, Command]] = {
        "detect_faces": Command(
            name="detect_faces",
            description="Find the faces of a picture.",
            inputs={
                "image": Image(),
                "max_faces": Number(
                    default=4, whole=True, min=1, max=8, description="The largest so many."
                ),
                "threshold": Number(
                    default=0.5, min=0, max=1, step=0.01, description="How sure it has to be."
                ),
            },
            outputs={
                "image": Image(description="The picture with boxes and points drawn."),
                "points": Array(item_type=ImagePoint(), description="Those of the largest face."),
                "labels": Array(item_type=Text(), description="What each of them is of."),
                "faces": AnyType(description="The points of every face."),
                "boxes": Array(item_type=ImageBoundingBox(), description="Of every face."),
                "eyes": AnyType(description="Of every face; null where they were not seen."),
                "scores": Array(item_type=Number(), description="How sure each is, 0 to 1."),
                "results": AnyType(description="The faces by the names of their time."),
                "size": AnyType(description="The picture's width and height in pixels."),
                "landmarks": AnyType(description="Of every face, groups of points in pixels."),
            },
            aliases={"input_image": "image", "photo": "image", "input": "image"},
        )
    }

    @staticmethod
    def opens(path: str) -> bool:
        """Whether a file is a task file for faces; an ONNX file is opened by its manifest, or here
        where one says so."""
        return "://" not in path and is_task(Path(path))

    def setup(self, device: str, options: Values) -> None:
        """Raises MissingDependency without OpenCV, and what a file's network raises."""
        self.finder = Finder("faces")
        self.are_objects = options["results"] == "objects"
        path = options["checkpoint"]
        self.network = network_of(Path(path), device) if path else None
        noted = {"device": "cpu", "notes": [NOTE]}
        self.facts: dict[str, Any] = self.network.facts if self.network else noted

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [self._answer(call) for call in batch]

    def _points(self, pixels: Pixels, face: Face) -> Points:
        """By the network, where there is one that sees the face too, else by proportion."""
        seen = self.network.points(pixels, face) if self.network else None
        return face.points() if seen is None else seen

    def _answer(self, call: Values) -> Values:
        pixels = call["image"]  # [H, W, 3]
        found = self.finder.find(pixels, call["max_faces"], min(max(call["threshold"], 0), 1))
        points = [self._points(pixels, face) for face in found]
        size = np.array([pixels.shape[1], pixels.shape[0]], float)
        shares = [(each / size).tolist() for each in points]
        boxes = [(np.reshape(face.box, (2, 2)) / size).ravel().tolist() for face in found]
        return {
            "image": drawn(pixels, found, points),
            "points": shares[0] if shares else [],
            "labels": labels(len(shares[0])) if shares else [],
            "faces": shares,
            "boxes": boxes,
            "eyes": [(np.array(f.eyes) / size).tolist() if f.seen else None for f in found],
            "scores": [face.score for face in found],
            "results": [as_object(face) for face in found] if self.are_objects else boxes,
            "size": {"width": pixels.shape[1], "height": pixels.shape[0]},
            "landmarks": [grouped(each) for each in points],
        }


def as_object(face: Face) -> dict[str, Any]:
    """A face as sketches of 2018 read it."""
    left, top, right, bottom = face.box
    return {"class": "face", "bbox": [left, top, right - left, bottom - top], "score": face.score}


def drawn(pixels: Pixels, faces: list[Face], points: list[Points]) -> Pixels:
    """The picture with a box around every face, and lines along the groups of its points."""
    cv2 = opencv("Drawing faces")
    picture = np.ascontiguousarray(pixels).copy()
    width = max(1, round(max(pixels.shape) / 500))
    for face, places in zip(faces, points, strict=True):
        left, top, right, bottom = (round(side) for side in face.box)
        cv2.rectangle(picture, (left, top), (right, bottom), LINES, width, cv2.LINE_AA)
        known = sixty_eight(places)
        for group, members in GROUPS.items():
            line = known[list(members)].round().astype(np.int32)[:, None]
            closed = "eye" in group[-4:] or "lip" in group
            cv2.polylines(picture, [line], closed, LINES, width, cv2.LINE_AA)
    return picture


SLOT = Faces
