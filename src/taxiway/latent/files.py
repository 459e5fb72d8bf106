"""Latents in files: every format that StyleGAN's tools write, and Taxiway's own .npz.

docs/latent-files.md lists them. A file is told by its contents; its name only names it in errors.
"""

import codecs
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.files import write_whole
from taxiway.core.images import read_metadata
from taxiway.latent import arrays
from taxiway.latent.arrays import ONLY, Arrays
from taxiway.latent.space import ROWS_OF_1024, Latent, Shape, Space, latent

SUFFIXES = (".npz", ".npy", ".json", ".csv", ".png", ".pt")
WRITTEN = (".npz", ".npy", ".json")
KEYS = ("w", "z", "latent", "latents", "ws", "w_pivot", ONLY, "arr_0")
"""Names under which tools keep latents, the first found counts."""
DIRECTIONS = {"lat_comp", "act_comp", "eigvec", "components"}


def read_latents(path: Path | str, shape: Shape, space: Space | None = None) -> list[Latent]:
    """The latents in a file, one or more; `space` is for files that do not say.

    A plain array is w, plain numbers in text z (as Runway exported it). Reads .npz, .npy, JSON,
    tables (.csv) and pictures that Taxiway made; `rendering.files` adds torch's .pt. Raises
    NotFound, or InvalidArgument, naming the file, for one that holds no latents of this shape.
    """
    path = Path(path)
    data = read_bytes(path)
    with naming(path.name):
        if data[:2] == b"PK":
            found = arrays.read_npz(data, path.name)
            return of_arrays(found, path.name, shape, space)
        if data[:6] == b"\x93NUMPY":
            return of_arrays({ONLY: arrays.read_npy(data, path.name)}, path.name, shape, space)
        if data[:4] == b"\x89PNG":
            return of_picture(data, path.name, shape)
        if data.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"[", b"{", b'"'):
            return of_json(arrays.read_json(data, path.name), path.name, shape, space)
        return of_text(arrays.read_table(data, path.name), path.name, shape, space)


@contextmanager
def naming(name: str) -> Iterator[None]:
    """What is wrong with the latents of a file is told with its name."""
    try:
        yield
    except InvalidArgument as error:
        if name in str(error):
            raise
        raise InvalidArgument(f"'{name}' does not fit this model: {error}", error.name) from None


def read_bytes(path: Path) -> bytes:
    """The bytes of a file; NotFound if there is none, InvalidArgument if it is too large."""
    if not path.is_file():
        raise NotFound(f"There is no file '{path}'.")
    if path.stat().st_size > arrays.MAX_BYTES:
        raise InvalidArgument(f"'{path.name}' is larger than {arrays.MAX_BYTES >> 20} MB.")
    return path.read_bytes()


def write_latent(path: Path | str, given: Latent, ws: npt.ArrayLike | None = None) -> None:
    """Write a latent, whole or not at all, in the format of the path's suffix.

    `.npz` is Taxiway's own; NVIDIA's tools read it too where it has a w: `ws` [num_ws, w_dim], if
    given, is the truncated w that a z is for the model. `.npy` has that, or else the bare numbers;
    `.json` the numbers and what is known. Raises InvalidArgument for another suffix.
    """
    path = Path(path)
    if path.suffix == ".npz":
        write_whole(path, arrays.npz_bytes(own_arrays(given, ws)))
    elif path.suffix == ".npy":
        write_whole(path, arrays.npy_bytes(plain_array(given, ws)))
    elif path.suffix == ".json":
        write_whole(path, json.dumps(given.describe()).encode())
    else:
        written = ", ".join(WRITTEN)
        raise InvalidArgument(f"A latent is written as {written}, not {path.suffix!r}.")


def plain_array(given: Latent, ws: npt.ArrayLike | None = None) -> npt.NDArray[np.float32]:
    """A latent as one array: its w as [1, rows, w_dim], or a z [z_dim]."""
    if ws is None and given.space == "z":
        return given.numbers
    return stacked(given.numbers if ws is None else ws)


