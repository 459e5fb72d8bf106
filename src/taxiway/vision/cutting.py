"""Cutting something out of a picture by a box or by clicks, nothing learnt: GrabCut.

C. Rother, V. Kolmogorov, A. Blake: GrabCut (2004), as OpenCV has it, on a small copy; the edge is
then drawn along the picture's own at full size by a guided filter (K. He, J. Sun, X. Tang, 2010).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from taxiway.core.images import Pixels
from taxiway.vision.opencv import opencv

SIDE = 320
"""The longer side of the copy, in pixels, unless another is asked for."""
INSET = 0.03
"""The rim that is taken for ground where nothing is said, of the width and height."""
CLICK, AROUND = 0.012, 0.15
"""How far a click is sure, and how far it is likely, of the longer side."""
EDGE = 0.02
"""How far the edge of a mask that is corrected may move, of the longer side."""
GRAIN = 1.0
"""Noise that is added, in levels: else a plain ground would have no colours but its very own."""
SPECK = 0.01
"""Islands smaller than this, of the largest one, are none."""
Point = Sequence[float]


class Hints(Struct, frozen=True, kw_only=True):
    """What is known of what to cut out: a box around it, points in it and points outside.

    All from 0 to 1 across and down; with nothing it is whatever stands out from the rim.
    """

    box: Sequence[float] | None = None
    include: Sequence[Point] = ()
    exclude: Sequence[Point] = ()


def cut(pixels: Pixels, hints: Hints, side: int = SIDE, rounds: int = 4) -> Pixels:
    """How much of every pixel of uint8 [H, W, 3] belongs to it: uint8 [H, W], 0 to 255."""
    small = shrunk(pixels, side)
    if hints == Hints():
        state, rounds = guessed(small, rounds), 1
    else:
        state = first_state(small.shape[:2], hints)
    return refined(pixels, settled(small, state, rounds, hints))


def guessed(small: Pixels, rounds: int) -> npt.NDArray[np.uint8]:
    """What GrabCut begins with where nothing is said: what it finds in a copy of half the size, of
    which only the edge may change; a quarter of the time, and less of what only looks alike."""
    half = shrunk(small, max(1, max(small.shape) // 2))
    found = settled(half, first_state(half.shape[:2], Hints()), rounds, Hints())
    height, width = small.shape[:2]
    grown = opencv("Cutting out").resize(found.astype(np.float32), (width, height))
    return changed(grown > 0.5, Hints())


def shrunk(pixels: Pixels, side: int) -> Pixels:
    """A picture [H, W, 3] as a copy whose longer side is `side` pixels at most."""
    cv2 = opencv("Cutting out")
    height, width = pixels.shape[:2]
    share = side / max(height, width)
    if share >= 1:
        return np.ascontiguousarray(pixels)
    size = max(1, round(width * share)), max(1, round(height * share))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def first_state(size: tuple[int, int], hints: Hints) -> npt.NDArray[np.uint8]:
    """What GrabCut begins with: uint8 [h, w] of 0 ground, 1 object, 2 and 3 likely so."""
    height, width = size
    state = np.full(size, 2 if hints.include and hints.box is None else 3, np.uint8)
    left, top, right, bottom = hints.box or (INSET, INSET, 1 - INSET, 1 - INSET)
    inside = np.zeros(size, bool)
    inside[
        max(0, round(top * height)) : max(1, round(bottom * height)),
        max(0, round(left * width)) : max(1, round(right * width)),
    ] = True
    if hints.box is not None or not hints.include:
        state[~inside] = 0
    if hints.box is None:
        for point in hints.include:
            state[near(size, point, AROUND) & (state == 2)] = 3
    stamp(state, hints)
    return state


def stamp(state: npt.NDArray[np.uint8], hints: Hints) -> None:
    """Write into a state what clicks are sure of."""
    for points, value in ((hints.include, 1), (hints.exclude, 0)):
        for point in points:
            state[near(state.shape, point, CLICK)] = value


def near(size: tuple[int, ...], point: Point, reach: float) -> npt.NDArray[np.bool_]:
    """Where a pixel of [h, w] is within `reach`, of the longer side, of a point; bool [h, w]."""
    height, width = size
    down, across = np.ogrid[:height, :width]
    x, y = point[0] * width - 0.5, point[1] * height - 0.5
    away = max(0.8, reach * max(height, width))
    return np.asarray((across - x) ** 2 + (down - y) ** 2 <= away**2)


def settled(
    small: Pixels, state: npt.NDArray[np.uint8], rounds: int, hints: Hints
) -> npt.NDArray[np.bool_]:
    """What belongs to the object by GrabCut after so many rounds: bool [h, w], without specks.

    Where the state holds only object, or only ground, that is the answer; where all of it looks
    like the ground, what was likely.
    """
    cv2 = opencv("Cutting out")
    state = state.copy()
    if not (state % 2 == 1).any() or not (state % 2 == 0).any():
        return np.asarray(state % 2 == 1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    noise = np.random.default_rng(0).normal(0, GRAIN, small.shape)
    colours = np.clip(small[:, :, ::-1] + noise, 0, 255).astype(np.uint8)  # [h, w, BGR]
    likely = state % 2 == 1
    cv2.grabCut(colours, state, None, *models, rounds, cv2.GC_INIT_WITH_MASK)
    found = without_specks(cv2, state % 2 == 1, hints)
    return found if found.any() else likely


def without_specks(cv2: Any, mask: npt.NDArray[np.bool_], hints: Hints) -> npt.NDArray[np.bool_]:
    """A mask [h, w] without islands and holes that are much smaller than its largest island.

    Those that a click is in stay; an island that only clicks beside the object are in goes.
    """
    least = SPECK * max(int(mask.sum()), 1)
    labels, small = islands(cv2, mask, least)
    wanted = clicked(labels, hints.include)
    marked = mask.copy()
    for point in hints.exclude:
        marked |= near(mask.shape, point, CLICK)
    whole, _ = islands(cv2, marked, least)
    refused = clicked(whole, hints.exclude) - clicked(whole, hints.include) - {0}
    kept = mask & ~np.isin(labels, sorted(small - wanted))
    if hints.include:
        kept &= ~np.isin(whole, sorted(refused))
    holes, small = islands(cv2, ~kept, least)
    return np.asarray(kept | np.isin(holes, sorted(small - clicked(holes, hints.exclude))))


def islands(
    cv2: Any, mask: npt.NDArray[np.bool_], least: float
) -> tuple[npt.NDArray[np.int32], set[int]]:
    """The islands of a mask, numbered from 1, int32 [h, w], and those of fewer pixels than that."""
    count, labels, facts, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=4
    )
    areas = facts[:, cv2.CC_STAT_AREA]
    return labels, {each for each in range(1, count) if areas[each] < least}


def clicked(labels: npt.NDArray[np.int32], points: Sequence[Point]) -> set[int]:
    """The labels [h, w] that points lie on."""
    height, width = labels.shape
    places = [
        (min(max(int(y * height), 0), height - 1), min(max(int(x * width), 0), width - 1))
        for x, y in points
    ]
    return {int(labels[place]) for place in places}


def refined(pixels: Pixels, mask: npt.NDArray[np.bool_]) -> Pixels:
    """A mask [h, w] at its picture's size, its edge drawn along the picture's: uint8 [H, W]."""
    cv2 = opencv("Cutting out")
    height, width = pixels.shape[:2]
    rough = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    light = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    reach = max(2, round(max(height, width) / max(mask.shape) * 1.5))
    soft = guided(cv2, light, rough, reach)
    return np.asarray(np.clip((soft - 0.15) / 0.7, 0, 1) * 255 + 0.5).astype(np.uint8)


def guided(
    cv2: Any, guide: npt.NDArray[np.float32], rough: npt.NDArray[np.float32], reach: int
) -> npt.NDArray[np.float32]:
    """`rough` [H, W] smoothed by squares of `reach` pixels, but not across edges of `guide`."""

    def mean(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(cv2.boxFilter(values, -1, (2 * reach + 1, 2 * reach + 1)))

    middle, level = mean(guide), mean(rough)
    slope = (mean(guide * rough) - middle * level) / (mean(guide * guide) - middle**2 + 1e-3)
    return mean(slope) * guide + mean(level - slope * middle)


def changed(mask: npt.NDArray[np.bool_], hints: Hints) -> npt.NDArray[np.uint8]:
    """What GrabCut begins with to correct a mask [h, w] by clicks: near these, and in a band along
    the edge, it may change; elsewhere it stays."""
    cv2 = opencv("Cutting out")
    reach = max(2, round(EDGE * max(mask.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    small = mask.astype(np.uint8)
    open_ = cv2.dilate(small, disc) != cv2.erode(small, disc)  # [h, w]
    for point in (*hints.include, *hints.exclude):
        open_ |= near(mask.shape, point, AROUND / 2)
    state = np.where(open_, small + 2, small).astype(np.uint8)
    stamp(state, hints)
    return state
