"""A direction in w: where to, how far one step goes, for which layers; with its file formats."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from msgspec.structs import replace

from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.files import write_whole
from taxiway.families.stylegan.rendering.files import read_arrays
from taxiway.latent.arrays import Arrays, npz_bytes
from taxiway.latent.files import text_of
from taxiway.latent.space import Shape

if TYPE_CHECKING:
    from taxiway.families.stylegan.directions.components import Components

Array = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
STACKS = (("lat_comp", "lat_stdev"), ("components", "deviations"), ("eigvec", ""))
"""Names of arrays of several directions, with that of their deviations."""


class Direction(Struct, frozen=True, kw_only=True, eq=False):
    """`vector` float32 [1 or num_ws, w_dim] of length 1 for each row's average; a step is sigma.

    A step is as much as w varies along it, so that -3..3 is what the model knows; a sigma of 0 is
    not known yet. `layers` are those that it moves, none meaning all. `model` is the SHA-256 of
    the model's file, if known.
    """

    name: str
    vector: Array
    sigma: float = 1.0
    layers: tuple[int, ...] = ()
    model: str = ""
    method: str = ""

    def moved(self, ws: npt.ArrayLike, steps: float) -> Array:
        """ws [..., num_ws, w_dim] some steps along this direction."""
        result = np.array(ws, np.float32)
        rows = np.broadcast_to(self.vector, result.shape[-2:]) * np.float32(steps * self.sigma)
        chosen = list(self.layers) or slice(None)
        result[..., chosen, :] += rows[chosen]
        return result


def direction(name: str, vector: npt.ArrayLike, sigma: float = 1.0, method: str = "") -> Direction:
    """A direction of any length, brought to 1; raises InvalidArgument if it leads nowhere."""
    rows = np.atleast_2d(np.asarray(vector, np.float64))
    length = np.sqrt(np.square(rows).sum() / len(rows))
    if not np.isfinite(length) or length < 1e-12:
        raise InvalidArgument(f"The direction '{name}' leads nowhere: it has no length.")
    unit = (rows / length).astype(np.float32)
    return Direction(name=name, vector=unit, sigma=float(sigma), method=method)


def measured(given: Direction, known: "Components") -> Direction:
    """A direction of one row, its step what w varies along it."""
    along = known.axes @ given.vector.mean(axis=0).astype(np.float64)
    return replace(given, sigma=float(np.linalg.norm(along * known.deviations)))


def without(given: Direction, others: Sequence[Direction]) -> Direction:
    """A direction with what it shares with others taken out, row by row.

    Raises InvalidArgument if nothing is left.
    """
    count = max(len(each.vector) for each in (given, *others))
    wanted = (count, given.vector.shape[1])
    rows = np.broadcast_to(given.vector, wanted).astype(np.float64)
    basis = np.stack([np.broadcast_to(other.vector, wanted) for other in others], axis=2)
    left = [row - shared(row, span) for row, span in zip(rows, basis, strict=True)]
    if max(np.linalg.norm(row) for row in left) < 1e-4:
        names = ", ".join(other.name for other in others)
        raise InvalidArgument(f"Nothing is left of '{given.name}' without {names}.")
    return replace(given, vector=direction(given.name, left).vector)


def shared(row: Doubles, span: npt.NDArray[np.floating]) -> Doubles:
    """The part of a row [D] that lies in the columns of `span` [D, K]."""
    found: Doubles = span @ np.linalg.lstsq(span, row, rcond=None)[0]
    return found


def write_direction(path: Path | str, given: Direction) -> None:
    """Write a direction as .npz, whole or not at all; `direction` [rows, w_dim] has its vector."""
    arrays: dict[str, npt.ArrayLike] = {
        "direction": given.vector,
        "sigma": np.float64(given.sigma),
        "layers": np.array(given.layers, np.int32),
        **{name: np.array(getattr(given, name)) for name in ("name", "model", "method")},
    }
    write_whole(path, npz_bytes(arrays))


def read_directions(path: Path | str, shape: Shape) -> list[Direction]:
    """The directions in a file: Taxiway's own, GANSpace's, InterFaceGAN's, SeFa's or a plain array.

    [w_dim] or [1, w_dim] is one, [num_ws, w_dim] (or 18 rows, cut) one that differs by layer, as
    Luxemburg's, whose step is the vector as filed; other counts are as many directions. A sigma of
    0 says that the file has none. Raises NotFound or InvalidArgument.
    """
    path = Path(path)
    arrays = read_arrays(path)
    if "direction" in arrays:
        return [own(arrays, path.name, shape)]
    for key, spread in STACKS:
        if key in arrays:
            rows = arrays[key].reshape(-1, arrays[key].shape[-1])
            return stack(rows.T if key == "eigvec" else rows, arrays.get(spread), path, shape)
    numeric = [array for array in arrays.values() if array.dtype.kind == "f" and array.ndim]
    if len(numeric) != 1:
        raise InvalidArgument(f"'{path.name}' holds {len(numeric)} arrays, not one direction.")
    return of_array(numeric[0], path, shape)


def own(arrays: Arrays, name: str, shape: Shape) -> Direction:
    """The direction in a file of Taxiway's own."""
    vector = fitting(np.atleast_2d(arrays["direction"]), name, shape).astype(np.float32)
    layers = tuple(int(layer) for layer in np.atleast_1d(arrays.get("layers", np.empty(0))))
    if any(not 0 <= layer < shape.num_ws for layer in layers):
        raise InvalidArgument(f"'{name}' is for a model of more than {shape.num_ws} layers.")
    return Direction(
        name=text_of(arrays, "name") or Path(name).stem,
        vector=vector,
        sigma=float(arrays.get("sigma", np.ones(()))),
        layers=layers,
        model=text_of(arrays, "model"),
        method=text_of(arrays, "method"),
    )


