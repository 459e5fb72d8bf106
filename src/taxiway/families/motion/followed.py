"""Motion without learning: points of the film that are followed, and a smooth warp."""

from typing import Any

import numpy as np

from taxiway.core.images import Pixels
from taxiway.families.motion.films import Manner
from taxiway.vision.faces import Face, Finder
from taxiway.vision.opencv import opencv
from taxiway.vision.tracking import Points, Tracker
from taxiway.vision.warping import warped

RIM = np.array([[x, y] for x in (0, 0.5, 1) for y in (0, 0.5, 1) if (x, y) != (0.5, 0.5)])
"""What holds the picture's rim where it is, 0 to 1."""
FILM_SIDE = 320
"""The longer side of the film's copy in which points are followed."""


class Following:
    """Begins films whose corners are followed. Raises MissingDependency without OpenCV."""

    side = 256

    def __init__(self) -> None:
        self._finder = Finder("motion")
        note = "An operator without learning"
        self.facts: dict[str, Any] = {"device": "cpu", "notes": [note]}

    def begin(self, source: Pixels, frame: Pixels) -> "Followed":
        return Followed(self._finder, source, frame)


class Followed:
    """A picture that is warped as points of a film have gone since its first frame."""

    def __init__(self, finder: Finder, source: Pixels, frame: Pixels) -> None:
        first = small(frame)
        self._tracker = Tracker(first)
        self._size = np.array([first.shape[1], first.shape[0]], float)
        self._to = np.array([source.shape[1], source.shape[0]], float)
        theirs, ours = finder.find(first, most=1), finder.find(source, most=1)
        self._faces = (theirs[0], ours[0]) if theirs and ours else None

    def see(self, frame: Pixels) -> None:
        """The film's next frame."""
        self._tracker.follow(small(frame))

    def picture(self, source: Pixels, manner: Manner) -> Pixels:
        """The picture as it is moved now, uint8 [H, W, 3]."""
        before, now = self._tracker.first, self._tracker.now
        before, now = without_outliers(before, now)
        begin, end = self.placed(before), self.placed(now)
        end = begin + (end - begin) * manner.amount
        if not manner.is_relative and self._faces is not None:
            own = self._to / self._size
            end = now * own  # where the film has them, whatever the picture's framing
        rim = RIM * (self._to - 1)
        return warped(source, np.concatenate([begin, rim]), np.concatenate([end, rim]))

    def placed(self, points: Points) -> Points:
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
    width, height = (max(1, round(side * share)) for side in frame.shape[1::-1])
    pixels = np.ascontiguousarray(frame)
    if share == 1:
        return pixels
    cv2 = opencv("motion")
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA))
