"""The timeline as text, in the data folder: keys with their states, and tracks.

A line for each key and each track, so that a change is one line of a diff.
"""

from typing import Any

import msgspec
from msgspec import Struct

from taxiway.core.errors import InvalidArgument
from taxiway.core.parsing import Malformed, from_json
from taxiway.core.session_file import plain_values
from taxiway.live.movement.fade import CURVES
from taxiway.live.movement.timeline import MOST_KEYS, Key
from taxiway.live.movement.timeline import checked as checked_key
from taxiway.live.movement.tracks import MOST_POINTS, Track
from taxiway.live.presets.state import checked, plain

MOST_TRACKS = 256


class TimelineFile(Struct, kw_only=True):
    """`timeline.json`."""

    taxiway: str = ""
    version: int = 0
    loops: bool = False
    keys: list[Key] = []
    tracks: dict[str, list[tuple[float, Any]]] = {}


def to_text(keys: list[Key], tracks: dict[str, Track], loops: bool) -> bytes:
    """The text of a timeline."""
    lines = [
        msgspec.json.encode(msgspec.structs.replace(key, state=plain(key.state))) for key in keys
    ]
    told = {name: _plain_points(track) for name, track in tracks.items()}
    recorded = [
        msgspec.json.encode(name) + b":" + msgspec.json.encode(told[name]) for name in sorted(told)
    ]
    on = b"true" if loops else b"false"
    head = b'{"taxiway":"timeline","version":1,"loops":' + on + b',"keys":[\n'
    return head + b",\n".join(lines) + b'\n],"tracks":{\n' + b",\n".join(recorded) + b"\n}}\n"


def from_text(data: bytes) -> TimelineFile:
    """What a text says, names safe and bounds kept. Raises Malformed, and nothing else."""
    found: TimelineFile = from_json(data, TimelineFile)
    if (found.taxiway, found.version) != ("timeline", 1):
        raise Malformed("its timeline is none of Taxiway's, or of another version")
    if len(found.keys) > MOST_KEYS:
        raise Malformed(f"its timeline has {len(found.keys)} keys, and {MOST_KEYS} at most fit")
    if len(found.tracks) > MOST_TRACKS:
        raise Malformed(f"its timeline has {len(found.tracks)} tracks of {MOST_TRACKS} at most")
    found.keys = [_sound(key) for key in found.keys]
    found.tracks = {name[:100]: points for name, points in found.tracks.items() if _rises(points)}
    return found


def _plain_points(track: Track) -> list[tuple[float, Any]]:
    return [(round(at, 4), plain_values({"": value}).get("")) for at, value in track.points]


def _sound(key: Key) -> Key:
    curve = key.curve if key.curve in CURVES else "smooth"
    try:
        return checked_key(msgspec.structs.replace(key, state=checked(key.state), curve=curve))
    except InvalidArgument as error:
        raise Malformed(str(error).rstrip(".")) from None


def _rises(points: list[tuple[float, Any]]) -> bool:
    times = [at for at, _ in points]
    return 0 < len(times) <= MOST_POINTS and times[0] >= 0 and times == sorted(set(times))
