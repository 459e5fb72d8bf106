"""The 68 points of a face that sketches know: their groups, and where they lie by proportion.

The order is that of the 300-W faces (C. Sagonas and others, 2013): jaw, brows, nose, eyes, lips.
"""

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
"""[N, 2], x and y."""
COUNT = 68
COUNTS = (COUNT, 468, 478)
"""How many points of a face are known: these, and MediaPipe's mesh without and with irises."""
GROUPS = {
    "chin": tuple(range(17)),
    "left_eyebrow": tuple(range(17, 22)),
    "right_eyebrow": tuple(range(22, 27)),
    "nose_bridge": tuple(range(27, 31)),
    "nose_tip": tuple(range(31, 36)),
    "left_eye": tuple(range(36, 42)),
    "right_eye": tuple(range(42, 48)),
    "top_lip": (*range(48, 55), *range(64, 59, -1)),
    "bottom_lip": (*range(54, 60), 48, 60, *range(67, 63, -1)),
}
"""The old generation's groups; left is the picture's left. Both lips hold the corners."""
MESH = (
    *(162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389),
    *(71, 63, 105, 66, 107, 336, 296, 334, 293, 301),
    *(168, 197, 5, 4, 75, 97, 2, 326, 305),
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181),
    *(78, 82, 13, 312, 308, 317, 14, 87),
)
"""Which of the 468 or 478 points of MediaPipe's mesh each of the 68 is."""


def labels(count: int) -> list[str]:
    """The group of each point of 68, or of a mesh's 468 or 478, where most are `face`."""
    places = range(COUNT) if count == COUNT else MESH
    named: dict[int, str] = {}
    for group, members in GROUPS.items():
        for member in members:
            named.setdefault(places[member], group)
    return [named.get(place, "face") for place in range(count)]


def sixty_eight(points: Points) -> Points:
    """The 68 points [68, 2] of as many, or of a mesh's."""
    return points if len(points) == COUNT else points[list(MESH)]


def grouped(points: Points) -> dict[str, list[list[float]]]:
    """Points, 68 or a mesh's, in the old generation's groups."""
    known = sixty_eight(points)
    return {group: known[list(members)].tolist() for group, members in GROUPS.items()}


def by_proportion(left_eye: npt.ArrayLike, right_eye: npt.ArrayLike) -> Points:
    """Where the 68 points of a plain face lie between and below two eyes: [68, 2].

    Nothing but the eyes was seen: a mouth that opens is not in it.
    """
    left, right = np.asarray(left_eye, float), np.asarray(right_eye, float)
    along = right - left  # one distance of the eyes
    below = np.array([-along[1], along[0]])
    return np.asarray((left + right) / 2 + PLAIN @ np.stack([along, below]))


def plain() -> Points:
    """A plain face [68, 2], in distances of the eyes from the middle between them."""
    turn = np.linspace(np.pi, 0, 17)
    chin = np.stack([1.05 * np.cos(turn), 0.05 + 1.65 * np.sin(turn) ** 0.9], 1)
    arch = np.linspace(0, 1, 5)
    brow = np.stack([-0.82 + 0.62 * arch, -0.28 - 0.14 * np.sin(np.pi * (0.25 + 0.6 * arch))], 1)
    bridge = np.stack([np.zeros(4), np.linspace(0.02, 0.56, 4)], 1)
    tip = np.stack([np.linspace(-0.2, 0.2, 5), 0.68 + 0.05 * np.sin(np.pi * arch)], 1)
    eye = np.array(
        [[-0.2, 0], [-0.08, -0.08], [0.08, -0.08], [0.2, 0], [0.08, 0.07], [-0.08, 0.07]]
    )
    ring = np.linspace(np.pi, -np.pi, 13)[:12]
    outer = np.stack([0.4 * np.cos(ring), 1.1 - 0.13 * np.sin(ring)], 1)
    ring = np.linspace(np.pi, -np.pi, 9)[:8]
    inner = np.stack([0.32 * np.cos(ring), 1.1 - 0.02 * np.sin(ring)], 1)
    mirrored = brow[::-1] * [-1, 1]
    left, right = (eye + np.array([side, 0]) for side in (-0.5, 0.5))
    return np.concatenate([chin, brow, mirrored, bridge, tip, left, right, outer, inner])


PLAIN = plain()
