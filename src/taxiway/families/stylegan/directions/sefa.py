"""Directions read off the weights: what the styles answer to most (SeFa, Shen and Zhou 2021)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.families.stylegan.directions.components import signed
from taxiway.families.stylegan.directions.direction import Doubles
from taxiway.families.stylegan.networks.layers import style_weights


def factorize(
    tensors: Mapping[str, npt.NDArray[Any]], layers: Sequence[int] | None = None
) -> tuple[Doubles, Doubles]:
    """Unit directions [w_dim, w_dim] in rows, strongest first, and their strengths [w_dim].

    Every channel of the chosen layers (None: all) counts alike. Nothing is sampled.
    """
    weights = style_weights(tensors)
    chosen = range(len(weights)) if layers is None else layers
    rows = np.concatenate([weights[i].astype(np.float64) for i in chosen])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True).clip(min=1e-12)
    values, vectors = np.linalg.eigh(rows.T @ rows)
    return signed(vectors.T[::-1]), values[::-1]
