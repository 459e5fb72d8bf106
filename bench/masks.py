"""Cutting out of drawn clips: IoU with exact masks, clicks that a person needs, frames a second.

A person is played: on the first frame they click in the middle of what is most wrong until the mask
is nearly right, and after each run through the clip on the worst frame, up to a number of times.
"""

import sys
import time
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from clips import SCENES, Clip, Mask, drawn, iou
from taxiway.masking.project import Clicks, Project
from taxiway.masking.propagate import propagated
from taxiway.vision.opencv import opencv

ENOUGH, MOST_CLICKS = 0.96, 8
"""A frame is clicked at until its mask is so near, or so often."""


def project_of(clip: Clip, folder: Path) -> Project:
    """A project whose film is a clip."""
    project = Project(folder)
    for _ in project.take(clip[0], "clip", 25):
        pass
    return project


def clicked(project: Project, index: int, truth: Mask) -> int:
    """Click at a frame until it is right; how often."""
    film = project.known()
    clicks = next((each for each in film.clicks if each.frame == index), Clicks(frame=index))
    mask = project.mask(index)
    mask = np.zeros_like(truth) if mask is None else mask
    count = 0
    while count < MOST_CLICKS and iou(mask, truth) < ENOUGH:
        wrong, point = worst(mask, truth)
        (clicks.include if wrong else clicks.exclude).append(point)
        found = project.click(clicks)
        assert found is not None
        mask, count = found, count + 1
    return count


def worst(mask: Mask, truth: Mask) -> tuple[bool, list[float]]:
    """Whether the largest mistake is something left out, and a point in its middle, 0 to 1."""
    cv2 = opencv("The bench")
    best, found = 0.0, (True, [0.5, 0.5])
    for left_out in (True, False):
        wrong = (truth & ~mask) if left_out else (mask & ~truth)
        deep = cv2.distanceTransform(np.pad(wrong.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
        if deep.max() > best:
            best = float(deep.max())
            y, x = np.unravel_index(deep.argmax(), deep.shape)
            found = left_out, [float(x + 0.5) / mask.shape[1], float(y + 0.5) / mask.shape[0]]
    return found


def measured(name: str, rounds: int, seed: int, count: int = 36) -> dict[str, float]:
    """What a clip comes to after so many rounds of correction."""
    clip = drawn(name, count, seed=seed)
    with TemporaryDirectory() as folder:
        project = project_of(clip, Path(folder))
        clicks, worst_frame, ious, rate = 0, 0, [0.0], 0.0
        for _ in range(rounds + 1):
            clicks += clicked(project, worst_frame, clip[1][worst_frame])
            began = time.process_time()
            made = sum(1 for _ in propagated(project))
            rate = rate or made / (time.process_time() - began)
            masks = [project.mask(index) for index in range(count)]
            ious = [0.0 if m is None else iou(m, t) for m, t in zip(masks, clip[1], strict=True)]
            worst_frame = int(np.argmin(ious))
        return {
            "iou": float(np.mean(ious)), "least": min(ious), "clicks": clicks,
            "fps": rate,
        }  # fmt: skip


def main() -> None:
    """`masks.py [CORRECTIONS] [SEED ...]`: every clip, with 0 corrections up to so many (1)."""
    most, *seeds = [int(word) for word in sys.argv[1:]] or [1]
    print("clip    seed  corrected  mean IoU  least  clicks  frames per CPU second")
    for name, seed in product(SCENES, seeds or [0]):
        for rounds in range(most + 1):
            row = measured(name, rounds, seed)
            print(
                f"{name:7} {seed:4} {rounds:10} {row['iou']:9.3f} {row['least']:6.3f} "
                f"{row['clicks']:7.0f} {row['fps']:8.1f}"
            )


if __name__ == "__main__":
    main()
