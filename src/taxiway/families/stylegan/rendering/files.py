"""Arrays and latents in files of any kind, torch's .pt among them, with nothing unpickled."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.checkpoint.containers import tensor_of
from taxiway.checkpoint.limits import Budget
from taxiway.checkpoint.machine import Reading
from taxiway.checkpoint.reader import container, read_top
from taxiway.checkpoint.source import Source
from taxiway.checkpoint.tensors import Tensor
from taxiway.checkpoint.torch_write import torch_file
from taxiway.core.errors import InvalidArgument, UnreadableCheckpoint
from taxiway.core.files import write_whole
from taxiway.latent import arrays, files
from taxiway.latent.arrays import ONLY, Arrays
from taxiway.latent.given import latents_of
from taxiway.latent.space import Latent, Shape, Space

TORCH = ("zip file", "torch stream", "pickle", "safetensors file")
DEPTH = 4


def read_latents(path: Path | str, shape: Shape, space: Space | None = None) -> list[Latent]:
    """As `latent.files.read_latents`, and also torch's .pt: PTI pivots, rosinality projections.

    Those are told by their contents, as are tensors in .safetensors and numpy's arrays in .pkl.
    """
    path = Path(path)
    if not is_torch(path):
        return files.read_latents(path, shape, space)
    every = read_every(path)
    shapes = {array.shape for several in every.values() for array in several}
    if len(shapes) == 1 and not every.keys() & set(files.KEYS):
        # A dictionary of pictures' names.
        every = {ONLY: [array for several in every.values() for array in several]}
    with files.naming(path.name):
        return files.of_several(every, path.name, shape, space)


def latents_in(given: Any, shape: Shape, name: str = "latents") -> list[Latent]:
    """As `latent.given.latents_of`, and also a Path, or several: a file or a folder of files.

    Raises InvalidArgument naming the input `name`, or as `read_latents`.
    """
    if isinstance(given, Path):
        return read_path(given, shape)
    if isinstance(given, (list, tuple)) and any(isinstance(item, Path) for item in given):
        return [latent for item in given for latent in latents_in(item, shape, name)]
    return latents_of(given, shape, name)


def read_path(path: Path, shape: Shape, space: Space | None = None) -> list[Latent]:
    """The latents in a file, or in the files of a folder in order of name."""
    if not path.is_dir():
        return read_latents(path, shape, space)
    inside = [file for file in sorted(path.iterdir()) if file.suffix in files.SUFFIXES]
    taken = [file for file in inside if not has_better(file, inside)]
    return [latent for file in taken for latent in read_latents(file, shape, space)]


def has_better(file: Path, inside: Sequence[Path]) -> bool:
    """Whether the latent of a file is in a folder once more, as `seed1.json` beside `seed1.png`."""
    better = files.SUFFIXES[: files.SUFFIXES.index(file.suffix)]
    return any(file.with_suffix(suffix) in inside for suffix in better)


def write_latent(path: Path | str, given: Latent, ws: npt.ArrayLike | None = None) -> None:
    """As `latent.files.write_latent`, and also .pt: one tensor that `torch.load` reads."""
    if Path(path).suffix != ".pt":
        return files.write_latent(path, given, ws)
    return write_whole(path, torch_file(np.asarray(files.plain_array(given, ws))))


def read_arrays(path: Path | str) -> Arrays:
    """The arrays in a .npy, .npz or .pt file by name (`array` where they have none).

    For latents use `read_latents`; this is for directions, centres and the like. Raises NotFound
    or InvalidArgument.
    """
    path = Path(path)
    data = files.read_bytes(path)
    if data[:6] == b"\x93NUMPY":
        return {ONLY: arrays.read_npy(data, path.name)}
    if path.suffix == ".npz":
        return arrays.read_npz(data, path.name)
    return {name: several[0] for name, several in of_torch(data, path.name).items()}


def is_torch(path: Path) -> bool:
    """Whether a file is one of those that checkpoints come in, and no .npz."""
    source = Source.of(files.read_bytes(path))
    kind = container(source)
    # torch begins with the pickle, numpy with an array
    return kind in TORCH and (
        kind != "zip file" or b"data.pkl" in source.read(0, min(300, source.size))
    )


def read_every(path: Path) -> dict[str, list[npt.NDArray[Any]]]:
    """As `read_arrays` for latents: all arrays of each name, where a file has several."""
    data = files.read_bytes(path)
    if data[:6] == b"\x93NUMPY" or container(Source.of(data)) not in TORCH:
        return {name: [array] for name, array in read_arrays(path).items()}
    return of_torch(data, path.name)


def of_torch(data: bytes, name: str) -> dict[str, list[npt.NDArray[Any]]]:
    """The arrays in the bytes of a .pt file, all of each name; InvalidArgument if it is none."""
    source = Source.of(data)
    if container(source) not in TORCH:
        raise InvalidArgument(f"'{name}' is no .npy, .npz or .pt file.")
    found: dict[str, list[npt.NDArray[Any]]] = {}
    try:
        budget = Budget(source.size)
        for key, tensor in tensors_in(read_top(source, Reading(budget)), ONLY, DEPTH):
            found.setdefault(key, []).append(arrays.numbers(tensor.read(budget), name))
    except UnreadableCheckpoint as error:
        raise InvalidArgument(f"'{name}' {error}.") from None
    return found


def tensors_in(value: object, name: str, depth: int) -> Iterator[tuple[str, Tensor]]:
    """The tensors in dictionaries and lists, under their own key or else `name`."""
    if (tensor := tensor_of(value)) is not None:
        yield name, tensor
    elif isinstance(value, dict) and depth:
        for key, item in value.items():
            yield from tensors_in(item, key if isinstance(key, str) else name, depth - 1)
    elif isinstance(value, (list, tuple)) and depth:
        for item in value:
            yield from tensors_in(item, name, depth - 1)
