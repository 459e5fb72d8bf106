"""A scene as one file to share: a zip of the presets as text, and their pictures.

    scene.json             as presets.json in the data folder
    movement.json          modulators and tempo, where there are any
    pictures/ID.jpg        what they looked like

What somebody else made is read with bounds: other files in it are left alone, sizes are looked at
before anything is unpacked, and every picture is decoded and made anew.
"""

import io
import zipfile
from collections.abc import Mapping

import numpy as np

from taxiway.core.errors import InvalidArgument
from taxiway.core.images import Unusable, decode
from taxiway.core.parsing import Malformed
from taxiway.live.movement.file import MovementFile, from_text
from taxiway.live.presets.state import MOST_STATE_BYTES, State
from taxiway.live.presets.state_folder import (
    MOST_MOVEMENT_BYTES,
    MOST_PICTURE_BYTES,
    PRESETS,
    presets_in,
    presets_text,
    small,
)

SCENE = "scene.json"
MOVEMENT = "movement.json"
MOST_TEXT_BYTES = PRESETS * MOST_STATE_BYTES
MOST_BYTES = 20_000_000
MOST_PIXELS = 1_000_000
MOST_ENTRIES = 1000
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every entry, so that the same scene is the same file."""


def packed(
    presets: Mapping[int, State],
    pictures: Mapping[str, bytes],
    model: str,
    movement: bytes = b"",
) -> bytes:
    """The file of a scene; `pictures` are JPEGs by the names that the states have.

    `movement` is the text of `movement_file`.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        text = presets_text(presets, model)
        file.writestr(zipfile.ZipInfo(SCENE, EPOCH), text, zipfile.ZIP_DEFLATED)
        if movement:
            file.writestr(zipfile.ZipInfo(MOVEMENT, EPOCH), movement, zipfile.ZIP_DEFLATED)
        for name in sorted(pictures):
            file.writestr(zipfile.ZipInfo(f"pictures/{name}", EPOCH), pictures[name])
    return buffer.getvalue()


def movement_in(data: bytes) -> MovementFile | None:
    """What moves by a scene's file, None where it does not say. Raises InvalidArgument alone."""
    if not data.startswith(b"PK") or len(data) > MOST_BYTES:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            sizes = {entry.filename: entry.file_size for entry in file.infolist()}
            if MOVEMENT not in sizes:
                return None
            return from_text(_taken(file, MOVEMENT, sizes, MOST_MOVEMENT_BYTES))
    except Malformed as error:
        raise InvalidArgument(f"This scene cannot be read: {error}.") from None
    except Exception:
        raise InvalidArgument("This scene cannot be read: it is no whole zip file.") from None


def unpacked(data: bytes) -> tuple[dict[int, State], dict[str, bytes]]:
    """The presets and pictures of such a file, or of its text alone.

    Raises InvalidArgument, and nothing else.
    """
    if len(data) > MOST_BYTES:
        raise InvalidArgument(f"A scene has at most {MOST_BYTES // 1_000_000} MB.")
    try:
        if not data.startswith(b"PK"):
            return presets_in(data), {}
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            return _read(file)
    except Malformed as error:
        raise InvalidArgument(f"This scene cannot be read: {error}.") from None
    except Exception:
        # zipfile has a dozen exceptions for what is wrong with a file.
        raise InvalidArgument("This scene cannot be read: it is no whole zip file.") from None


def _read(file: zipfile.ZipFile) -> tuple[dict[int, State], dict[str, bytes]]:
    entries = file.infolist()
    if len(entries) > MOST_ENTRIES:
        raise Malformed(f"it holds more than {MOST_ENTRIES} files")
    sizes = {entry.filename: entry.file_size for entry in entries}
    if SCENE not in sizes:
        raise Malformed(f"it has no {SCENE}")
    presets = presets_in(_taken(file, SCENE, sizes, MOST_TEXT_BYTES))
    pictures = {}
    for state in presets.values():
        name = f"pictures/{state.picture}"
        if state.picture and name in sizes:
            data = _taken(file, name, sizes, MOST_PICTURE_BYTES)
            pictures[state.picture] = _anew(data)
    return presets, pictures


def _taken(file: zipfile.ZipFile, name: str, sizes: Mapping[str, int], most: int) -> bytes:
    # What the directory says is not what has to come out.
    if sizes[name] <= most:
        with file.open(name) as entry:
            data = entry.read(most + 1)
        if len(data) <= most:
            return data
    raise Malformed(f"its {name[:40]} is larger than {most} bytes")


def _anew(data: bytes) -> bytes:
    try:
        return small(np.asarray(decode(data, MOST_PIXELS).convert("RGB")))
    except Unusable as error:
        raise Malformed(f"a picture in it {error}") from None
