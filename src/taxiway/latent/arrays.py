"""Arrays in files: .npy, .npz and JSON, read without unpickling and within bounds."""

import io
import math
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.core.errors import InvalidArgument
from taxiway.core.parsing import Malformed, from_json

Arrays = dict[str, npt.NDArray[Any]]
MAX_BYTES = 256 << 20
"""The largest array read: 7,000 latents in w+ of a 1024 px model."""
MAX_ENTRIES = 64
ONLY = "array"
"""The name of an array in a file that has one without a name."""

BETWEEN = re.compile(r"\s*[,;]\s*|\s+")
NUMBER = re.compile(r"[+-]?(?:(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|inf)", re.IGNORECASE)
_FORMAT: Any = np.lib.format  # which has types in some versions of numpy only
Header = tuple[tuple[int, ...], bool, np.dtype[Any]]


def read_npy(data: bytes, name: str) -> npt.NDArray[Any]:
    """The array in a .npy file: float32, or float64 for a single number, or text.

    Raises InvalidArgument, whose sentence begins with `name`, for anything else: pickled objects,
    a header that promises more than there is, NaN.
    """
    file, form = io.BytesIO(data), _FORMAT
    try:
        version = form.read_magic(file)
        reader = form.read_array_header_1_0
        if version != (1, 0):
            reader = form.read_array_header_2_0
        shape, fortran, dtype = reader(file, max_header_size=10_000)
    except Exception as error:
        # numpy raises many kinds on bad headers: ValueError, SyntaxError, tokenize's own...
        raise InvalidArgument(f"'{name}' is no .npy file that can be read.") from error
    if dtype.kind not in "fiuU":
        raise InvalidArgument(f"'{name}' holds {dtype}, not numbers; nothing is unpickled here.")
    body = data[file.tell() :]
    if any(size < 0 for size in shape) or math.prod(shape) * dtype.itemsize != len(body):
        raise InvalidArgument(f"'{name}' promises {shape} {dtype} and holds {len(body)} bytes.")
    flat = np.frombuffer(body, dtype)
    array = flat.reshape(shape, order="F" if fortran else "C")
    return array if dtype.kind == "U" else numbers(array, name)


def numbers(array: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
    """An array in float32, a single number in float64; InvalidArgument unless all are finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        result = array.astype(np.float32 if array.ndim else np.float64, order="C")
    if not np.isfinite(result).all():
        raise InvalidArgument(f"'{name}' has numbers that are not finite.")
    return result


def read_npz(data: bytes, name: str) -> Arrays:
    """The arrays in a .npz file by name; errors as in `read_npy`."""
    arrays: Arrays = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise InvalidArgument(f"'{name}' has {len(entries)} arrays, not up to 64.")
            left = MAX_BYTES
            for entry in entries:
                with archive.open(entry) as file:
                    body = file.read(left + 1)
                left -= len(body)
                if left < 0:
                    raise InvalidArgument(f"'{name}' unpacks to over {MAX_BYTES >> 20} MB.")
                key = entry.filename.removesuffix(".npy")
                arrays[key] = read_npy(body, f"{name}:{key}")
    except InvalidArgument:
        raise
    except Exception as error:
        # zipfile has an exception for everything: an encrypted entry, a broken field...
        raise InvalidArgument(f"'{name}' is no .npz file that can be read.") from error
    return arrays


def read_json(data: bytes, name: str) -> Any:
    """What a JSON file holds; raises InvalidArgument if it is none."""
    try:
        return from_json(data)
    except Malformed as reason:
        raise InvalidArgument(f"'{name}' is no JSON file that can be read: {reason}.") from None


def read_table(data: bytes, name: str) -> npt.NDArray[Any]:
    """Rows of numbers in text [N, length], as spreadsheets and numpy.savetxt write them.

    Between commas, semicolons, tabs or spaces, with commas in numbers where semicolons are between
    them; one column is one row. A first line of headings, and the column of row
    numbers that pandas adds under an empty one, are passed over. Raises InvalidArgument.
    """
    try:
        lines = [line.strip() for line in data.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        raise InvalidArgument(f"'{name}' is no file of latents that is known.") from None
    if any(";" in line for line in lines) and not any("." in line for line in lines):
        lines = [line.replace(",", ".") for line in lines]
    rows = [BETWEEN.split(line) for line in lines if line and not line.startswith("#")]
    headed = bool(rows) and not all(map(NUMBER.fullmatch, rows[0]))
    column = 1 if headed and rows[0][0] in ("", '""') else 0
    try:
        numbers = [[float(cell) for cell in row[column:]] for row in rows[headed:]]
    except ValueError:
        raise InvalidArgument(f"'{name}' is no file of latents that is known.") from None
    found = of_lists(numbers, name)
    return found.T if found.ndim == 2 and found.shape[1] == 1 else found


def of_lists(value: Any, name: str) -> npt.NDArray[Any]:
    """Nested lists of numbers as float32; raises InvalidArgument for anything else."""
    try:
        array = np.asarray(value)
    except Exception:
        # ValueError, OverflowError, RecursionError...
        array = np.asarray("rows of unequal length")
    if array.dtype.kind not in "fiu":
        raise InvalidArgument(f"'{name}' takes numbers only, in rows of equal length.")
    return numbers(array, name)


def npy_bytes(array: npt.ArrayLike) -> bytes:
    """A .npy file of an array."""
    file = io.BytesIO()
    np.save(file, np.asarray(array), allow_pickle=False)
    return file.getvalue()


def npz_bytes(arrays: Mapping[str, npt.ArrayLike]) -> bytes:
    """A .npz file of arrays; the same arrays always give the same bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), npy_bytes(array))
    return file.getvalue()
