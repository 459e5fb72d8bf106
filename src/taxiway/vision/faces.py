"""Faces and their eyes in a picture, by OpenCV's cascades: bundled with it, not learnt here.

P. Viola, M. Jones: Rapid Object Detection using a Boosted Cascade of Simple Features (2001).
"""

from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct

from taxiway.core.errors import MissingDependency
from taxiway.core.images import Pixels
from taxiway.vision.cutting import shrunk
from taxiway.vision.face_points import Points, by_proportion
from taxiway.vision.opencv import opencv

SIDE = 400
"""The longer side of the copy that is searched, in pixels."""
LEAST = 0.06
"""The smallest face that is looked for, of the shorter side."""
EYES = (0.31, 0.39), (0.69, 0.39)
"""Where eyes are in the box of a face where none are found."""


class Face(Struct, frozen=True, kw_only=True):
    """A face in pixels: `box` (left, top, right, bottom), the eyes (x, y), the left one first.

    Left is the picture's. `seen` is whether the eyes were found, or put where eyes are in such a
    box. `score` is 0 to 1.
    """

    box: tuple[float, float, float, float]
    eyes: tuple[tuple[float, float], tuple[float, float]]
    seen: bool
    score: float

    def points(self) -> Points:
        """The 68 points by proportion, in pixels."""
        return by_proportion(*self.eyes)


class Finder:
    """Finds faces. Raises MissingDependency without OpenCV, or with one that has no cascades."""

    def __init__(self, what: str = "Finding faces") -> None:
        cv2 = opencv(what)
        folder = Path(getattr(getattr(cv2, "data", None), "haarcascades", ""))
        names = ("haarcascade_frontalface_alt2.xml", "haarcascade_eye.xml")
        if missing := [name for name in names if not (folder / name).is_file()]:
            raise MissingDependency(
                f"{what} needs an OpenCV that has {missing[0]}, which 4 has and 5 has not: "
                "pip install 'opencv-python-headless<5'."
            )
        self._cv2 = cv2
        self._faces, self._eyes = (cv2.CascadeClassifier(str(folder / name)) for name in names)

    def find(self, pixels: Pixels, most: int = 8, threshold: float = 0.5) -> list[Face]:
        """Up to `most` faces of uint8 [H, W, 3], the largest first; a high threshold is strict."""
        cv2 = self._cv2
        small = shrunk(pixels, SIDE)
        scale = pixels.shape[1] / small.shape[1]
        grey = cv2.equalizeHist(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
        least = max(20, round(LEAST * min(grey.shape)))
        boxes, _, weights = self._faces.detectMultiScale3(
            grey, 1.1, 1 + round(8 * threshold), minSize=(least, least), outputRejectLevels=True
        )
        found = sorted(zip(boxes, weights, strict=True), key=lambda each: -each[0][2])[:most]
        return [self._face(grey, box, float(weight), scale) for box, weight in found]

    def _face(self, grey: Any, box: Any, weight: float, scale: float) -> Face:
        left, top, width, height = map(int, box)
        right, bottom = left + width, top + height
        eyes = [self._eye(grey, (left, top, width), side) for side in (0, 1)]
        placed = [(left + x * width, top + y * height) for x, y in EYES]
        chosen = [eye or place for eye, place in zip(eyes, placed, strict=True)]
        return Face(
            box=(left * scale, top * scale, right * scale, bottom * scale),
            eyes=tuple((x * scale, y * scale) for x, y in chosen),  # type: ignore[arg-type]
            seen=None not in eyes,
            score=float(1 / (1 + np.exp(-np.ravel(weight)[0] / 10))),
        )

    def _eye(
        self, grey: Any, square: tuple[int, int, int], side: int
    ) -> tuple[float, float] | None:
        """The middle of the eye in the left (0) or right (1) half of a face, if it is found."""
        left, top, width = square
        x0, y0 = left + side * width // 2, top + width // 6
        part = np.ascontiguousarray(grey[y0 : top + width * 11 // 20, x0 : x0 + width // 2])
        least = max(8, width // 8)
        if min(part.shape, default=0) < least:
            return None
        found = self._eyes.detectMultiScale(part, 1.05, 3, minSize=(least, least))
        if not len(found):
            return None
        x, y, w, h = max(found, key=lambda each: each[2])
        return float(x0 + x + w / 2), float(y0 + y + h / 2)
