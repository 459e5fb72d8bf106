"""A face as an instrument: where its nose and mouth are, to faders or to the mapping."""

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np

from taxiway.core.datatypes import AnyDataType, Category, Number, Text
from taxiway.core.errors import NotFound, Unavailable
from taxiway.core.extras import lacking
from taxiway.core.images import Pixels
from taxiway.core.source import Given, Signals, Source
from taxiway.vision.face_points import GROUPS, Points, sixty_eight
from taxiway.vision.faces import Finder
from taxiway.vision.opencv import opencv

PARTS = ("nose:x", "nose:y", "mouth:x", "mouth:y", "mouth:open", "turn", "tilt", "size")
NOT_BY_PROPORTION = ("mouth:open", "turn")
"""What only a network sees."""
WIDE_OPEN, FAR_TURNED, LARGE = 0.35, 0.35, 0.3
"""Between open lips and from the middle to a turned nose, in distances of the eyes; such a distance
of a near face, of the picture's height."""
FAR_TILTED = np.pi / 6
PATIENCE_SECONDS = 3.0
MOST_BYTES = 30_000_000
"""In an answer, which has pictures in it as well."""


class Faces(Source):
    """The largest face of a camera, or of what a running model called faces saw last."""

    title = "Faces"
    moves = True
    paths: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "port": Number(
            default=0,
            whole=True,
            min=0,
            max=65535,
            description="The HTTP port of a running faces, on this machine; 0 is the camera.",
        ),
        "camera": Number(
            default=0, whole=True, min=0, max=63, description="Which camera of this machine."
        ),
        "input": Text(
            default="", description="The input that follows; if empty, signals for the mapping."
        ),
        "part": Category(one_of=PARTS, description="What it follows."),
        "low": Number(
            default=0, description="What it gets where the part is 0: left, above, shut."
        ),
        "high": Number(default=1, description="What it gets where the part is 1."),
        "fps": Number(default=15, whole=True, min=1, max=60, description="Looks a second."),
    }

    @classmethod
    def probe(cls) -> str | None:
        return lacking("cv2", "Following faces") or None

    def read(self) -> Iterator[Given]:
        given = self.settings_given
        looks = self._of_model(given["port"]) if given["port"] else self._of_camera()
        for parts in looks:
            if not given["input"]:
                yield Signals((f"face:{name}", value) for name, value in parts.items())
            elif given["part"] in parts:
                reach = given["high"] - given["low"]
                yield {given["input"]: given["low"] + reach * parts[given["part"]]}

    def _of_camera(self) -> Iterator[dict[str, float]]:
        finder = Finder("Following faces")
        for pixels in self.pictures():
            height, width = pixels.shape[:2]
            for face in finder.find(pixels, most=1):
                parts = parts_of(face.points() / [width, height], width / height)
                yield {name: parts[name] for name in parts if name not in NOT_BY_PROPORTION}

    def pictures(self) -> Iterator[Pixels]:
        """What the camera sees, uint8 [H, W, 3], as in a mirror. Raises NotFound, Unavailable."""
        cv2 = opencv("Following faces")
        number = self.settings_given["camera"]
        camera = cv2.VideoCapture(number)
        try:
            if not camera.isOpened():
                raise NotFound(f"There is no camera {number} here, or another program has it.")
            while not self.wait(1 / self.settings_given["fps"]):
                is_there, frame = camera.read()
                if not is_there:
                    raise Unavailable(f"The camera {number} gives no more pictures.")
                yield np.ascontiguousarray(frame[:, ::-1, ::-1])  # BGR, not mirrored
        finally:
            camera.release()

    def _of_model(self, port: int) -> Iterator[dict[str, float]]:
        before: dict[str, float] = {}
        answered = time.monotonic()
        while not self.wait(1 / self.settings_given["fps"]):
            try:
                seen = newest(port)
            except Unavailable:  # it may just be starting
                if time.monotonic() - answered > PATIENCE_SECONDS:
                    raise
                continue
            answered = time.monotonic()
            if seen is not None and (parts := parts_of(*seen)) != before:
                before = parts
                yield parts


def newest(port: int) -> tuple[Points, float] | None:
    """The points, 0 to 1, that a model of this machine gave last, and its picture's width by its
    height; None where it has seen no face. Raises Unavailable, NotFound where it gives no points.
    """
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        asked.request("GET", "/data")
        said = json.loads(asked.getresponse().read(MOST_BYTES))
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"No model answers at port {port} of this machine ({error}).") from None
    except ValueError:
        said = None
    finally:
        asked.close()
    if isinstance(said, dict) and (not said or "error" in said or said.get("points") == []):
        return None
    try:
        points = np.array(said["points"], float)
        size = said.get("size") or {}
        aspect = float(size["width"]) / float(size["height"]) if size else 4 / 3
        known = sixty_eight(points.reshape(-1, 2))
        if not (np.isfinite(known).all() and aspect > 0):
            raise ValueError("no places")
        return known, aspect
    except (TypeError, ValueError, LookupError, ZeroDivisionError):
        raise NotFound(f"The model at port {port} gives no face's points; run faces.") from None


def parts_of(points: Points, aspect: float) -> dict[str, float]:
    """The numbers of a face, 0 to 1 each, by its 68 points in shares of a picture, whose width by
    its height is `aspect`."""
    nose, mouth = points[list(GROUPS["nose_tip"])].mean(0), points[48:].mean(0)
    even = points * [aspect, 1]
    left, right = even[36:42].mean(0), even[42:48].mean(0)
    along = right - left
    wide = max(float(np.hypot(*along)), 1e-6)
    tip = even[list(GROUPS["nose_tip"])].mean(0) - (left + right) / 2
    turned = float(tip @ along) / wide**2
    lips = float(np.hypot(*(even[62] - even[66]))) / wide
    parts = {
        "nose:x": nose[0],
        "nose:y": nose[1],
        "mouth:x": mouth[0],
        "mouth:y": mouth[1],
        "mouth:open": lips / WIDE_OPEN,
        "turn": 0.5 + turned / FAR_TURNED / 2,
        "tilt": 0.5 + np.arctan2(along[1], along[0]) / FAR_TILTED / 2,
        "size": wide / LARGE,
    }
    return {name: min(max(float(value), 0.0), 1.0) for name, value in parts.items()}


SLOT = Faces
