"""Principal components of w: the directions in which a generator's pictures differ most.

GANSpace (Härkönen et al. 2020), exactly: w has few enough dimensions for its whole covariance.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from taxiway.families.stylegan.directions.direction import Doubles
from taxiway.families.stylegan.rendering.renderer import GeneratorRenderer
from taxiway.families.stylegan.rendering.sampling import w_batches


class Components(NamedTuple):
    """The mean [D], orthonormal axes [D, D] in rows, most varied first, and each one's spread.

    `deviations` [D] are standard deviations, in units of w.
    """

    mean: Doubles
    axes: Doubles
    deviations: Doubles


def components(renderer: GeneratorRenderer, count: int = 20_000, seed: int = 0) -> Components:
    """The principal components of `count` random w; 20,000 give the first eight within a degree."""
    return principal(w_batches(renderer, count, seed))


def principal(batches: Iterable[npt.NDArray[Any]]) -> Components:
    """The principal components of all rows [N, D] of some batches; how they are cut is the same.

    The covariance is summed in float64. An axis's largest entry is positive.
    """
    count, total, products = 0, np.zeros(1), np.zeros((1, 1))
    for batch in batches:
        rows = batch.astype(np.float64)
        count += len(rows)
        total = total + rows.sum(axis=0)
        products = products + rows.T @ rows
    mean = total / count
    variances, axes = np.linalg.eigh(products / count - np.outer(mean, mean))
    variances, axes = variances[::-1].clip(min=0), signed(axes.T[::-1])
    return Components(mean, axes, np.sqrt(variances * count / max(count - 1, 1)))


def signed(axes: Doubles) -> Doubles:
    """The axes [K, D], each turned so that its largest entry is positive."""
    largest = np.abs(axes).argmax(axis=1)
    signs = np.sign(axes[np.arange(len(axes)), largest])
    result: Doubles = axes * signs[:, None]
    return result
