"""What the network is given of a map and z, plain numpy."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from taxiway.painting.blurring import blurred
from taxiway.painting.colours import Floats
from taxiway.painting.factors import Reading
from taxiway.painting.materials import (
    GRAIN,
    MATERIALS,
    below_top,
    bloom,
    grain,
    horizon_of,
    is_water,
    mirrored_rows,
    moods,
    ragged,
    snow_cover,
)

Labels = NDArray[np.uint8]
FIELDS = GRAIN + 3
"""Channels of `grain`."""
MIRRORED = 0.35
STEP = 32
"""Sides are multiples of it: the network halves its picture five times."""
_SPECKLED = 0.002
"""A map with a larger share of lone pixels came as a JPEG, or was scaled with blending."""


def given(labels: Labels, z: ArrayLike, psi: float = 1.0) -> dict[str, NDArray[np.float32]]:
    """The network's inputs, for one picture: material numbers [H, W] and the painter's z [512].

    `map` has each material's share, edges ragged and water with a part of what it mirrors; `grain`
    the painter's fields, how far below its top a mountain's place is, where snow lies and where
    flowers are.
    """
    reading = Reading(z, psi)
    fields = grain(z, horizon_of(labels), labels.shape, psi)
    moved = ragged(labels, fields)
    numbers = np.arange(len(MATERIALS), dtype=np.uint8)[:, None, None]
    shares = (moved[None] == numbers).astype(np.float32)
    _mirror(shares, labels, moved, fields, reading["waves"])
    depth = np.minimum(below_top(labels) * 4, 2)
    seen = (depth, snow_cover(labels, fields, reading["snow"]), bloom(fields))
    return {
        "map": shares[None],
        "mood": moods(z, psi)[None],
        "grain": np.concatenate([fields, np.stack(seen).astype(np.float32)])[None],
    }


def _mirror(
    shares: NDArray[np.float32], labels: Labels, moved: Labels, fields: Floats, waves: float
) -> None:
    """Let water have a share of what stands above it."""
    if not is_water(moved).any():
        return
    row, column, is_dry = mirrored_rows(labels, fields, waves)
    rows, columns = np.nonzero(is_water(moved) & is_dry)
    seen = moved[row[rows, columns], column[rows, columns]]
    shares[moved[rows, columns], rows, columns] -= MIRRORED
    np.add.at(shares, (seen, rows, columns), np.float32(MIRRORED))


def fitted(labels: Labels, size: int) -> Labels:
    """The map with its longer side near `size`, both of them multiples of 32."""
    longer = max(labels.shape)
    height, width = (max(round(side * size / longer / STEP), 1) * STEP for side in labels.shape)
    rows = ((np.arange(height) + 0.5) * labels.shape[0] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * labels.shape[1] / width).astype(int)
    result: Labels = labels[rows[:, None], columns]
    return result


def smoothed(labels: Labels) -> Labels:
    """A map without the specks that blended colours leave between two labels."""
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    lone = across[:-1, 1:] & across[:-1, :-1] & down[:, 1:-1]
    if lone.mean() < _SPECKLED:
        return labels
    votes = [blurred((labels == k).astype(np.float32), 1.5) for k in range(len(MATERIALS))]
    result: Labels = np.argmax(votes, axis=0).astype(np.uint8)
    return result
