"""A scene as one file to share: a zip of presets and timeline as text, and their pictures.

    scene.json             as presets.json in the data folder
    movement.json          modulators and tempo, where there are any
    timeline.json          keys and tracks, where there are any
    pictures/ID.jpg        what presets and keys looked like

What somebody else made is read with bounds: other files in it are left alone, sizes are looked at
before anything is unpacked, and every picture is decoded and made anew.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.images import Unusable, decode
from taxiway.core.parsing import Malformed
from taxiway.live.movement import file as movement_file
from taxiway.live.movement import timeline_file
from taxiway.live.movement.file import MovementFile
from taxiway.live.movement.timeline_file import TimelineFile
from taxiway.live.movement.tracks import Track, player
from taxiway.live.presets.state import MOST_STATE_BYTES, State
from taxiway.live.presets.state_folder import (
    MOST_MOVEMENT_BYTES,
    MOST_PICTURE_BYTES,
    MOST_TIMELINE_BYTES,
    PRESETS,
    presets_in,
    presets_text,
    small,
)

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession

SCENE = "scene.json"
MOVEMENT = "movement.json"
TIMELINE = "timeline.json"
MOST_TEXT_BYTES = PRESETS * MOST_STATE_BYTES
MOST_BYTES = 20_000_000
MOST_PIXELS = 1_000_000
MOST_ENTRIES = 1000
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every entry, so that the same scene is the same file."""


class Scene(Struct, kw_only=True):
    """What a file says; of movement and timeline None where it does not speak of them.

    `pictures` are JPEGs by the names that the states have.
    """

    presets: dict[int, State]
    pictures: dict[str, bytes]
    movement: MovementFile | None = None
    timeline: TimelineFile | None = None


async def taken(session: "LiveSession") -> bytes:
    """The file of a session's scene. Raises NotFound where there is nothing to keep."""
    presets, timeline = dict(session.kept.presets), session.timeline
    texts = {}
    if session.movement.is_set_up:
        texts[MOVEMENT] = movement_file.to_text(session.movement)
    if not timeline.is_empty:
        texts[TIMELINE] = timeline_file.to_text(timeline.keys, timeline.tracks, timeline.loops)
    if not (presets or texts):
        raise NotFound("There are no presets and no timeline yet; store some first.")
    states = [*presets.values(), *(key.state for key in timeline.keys)]
    named = {state.picture for state in states if state.picture}
    pictures = {name: await session.kept.picture(name) for name in sorted(named)}
    return packed(presets, pictures, session.spec.name, texts)


def put(session: "LiveSession", scene: Scene) -> None:
    """Have a scene in place of what is there. Raises InvalidArgument where its model is another."""
    timeline = scene.timeline or TimelineFile()
    keys, command = timeline.keys, session.known
    tracks = {name: Track(points) for name, points in timeline.tracks.items()}
    session.kept.check_fit({f"Key {number}": key.state for number, key in enumerate(keys, 1)})
    for name in command.inputs.keys() & tracks.keys():
        player(tracks[name], name, command)
    session.kept.put_all(scene.presets, scene.pictures)
    if scene.movement is not None:
        movement_file.restore(session.movement, scene.movement)
    if scene.timeline is not None:
        adopted = [
            replace(key, state=session.kept.adopted(key.state, scene.pictures)) for key in keys
        ]
        session.timeline.put(adopted, tracks, timeline.loops)


def packed(
    presets: Mapping[int, State],
    pictures: Mapping[str, bytes],
    model: str,
    texts: Mapping[str, bytes] | None = None,
) -> bytes:
    """The file of a scene, `texts` by name beside the presets. Raises InvalidArgument if too large.

    `pictures` are JPEGs by the names that the states have.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, text in {SCENE: presets_text(presets, model), **(texts or {})}.items():
            file.writestr(zipfile.ZipInfo(name, EPOCH), text, zipfile.ZIP_DEFLATED)
        for name in sorted(pictures):
            file.writestr(zipfile.ZipInfo(f"pictures/{name}", EPOCH), pictures[name])
    data = buffer.getvalue()
    if len(data) > MOST_BYTES:
        raise InvalidArgument(
            f"A scene has at most {MOST_BYTES // 1_000_000} MB, this one {len(data) // 1_000_000}: "
            "erase what was recorded of z or w."
        )
    return data


def unpacked(data: bytes) -> Scene:
    """The scene of such a file, or of its text alone. Raises InvalidArgument, and nothing else."""
    if len(data) > MOST_BYTES:
        raise InvalidArgument(f"A scene has at most {MOST_BYTES // 1_000_000} MB.")
    try:
        if not data.startswith(b"PK"):
            return Scene(presets=presets_in(data), pictures={})
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            return _read(file)
    except Malformed as error:
        raise InvalidArgument(f"This scene cannot be read: {error}.") from None
    except Exception:
        # zipfile has a dozen exceptions for what is wrong with a file.
        raise InvalidArgument("This scene cannot be read: it is no whole zip file.") from None


def _read(file: zipfile.ZipFile) -> Scene:
    entries = file.infolist()
    if len(entries) > MOST_ENTRIES:
        raise Malformed(f"it holds more than {MOST_ENTRIES} files")
    sizes = {entry.filename: entry.file_size for entry in entries}
    if SCENE not in sizes:
        raise Malformed(f"it has no {SCENE}")
    found = Scene(presets=presets_in(_taken(file, SCENE, sizes, MOST_TEXT_BYTES)), pictures={})
    if MOVEMENT in sizes:
        text = _taken(file, MOVEMENT, sizes, MOST_MOVEMENT_BYTES)
        found.movement = movement_file.from_text(text)
    if TIMELINE in sizes:
        text = _taken(file, TIMELINE, sizes, MOST_TIMELINE_BYTES)
        found.timeline = timeline_file.from_text(text)
    keys = found.timeline.keys if found.timeline else []
    states = [*found.presets.values(), *(key.state for key in keys)]
    found.pictures = _pictures(file, sizes, states)
    return found


def _pictures(
    file: zipfile.ZipFile, sizes: Mapping[str, int], states: Iterable[State]
) -> dict[str, bytes]:
    """The pictures of some states that are there, made anew."""
    names = {state.picture for state in states if f"pictures/{state.picture}" in sizes}
    return {
        name: _anew(_taken(file, f"pictures/{name}", sizes, MOST_PICTURE_BYTES))
        for name in sorted(names - {""})
    }


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
