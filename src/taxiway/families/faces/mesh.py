"""The 468 or 478 points of a face by a network of the user's: ONNX, or a task file of MediaPipe.

What such a network takes and gives are facts of MediaPipe's model card: a square around the face,
upright, its colours from 0 to 1; x, y and depth of every point in pixels of the square, and one
number for whether there is a face.
"""

import zipfile
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from taxiway.core.errors import UnreadableCheckpoint
from taxiway.core.extras import need
from taxiway.core.images import Pixels
from taxiway.onnx_files.network import opened, run
from taxiway.onnx_files.reading import OnnxFile, Tensor, look
from taxiway.vision.face_points import COUNTS, Points
from taxiway.vision.faces import Face
from taxiway.vision.opencv import opencv

AROUND = 1.5
"""How much wider the square is than the points by proportion."""
PART = "face_landmarks_detector.tflite"
"""What a task file for faces holds."""


class Network(Protocol):
    """What finds the points of a face that was found."""

    facts: dict[str, Any]

    def points(self, pixels: Pixels, face: Face) -> Points | None:
        """In pixels of the picture [N, 2]; None where it sees no face there."""


def is_task(path: Path) -> bool:
    """Whether a file is a task file for the points of faces."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return PART in archive.namelist()


def network_of(path: Path, device: str) -> Network:
    """What computes a file. Raises NotFound, UnreadableCheckpoint, MissingDependency."""
    if path.is_file() and zipfile.is_zipfile(path):
        if not is_task(path):
            raise UnreadableCheckpoint(
                f"'{path.name}' holds no {PART}, as a face's task file does."
            )
        return Task(path)
    return Mesh(look(path), device)


class Mesh:
    """An ONNX file of the points of one face. Raises UnreadableCheckpoint for another kind."""

    def __init__(self, file: OnnxFile, device: str) -> None:
        self._input = only_picture(file)
        shape = self._input.shape
        self._is_last = shape[3] == 3
        self._side = (shape[1] if self._is_last else shape[2]) or 192
        example = self._tensor(np.zeros((self._side, self._side, 3), np.uint8))
        self._network, self.facts = opened(file, example, device, "float32")
        found = run(self._network, example)
        if not any(width_of(each) for each in found.values()):
            raise UnreadableCheckpoint(
                f"'{file.path.name}' gives no points of a face: {' or '.join(map(str, COUNTS))} of "
                "them, x and y or with depth."
            )

    def points(self, pixels: Pixels, face: Face) -> Points | None:
        """As `Network.points`."""
        cv2 = opencv("Finding points")
        turn = upright(face, self._side)
        square = cv2.warpAffine(pixels, turn, (self._side, self._side), flags=cv2.INTER_LINEAR)
        found = run(self._network, self._tensor(square))
        score = next((float(each.ravel()[0]) for each in found.values() if each.size == 1), 1.0)
        if score < 0:  # before a sigmoid, or a probability: below 0 is no face in either
            return None
        flat = next(each for each in found.values() if width_of(each))
        places = flat.reshape(-1, width_of(flat))[:, :2].astype(float)
        if np.abs(places).max() <= 2:  # shares of the square
            places = places * self._side
        back = cv2.invertAffineTransform(turn)
        return np.asarray(places @ back[:, :2].T + back[:, 2])

    def _tensor(self, square: Pixels) -> dict[str, Any]:
        """A square picture as the network takes it."""
        values = square.astype(np.float32)[None] / 255  # [1, S, S, 3]
        values = values if self._is_last else np.ascontiguousarray(values.transpose(0, 3, 1, 2))
        return {self._input.name: values}


class Task:
    """A task file, by MediaPipe, where that is installed. Raises MissingDependency."""

    def __init__(self, path: Path) -> None:
        need("mediapipe", "A .task file")
        from mediapipe import Image, ImageFormat
        from mediapipe.tasks.python import BaseOptions
        from mediapipe.tasks.python.vision import FaceLandmarker, FaceLandmarkerOptions

        self._image: Any = lambda pixels: Image(image_format=ImageFormat.SRGB, data=pixels)
        options = FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(path)), num_faces=1
        )
        self._landmarker = FaceLandmarker.create_from_options(options)
        self.facts: dict[str, Any] = {"device": "cpu"}

    def points(self, pixels: Pixels, face: Face) -> Points | None:
        """As `Network.points`, in the square around the face."""
        cv2 = opencv("Finding points")
        side = 384
        turn = upright(face, side)
        square = cv2.warpAffine(pixels, turn, (side, side), flags=cv2.INTER_LINEAR)
        seen = self._landmarker.detect(self._image(np.ascontiguousarray(square))).face_landmarks
        if not seen:
            return None
        places = np.array([[point.x * side, point.y * side] for point in seen[0]])
        back = cv2.invertAffineTransform(turn)
        return np.asarray(places @ back[:, :2].T + back[:, 2])


def upright(face: Face, side: int) -> Any:
    """The affine map [2, 3] of a picture to a square of `side` pixels around a face, upright."""
    points = face.points()
    left, right = np.array(face.eyes)
    angle = float(np.degrees(np.arctan2(*(right - left)[::-1])))
    middle = (points.min(0) + points.max(0)) / 2
    width = AROUND * float(np.ptp(points, 0).max())
    turn = opencv("Finding points").getRotationMatrix2D(tuple(middle), angle, side / width)
    turn[:, 2] += side / 2 - middle
    return turn


def only_picture(file: OnnxFile) -> Tensor:
    """The one input, 1 x 3 x S x S or 1 x S x S x 3. Raises UnreadableCheckpoint."""
    given = list(file.inputs.values())
    shape = given[0].shape if len(given) == 1 else ()
    if len(shape) != 4 or 3 not in (shape[1], shape[3]):
        said = ", ".join(each.words for each in given)
        raise UnreadableCheckpoint(
            f"'{file.path.name}' takes {said}; the network of a face takes 1x3xSxS or 1xSxSx3."
        )
    return given[0]


def width_of(found: Any) -> int:
    """How many numbers there are for each point of a face, 2 or 3; 0 where it is none's points."""
    return next((width for width in (3, 2) if found.size / width in COUNTS), 0)
