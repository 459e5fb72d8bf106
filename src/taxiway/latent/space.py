"""A latent: numbers in one of a generator's spaces, with what is known of where they came from."""

from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from taxiway.core.errors import InvalidArgument

Array = npt.NDArray[np.float32]
Space = Literal["z", "w", "w+"]
SPACES: tuple[Space, ...] = get_args(Space)
ROWS_OF_1024 = 18
"""Rows that the w+ of a StyleGAN2 of 1024 pixels has: one for each layer."""


class Shape(NamedTuple):
    """The sizes of a generator's spaces; `num_ws` 0 says that it has z only, like the painter."""

    z_dim: int
    w_dim: int
    num_ws: int


class Latent(Struct, frozen=True, kw_only=True, eq=False):
    """`numbers` float32: z [z_dim], w [w_dim], or w+ [num_ws, w_dim], a w for every layer.

    `truncation` is what a z is yet to get (None: the user's choice) or a w has had; `label` the
    class that a z is mapped with; `model` names the model that it belongs to, or its
    file's SHA-256; `source` says where it came from: a seed, a file, a walk.
    """

    space: Space
    numbers: Array
    truncation: float | None = None
    label: int | None = None
    seed: int | None = None
    model: str = ""
    source: str = ""

    @property
    def name(self) -> str:
        """A short name that a file can have: `seed0003`, or its source's."""
        return f"seed{self.seed:04d}" if self.seed is not None else self.source or self.space

    def describe(self) -> dict[str, Any]:
        """Everything known, as plain values under the names that `/query` takes."""
        known = {
            "model": self.model or None,
            "seed": self.seed,
            "label": self.label,
            "truncation": self.truncation,
            "source": self.source or None,
        }
        given = {name: value for name, value in known.items() if value is not None}
        return {**given, "z" if self.space == "z" else "w": self.numbers.tolist()}


def latent(space: Space, numbers: npt.ArrayLike, shape: Shape, **known: Any) -> Latent:
    """A latent that fits a generator; a w+ of a larger model loses its last rows.

    A model has two layers for every size, so that such a w+ has an even number of rows, 18 at most
    (1024 pixels). Raises InvalidArgument for NaN, another number of numbers or rows, or a w where
    the generator has z only.
    """
    array = np.asarray(numbers, np.float32)
    if space != "z" and not shape.num_ws:
        raise InvalidArgument("This model has z only: it takes no w and no w+.", "w")
    if not np.isfinite(array).all():
        raise InvalidArgument(f"'{space}' takes finite numbers only.", space)
    length = shape.z_dim if space == "z" else shape.w_dim
    rows = array.shape[0] if space == "w+" and array.ndim == 2 else None
    if rows is not None and shape.num_ws <= rows <= ROWS_OF_1024 and rows % 2 == 0:
        array = array[: shape.num_ws]
    wanted = (shape.num_ws, length) if space == "w+" else (length,)
    if array.shape != wanted:
        expected, given = ("x".join(map(str, of)) for of in (wanted, np.shape(numbers)))
        raise InvalidArgument(f"'{space}' takes {expected} numbers, got {given}.", space)
    return Latent(space=space, numbers=np.ascontiguousarray(array), **known)
