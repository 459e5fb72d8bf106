"""Points of a film followed from frame to frame: corners, by optical flow there and back.

J. Shi, C. Tomasi: Good Features to Track (1994); B. Lucas, T. Kanade (1981), in pyramids.
"""

import numpy as np
import numpy.typing as npt

from taxiway.core.images import Pixels
from taxiway.vision.opencv import opencv

Points = npt.NDArray[np.float64]
MOST, APART = 160, 0.03
"""Points at most, and how far from each other, of the longer side."""
BACK = 1.5
"""Pixels by which a point may miss itself when it is followed back."""


class Tracker:
    """The points of a first frame, uint8 [H, W, 3], and where they are in the newest.

    Those that were lost are left out from then on.
    """

    def __init__(self, first: Pixels) -> None:
        cv2 = self._cv2 = opencv("Following points")
        self._before = cv2.cvtColor(first, cv2.COLOR_RGB2GRAY)
        apart = max(4.0, APART * max(first.shape[:2]))
        found = cv2.goodFeaturesToTrack(self._before, MOST, 0.005, apart)
        self.first: Points = np.zeros((0, 2)) if found is None else found[:, 0].astype(float)
        """Where those that are followed were in the first frame, [N, 2]."""
        self.now = self.first.copy()
        """Where they are now, [N, 2]."""

    def follow(self, frame: Pixels) -> None:
        """Look for the points in the next frame, of the first one's size."""
        cv2 = self._cv2
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        if len(self.now):
            start = self.now.astype(np.float32)[:, None]
            there, is_there, _ = cv2.calcOpticalFlowPyrLK(self._before, grey, start, None)
            back, is_back, _ = cv2.calcOpticalFlowPyrLK(grey, self._before, there, None)
            missed = np.hypot(*(back - start)[:, 0].T)
            kept = (is_there.ravel() > 0) & (is_back.ravel() > 0) & (missed < BACK)
            self.first, self.now = self.first[kept], there[kept, 0].astype(float)
        self._before = grey
