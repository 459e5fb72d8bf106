"""Weights as whole numbers of a byte, each row with a scale of its own: half of float16.

Symmetric quantisation by channel, as in Jacob et al. 2018, for networks that stand it: what is read
is float32 again. In a file "NAME" holds the whole numbers and "NAME.scale" what a 1 is worth. Those
of 7 and 6 bits take a byte as well, but pack better, as in a wheel.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from taxiway.checkpoint.limits import Broken, Budget
from taxiway.checkpoint.tensors import Array, Tensor

SCALE = ".scale"
LARGEST = {"int8": 127, "int7": 63, "int6": 31}
"""The largest whole number of each kind."""


@dataclass(frozen=True, slots=True)
class Rounded:
    """A tensor [rows, ...] of whole numbers and the scales [rows] they are read by."""

    numbers: Tensor
    scales: Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        return self.numbers.shape

    @property
    def count(self) -> int:
        return self.numbers.count

    @property
    def nbytes(self) -> int:
        return self.numbers.nbytes + self.scales.nbytes

    def read(self, budget: Budget) -> Array:
        """The weights as float32: four times what they take in the file."""
        numbers, scales = self.numbers.read(budget), self.scales.read(budget)
        found: Array = numbers.astype(np.float32) * by_row(scales.astype(np.float32), numbers)
        return found


def rounded(weights: Array, largest: int) -> tuple[Array, Array]:
    """Whole numbers int8 as `weights` [rows, ...], up to `largest`, and scales float32 [rows]."""
    rows = np.abs(weights).reshape(len(weights), -1).max(axis=1)
    scales = np.where(rows > 0, rows / largest, 1).astype("<f4")
    return np.rint(weights / by_row(scales, weights)).astype(np.int8), scales


def by_row(scales: Array, tensor: Array) -> Array:
    """Scales [rows] as [rows, 1, ...], to go with a tensor."""
    return scales.reshape(-1, *[1] * (tensor.ndim - 1))


def joined(tensors: Mapping[str, Tensor]) -> dict[str, Tensor | Rounded]:
    """The tensors of a file, whole numbers with their scales as one. Raises Broken without."""
    found: dict[str, Tensor | Rounded] = {}
    for name, tensor in tensors.items():
        if tensor.storage.dtype == np.int8:
            scales = tensors.get(name + SCALE)
            if scales is None or scales.shape != tensor.shape[:1] or not tensor.shape:
                raise Broken(f"has whole numbers '{name}' without a scale for each row")
            found[name] = Rounded(tensor, scales)
    taken = {name + SCALE for name in found}
    return {name: found.get(name, tensor) for name, tensor in tensors.items() if name not in taken}