def of_array(array: npt.NDArray[np.floating], path: Path, shape: Shape) -> list[Direction]:
    """The directions in a plain array."""
    rows = array.reshape(-1, array.shape[-1])
    if len(rows) == shape.num_ws or (len(rows) == 18 and shape.num_ws < 18):
        rows = fitting(rows[: shape.num_ws], path.name, shape)
        length = float(np.sqrt(np.square(rows).sum() / len(rows)))
        return [direction(path.stem, rows, length, method="file")]
    return stack(rows, None, path, shape)


def stack(
    rows: npt.NDArray[np.floating],
    spread: npt.NDArray[np.floating] | None,
    path: Path,
    shape: Shape,
) -> list[Direction]:
    """One direction for each row."""
    if rows.shape[1] != shape.w_dim:
        raise InvalidArgument(
            f"'{path.name}' has directions of {rows.shape[1]} numbers; this model's w has "
            f"{shape.w_dim}."
        )
    names = [path.stem] if len(rows) == 1 else [f"{path.stem}-{i}" for i in range(len(rows))]
    steps = np.zeros(len(rows)) if spread is None else spread.reshape(-1)
    return [
        direction(name, row, float(step), method="file")
        for name, row, step in zip(names, rows, steps, strict=True)
    ]


def fitting(rows: npt.NDArray[np.floating], name: str, shape: Shape) -> npt.NDArray[np.floating]:
    """Rows [1 or num_ws, w_dim] as they are; raises InvalidArgument for another shape."""
    if rows.ndim == 2 and rows.shape[1] == shape.w_dim and len(rows) in (1, shape.num_ws):
        return rows
    given = "x".join(map(str, rows.shape))
    raise InvalidArgument(
        f"'{name}' has the shape {given}; a direction is {shape.w_dim} numbers, or "
        f"{shape.num_ws}x{shape.w_dim}."
    )


def directions_in(folder: str | None, shape: Shape) -> dict[str, Array]:
    """One step [num_ws, w_dim] along each direction of a folder's files, by the input's name.

    Raises NotFound or InvalidArgument.
    """
    if folder is None:
        return {}
    if not Path(folder).is_dir():
        raise NotFound(f"There is no folder of directions at '{folder}'.")
    files = sorted(path for path in Path(folder).iterdir() if path.suffix in (".npz", ".npy"))
    zero = np.zeros((shape.num_ws, shape.w_dim), np.float32)
    found = [each for path in files for each in read_directions(path, shape)]
    return {input_name(each.name): each.moved(zero, 1.0) for each in found}


def input_name(text: str) -> str:
    """A direction's name as an input's: `bow strength` is `bow_strength`."""
    return re.sub(r"\W+", "_", text.lower()).strip("_") or "direction"
