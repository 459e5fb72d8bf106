"""Directions from examples: regression of a score, or of marks A and B, on w.

In place of InterFaceGAN's support vector machine (Shen et al. 2020): ridge regression, which
uses every sample rather than the extremes.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.directions.direction import Direction, Doubles, direction, measured

if TYPE_CHECKING:
    from taxiway.families.stylegan.directions.components import Components

KEPT = 40
"""Components in which a few marked pictures are compared; more would fit their accidents."""
PENALTY = 0.01


def ridge(x: npt.ArrayLike, y: npt.ArrayLike, penalty: float = PENALTY) -> Doubles:
    """Coefficients [D] or [D, K] that predict y [N] or [N, K] from x [N, D], centred here.

    `penalty` counts in mean variances of x.
    """
    rows, wanted = np.asarray(x, np.float64), np.asarray(y, np.float64)
    rows, wanted = rows - rows.mean(axis=0), wanted - wanted.mean()
    products = rows.T @ rows
    products += penalty * np.trace(products) / len(products) * np.eye(len(products))
    return np.linalg.solve(products, rows.T @ wanted)


def from_scores(
    w: npt.ArrayLike, scores: npt.ArrayLike, known: "Components", name: str = "score"
) -> Direction:
    """The direction in w [N, w_dim] along which the scores [N] of its pictures grow most.

    Raises InvalidArgument where all scores are the same.
    """
    if np.ptp(np.asarray(scores)) < 1e-12:
        raise InvalidArgument(f"All pictures have the same '{name}': there is nothing to follow.")
    return measured(direction(name, ridge(w, scores), method="score"), known)


def from_examples(
    a: npt.ArrayLike, b: npt.ArrayLike, known: "Components", name: str = "a-to-b"
) -> Direction:
    """The direction from the pictures marked A, w [N, w_dim], to those marked B, w [M, w_dim].

    They are compared in the first components of w only, each in its own deviations: twenty
    pictures say nothing of 512 dimensions. Raises InvalidArgument if A or B has none.
    """
    rows = [np.asarray(each, np.float64).reshape(-1, len(known.mean)) for each in (a, b)]
    if min(map(len, rows)) == 0:
        raise InvalidArgument("A direction takes at least one picture marked A and one marked B.")
    axes = known.axes[:KEPT] * known.deviations[:KEPT, None].clip(min=1e-12)
    whitened = (np.concatenate(rows) - known.mean) @ np.linalg.pinv(axes)
    marks = np.repeat([-1.0, 1.0], [len(each) for each in rows])
    # Both kinds count alike, however many there are of each.
    shares = np.sqrt(np.repeat([0.5 / len(each) for each in rows], [len(each) for each in rows]))
    middle = (whitened * shares[:, None] ** 2).sum(axis=0)
    weighted = (whitened - middle) * shares[:, None]
    products = weighted.T @ weighted + np.eye(weighted.shape[1]) / len(marks)
    found = np.linalg.solve(products, weighted.T @ (marks * shares))
    return measured(direction(name, found @ axes, method="examples"), known)