def own_arrays(given: Latent, ws: npt.ArrayLike | None = None) -> dict[str, npt.ArrayLike]:
    """What Taxiway's .npz holds: `w` [1, num_ws, w_dim] first, as NVIDIA's tools expect it."""
    result: dict[str, npt.ArrayLike] = {}
    if ws is not None or given.space != "z":
        result["w"] = stacked(given.numbers if ws is None else ws)
    if given.space == "z":
        result["z"] = given.numbers[None]
    known = {"psi": given.truncation, "seed": given.seed, "label": given.label}
    result |= {name: np.float64(value) for name, value in known.items() if value is not None}
    return {**result, "space": given.space, "model": given.model, "source": given.source}


def stacked(numbers: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """w or w+ as [1, rows, w_dim]."""
    array = np.asarray(numbers, np.float32)
    return array.reshape(1, -1, array.shape[-1])


def of_arrays(found: Arrays, name: str, shape: Shape, space: Space | None = None) -> list[Latent]:
    """The latents among named arrays, such as a .npz or .pt file holds."""
    said = text_of(found, "space")
    if said in ("z", "w", "w+"):
        return [own_latent(found, name, shape)]
    return of_several({key: [array] for key, array in found.items()}, name, shape, space)


def of_several(
    found: Mapping[str, Sequence[npt.NDArray[Any]]],
    name: str,
    shape: Shape,
    space: Space | None = None,
) -> list[Latent]:
    """The latents among named arrays, of which there may be several of one name."""
    key = key_of({key: several[0] for key, several in found.items()}, name)
    kind: Space | None = "z" if key == "z" else space
    latents = [each for array in found[key] for each in of_array(array, name, shape, kind)]
    return latents if len(found[key]) == 1 else numbered(latents, name)


def key_of(found: Arrays, name: str) -> str:
    """The name of the array that holds the latents; raises InvalidArgument where none does."""
    if DIRECTIONS & found.keys():
        raise InvalidArgument(f"'{name}' holds directions, not latents.")
    for key in KEYS:
        if key in found and found[key].dtype.kind == "f":
            return key
    numeric = [key for key, array in found.items() if array.dtype.kind == "f"]
    if len(numeric) != 1:
        raise InvalidArgument(f"'{name}' has no array 'w'; it has {', '.join(found) or 'none'}.")
    return numeric[0]


def own_latent(found: Arrays, name: str, shape: Shape) -> Latent:
    """The latent in a file of Taxiway's own."""
    space: Space = text_of(found, "space")  # type: ignore[assignment]
    array = found.get("z" if space == "z" else "w")
    if array is None or array.ndim < 1:
        raise InvalidArgument(f"'{name}' says that it holds a {space} and holds none.")
    row = array.reshape(-1, array.shape[-1])
    known = {key: found[key].item() for key in ("psi", "seed", "label") if is_scalar(found, key)}
    for key in {"seed", "label"} & known.keys():
        known[key] = int(known[key])
    if "psi" in known:  # the symbol, as files have it
        known["truncation"] = known.pop("psi")
    return named(
        latent(space, row if space == "w+" else row[0], shape, **known),
        name,
        model=text_of(found, "model"),
        source=text_of(found, "source"),
    )


def is_scalar(found: Arrays, key: str) -> bool:
    """Whether there is a single number of that name."""
    return key in found and found[key].ndim == 0 and found[key].dtype.kind == "f"


def text_of(found: Arrays, key: str) -> str:
    """The text of that name, or none."""
    array = found.get(key)
    return str(array) if array is not None and array.dtype.kind == "U" and array.ndim == 0 else ""


def of_array(
    array: npt.NDArray[Any], name: str, shape: Shape, space: Space | None = None
) -> list[Latent]:
    """The latents in a plain array: [512], [N, 512], [num_ws, 512], [N, num_ws, 512], [N, 1, 512].

    Leading axes of one are dropped. A w+ of 18 rows (of a 1024 px model) is cut to the layers
    that there are.
    """
    if not array.size:
        raise InvalidArgument(f"'{name}' holds no numbers.")
    layered = array.shape[-2] > 1 if array.ndim > 2 else None
    while array.ndim > 1 and array.shape[0] == 1:
        array = array[0]
    if array.ndim == 3 and layered is False:
        array, space = array[:, 0], space or "w"
    if array.ndim == 1:
        return [named(latent(space or "w", array, shape), name)]
    if array.ndim == 2 and space in (None, "w+") and (layered or is_layers(array, shape)):
        return [named(latent("w+", array, shape), name)]
    if array.ndim not in (2, 3) or (array.ndim == 3 and space == "z"):
        given = "x".join(map(str, array.shape)) or "one number"
        raise InvalidArgument(f"'{name}' has the shape {given}, which is none of a latent.")
    kind: Space = "w+" if array.ndim == 3 else space or "w"
    return numbered([latent(kind, row, shape) for row in array], name)


def is_layers(array: npt.NDArray[Any], shape: Shape) -> bool:
    """Whether rows are one for each layer rather than one for each picture."""
    rows = len(array)
    return rows == shape.num_ws or (rows == ROWS_OF_1024 and 0 < shape.num_ws < rows)


def of_json(value: Any, name: str, shape: Shape, space: Space | None = None) -> list[Latent]:
    """The latents in JSON: a list of numbers, a list of such lists, or named ones."""
    if isinstance(value, Mapping):
        return [of_named(value, name, shape)]
    return of_text(arrays.of_lists(value, name), name, shape, space)


def of_text(
    array: npt.NDArray[Any], name: str, shape: Shape, space: Space | None = None
) -> list[Latent]:
    """The latents in numbers that were text: z, but for as many rows as the model has layers."""
    if space is None and array.ndim == 2 and is_layers(array, shape):
        return of_array(array, name, shape)
    return of_array(array, name, shape, space or "z")


def of_picture(data: bytes, name: str, shape: Shape) -> list[Latent]:
    """The latent that a picture made by Taxiway carries."""
    told = read_metadata(data)
    if told is None:
        raise InvalidArgument(
            f"'{name}' does not say which numbers made it; Taxiway's own pictures do."
        )
    return [of_named(told, name, shape)]


def of_named(told: Mapping[str, Any], name: str, shape: Shape) -> Latent:
    """The latent in what a query takes: z or w, truncation, label; w counts if both are there."""
    given = {key: told[key] for key in ("w", "z") if told.get(key) is not None}
    if not given:
        raise InvalidArgument(f"'{name}' has neither a 'z' nor a 'w'.")
    key = next(iter(given))
    array = arrays.of_lists(given[key], name)
    [found, *more] = of_array(array, name, shape, "z" if key == "z" else None)
    if more:
        raise InvalidArgument(f"'{name}' has {1 + len(more)} latents where one is taken.")
    return named(
        found,
        name,
        truncation=a_number(told.get("truncation")),
        seed=a_whole(told.get("seed")),
        label=a_whole(told.get("label")),
        model=told["model"] if isinstance(told.get("model"), str) else "",
    )


def a_number(value: Any) -> float | None:
    """The value, if it is a number."""
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if plain and abs(value) < np.finfo(np.float32).max else None


def a_whole(value: Any) -> int | None:
    """The value, if it is a whole number."""
    return value if type(value) is int and 0 <= value < 2**32 else None


def named(found: Latent, name: str, **known: Any) -> Latent:
    """A latent with what more is known of it; its source is the file unless it says another."""
    known = {key: value for key, value in known.items() if value not in (None, "")}
    return replace(found, **{"source": Path(name).stem, **known})


def numbered(found: Sequence[Latent], name: str) -> list[Latent]:
    """Several latents of one file, told apart by numbers."""
    stem = Path(name).stem
    return [named(each, f"{stem}-{number}") for number, each in enumerate(found)]
