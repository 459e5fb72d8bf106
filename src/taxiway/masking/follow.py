"""A mask carried from one frame to the next: by how things move, and by colours seen at keys.

What moves is told by dense inverse search (T. Kroeger and others, 2016), which carries the mask; in
a band along its edge a forest of trees (L. Breiman, 2001), fitted to the key frames of this very
film, then says by colours near and far what is object; the edge follows the picture's own.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.core.images import Pixels
from taxiway.vision.cutting import guided
from taxiway.vision.opencv import opencv

Mask = npt.NDArray[np.bool_]
"""Bool [h, w]."""
Floats = npt.NDArray[np.float32]

BLURS = (0.0, 0.5, 1.25)
"""How far around a pixel its colours are looked at, in hundredths of the longer side."""
TREES, DEPTH, SAMPLES = 20, 12, 2000
"""`SAMPLES` of object and of ground each are taken of every key frame."""
BAND, NEAR, RIM = 3.0, 8.0, 2.0
"""How far the edge moves at most from where it is carried, how far ground is looked at, and where
half of the samples lie, in hundredths of the longer side."""
TRUST = 0.08
"""What being carried counts beside the trees' votes, of which there are 0 to 1."""


class Flow:
    """Where things move between two pictures of one size. Raises MissingDependency."""

    def __init__(self) -> None:
        self._cv2 = opencv("Following a mask")
        self._flow = self._cv2.DISOpticalFlow_create(self._cv2.DISOPTICAL_FLOW_PRESET_FAST)

    def carried(self, before: Pixels, mask: Mask, now: Pixels) -> Mask:
        """Where a mask [h, w] is after what moved, of pictures uint8 [h, w, 3]."""
        cv2 = self._cv2
        grey = [cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in (now, before)]
        moved = self._flow.calc(*grey, None)  # [h, w, 2]: where each pixel of now was
        height, width = mask.shape
        down, across = np.mgrid[:height, :width].astype(np.float32)
        places = across + moved[:, :, 0], down + moved[:, :, 1]
        was = cv2.remap(mask.astype(np.float32), *places, cv2.INTER_LINEAR)
        return np.asarray(was > 0.5)


class Follower:
    """Carries masks through a film whose key frames it knows. Raises MissingDependency."""

    def __init__(self, keys: Sequence[tuple[Pixels, Mask]]) -> None:
        self._cv2 = opencv("Following a mask")
        self._flow = Flow()
        self._forest = self._fitted(keys)

    def step(self, before: Pixels, mask: Mask, now: Pixels) -> Mask:
        """The mask in frame `now` of what has `mask` in frame `before`, both uint8 [h, w, 3]."""
        if not mask.any():
            return mask
        carried = self._flow.carried(before, mask, now)
        if self._forest is None:
            return carried
        band = self._grown(carried, BAND) & ~self._shrunk(carried, BAND)
        share = carried.astype(np.float32)
        if band.any():
            share[band] = self._votes(now, band) + TRUST * (2 * share[band] - 1)
        light = self._cv2.cvtColor(now, self._cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
        edged = guided(self._cv2, light, share, reach_of(now, 1.0)) > 0.5
        return np.asarray(self._cv2.medianBlur(edged.astype(np.uint8), 5) > 0)

    def _fitted(self, keys: Sequence[tuple[Pixels, Mask]]) -> Any:
        """A forest that tells object (1) from ground (0); None where the keys show but one."""
        cv2, chance = self._cv2, np.random.default_rng(0)
        rows, kinds = [], []
        for pixels, mask in keys:
            seen = self._colours(pixels).reshape(mask.size, -1)
            rim = self._grown(mask, RIM) & ~self._shrunk(mask, RIM)
            for kind in (True, False):
                for region in (self._grown(mask, NEAR), rim):
                    places = np.flatnonzero((mask == kind) & region)
                    count = min(SAMPLES // 2, len(places))
                    rows.append(seen[chance.choice(places, count, replace=False)])
                    kinds.append(np.full(count, int(kind), np.int32))
        answers = np.concatenate(kinds) if kinds else np.zeros(0, np.int32)
        if len(np.unique(answers)) < 2:
            return None
        forest = cv2.ml.RTrees_create()
        forest.setMaxDepth(DEPTH)
        forest.setMinSampleCount(4)
        forest.setTermCriteria((cv2.TERM_CRITERIA_MAX_ITER, TREES, 0))
        forest.train(np.concatenate(rows), cv2.ml.ROW_SAMPLE, answers)
        return forest

    def _votes(self, pixels: Pixels, where: Mask) -> Floats:
        """The share of trees that take the pixels of a region for object, float32 [n].

        They are asked about every other pixel, as on a chessboard; between, those around it count.
        """
        down, across = np.ogrid[: where.shape[0], : where.shape[1]]
        asked = where & ((down + across) % 2 == 0)
        known = np.zeros(where.shape, np.float32)
        if asked.any():
            votes = self._forest.getVotes(self._colours(pixels)[asked], 0)
            counts = votes[1:].astype(np.float32)  # [n, 2]; above is the kinds' own row
            known[asked] = counts[:, 1] / counts.sum(1)
        beside, number = (
            self._cv2.boxFilter(each.astype(np.float32), -1, (3, 3), normalize=False)
            for each in (known, asked)
        )
        around = np.where(number > 0, beside / np.maximum(number, 1), 0.5)
        return np.asarray(np.where(asked, known, around)[where], np.float32)

    def _colours(self, pixels: Pixels) -> Floats:
        """What the trees see of every pixel: its colour, and those around it, [h, w, 9]."""
        lab = self._cv2.cvtColor(pixels.astype(np.float32) / 255, self._cv2.COLOR_RGB2LAB)
        side = max(pixels.shape[:2]) / 100
        seen = [self._cv2.GaussianBlur(lab, (0, 0), blur * side) if blur else lab for blur in BLURS]
        return np.concatenate(seen, axis=2)

    def _grown(self, mask: Mask, hundredths: float) -> Mask:
        return np.asarray(self._cv2.dilate(mask.astype(np.uint8), self._disc(mask, hundredths)) > 0)

    def _shrunk(self, mask: Mask, hundredths: float) -> Mask:
        return np.asarray(self._cv2.erode(mask.astype(np.uint8), self._disc(mask, hundredths)) > 0)

    def _disc(self, mask: Mask, hundredths: float) -> Any:
        size = 2 * reach_of(mask, hundredths) + 1
        return self._cv2.getStructuringElement(self._cv2.MORPH_ELLIPSE, (size, size))


def reach_of(picture: npt.NDArray[Any], hundredths: float) -> int:
    """So many hundredths of a picture's longer side in pixels, 2 at least."""
    return int(max(2, round(hundredths * max(picture.shape[:2]) / 100)))
