"""A still picture moved as a film moves: followed points and a smooth warp, nothing learnt."""

import hashlib
from typing import Any, ClassVar

import numpy as np

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Boolean, Image, Number
from taxiway.core.images import Pixels
from taxiway.vision.faces import Face, Finder
from taxiway.vision.opencv import opencv
from taxiway.vision.tracking import Points, Tracker
from taxiway.vision.warping import warped

RIM = np.array([[x, y] for x in (0, 0.5, 1) for y in (0, 0.5, 1) if (x, y) != (0.5, 0.5)])
"""What holds the picture's rim where it is, 0 to 1."""
SQUARE = 256
"""What `crop_square` gives, as old clients read it."""
FILM_SIDE = 320
"""The longer side of the film's copy in which points are followed."""


class Motion:
    """Moves a picture as a film moves. An operator without learning: followed points, a warp."""

    title = "Motion"
    imports = ("taxiway.families.motion.model",)
    options: ClassVar[dict[str, AnyDataType]] = {}
    facts: ClassVar[dict[str, Any]] = {"device": "cpu", "notes": ["An operator without learning."]}
    commands: ClassVar[dict[str, Command]] = {
        "animate": Command(
            name="animate",
            description="Move a still picture as the film has moved since its first frame.",
            inputs={
                "source_image": Image(description="The still picture."),
                "driving_image": Image(description="The film's next frame."),
                "crop_square": Boolean(
                    description="Both are cropped to squares; the result has 256 pixels."
                ),
                "use_relative_movement": Boolean(
                    default=True,
                    description="Moved from where it is; else, where both have a face, as that is.",
                ),
                "amount": Number(
                    default=1, min=0, max=3, step=0.05, description="How far it moves."
                ),
                "restart": Boolean(description="This frame is the film's first."),
            },
            outputs={"image": Image(), "output": Image()},
            aliases={"source": "source_image", "driving": "driving_image", "image": "source_image"},
        )
    }

    def setup(self, device: str, options: Values) -> None:
        """Raises MissingDependency without OpenCV."""
        self.finder = Finder("motion")
        self.scene: Scene | None = None

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [self._answer(call) for call in batch]

    def _answer(self, call: Values) -> Values:
        source, frame = call["source_image"], call["driving_image"]
        if call["crop_square"]:
            source, frame = square(source), square(frame)
            source = sized(source, SQUARE, SQUARE)
        if self.scene is None or call["restart"] or not self.scene.is_of(source, frame):
            self.scene = Scene(self.finder, source, frame)
        else:
            self.scene.see(frame)
        image = self.scene.picture(source, call["amount"], call["use_relative_movement"])
        return {"image": image, "output": image}


class Scene:
    """A picture and the film that moves it, of which the first frame is how it is at rest."""

    def __init__(self, finder: Finder, source: Pixels, frame: Pixels) -> None:
        self._told, self._shape = digest(source), frame.shape
        first = small(frame)
        self._tracker = Tracker(first)
        self._size = np.array([first.shape[1], first.shape[0]], float)
        self._to = np.array([source.shape[1], source.shape[0]], float)
        theirs, ours = finder.find(first, most=1), finder.find(source, most=1)
        self._faces = (theirs[0], ours[0]) if theirs and ours else None

    def is_of(self, source: Pixels, frame: Pixels) -> bool:
        """Whether it is this picture, and a film of this size."""
        return self._told == digest(source) and self._shape == frame.shape

    def see(self, frame: Pixels) -> None:
        """The film's next frame."""
        self._tracker.follow(small(frame))

    def picture(self, source: Pixels, amount: float, is_relative: bool) -> Pixels:
        """The picture as it is moved now, uint8 [H, W, 3]."""
        before, now = self._tracker.first, self._tracker.now
        before, now = without_outliers(before, now)
        begin, end = self._placed(before), self._placed(now)
        end = begin + (end - begin) * amount
        if not is_relative and self._faces is not None:
            own = self._to / self._size
            end = now * own  # where the film has them, whatever the picture's framing
        rim = RIM * (self._to - 1)
        return warped(source, np.concatenate([begin, rim]), np.concatenate([end, rim]))

    def _placed(self, points: Points) -> Points:
        """Points of the film [N, 2] in the picture: from face to face, else in the same framing."""
        if self._faces is None:
            return np.asarray(points * self._to / self._size)
        theirs, ours = (axes(face) for face in self._faces)
        shares = (points - theirs[0]) @ np.linalg.inv(theirs[1])
        return np.asarray(ours[0] + shares @ ours[1])


def axes(face: Face) -> tuple[Points, Points]:
    """The middle between the eyes [2]; one distance of them along, and one below [2, 2]."""
    left, right = np.array(face.eyes)
    along = right - left
    return (left + right) / 2, np.stack([along, [-along[1], along[0]]])


def without_outliers(before: Points, now: Points) -> tuple[Points, Points]:
    """The points that move about as those around them do."""
    if len(before) < 6:
        return before, now
    away = np.hypot(*(before[:, None] - before[None]).transpose(2, 0, 1))  # [N, N]
    beside = np.argsort(away, 1)[:, 1:6]
    moves = now - before
    usual = np.median(moves[beside], 1)  # [N, 2]
    off = np.hypot(*(moves - usual).T)
    kept = off < 4 + 0.5 * np.hypot(*usual.T)
    return before[kept], now[kept]


def small(frame: Pixels) -> Pixels:
    """A film's frame as points are followed in it."""
    share = min(1.0, FILM_SIDE / max(frame.shape[:2]))
    return sized(
        frame, max(1, round(frame.shape[1] * share)), max(1, round(frame.shape[0] * share))
    )


def square(pixels: Pixels) -> Pixels:
    """The middle of a picture, as wide as high."""
    side = min(pixels.shape[:2])
    top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    return pixels[top : top + side, left : left + side]


def sized(pixels: Pixels, width: int, height: int) -> Pixels:
    """A picture at another size."""
    cv2 = opencv("motion")
    if pixels.shape[:2] == (height, width):
        return np.ascontiguousarray(pixels)
    less = width < pixels.shape[1]
    way = cv2.INTER_AREA if less else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(pixels), (width, height), interpolation=way))


def digest(pixels: Pixels) -> str:
    """What tells one picture from another."""
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest() + str(pixels.shape)


SLOT = Motion
