"""What hands did to single controls while a timeline played: a track of points for each.

A track begins at its first point, and after its last stays there. Between two points numbers go
straight and vectors as a fade does; what has no way between, such as a switch, waits for the next.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from taxiway.core.command import Command
from taxiway.core.datatypes import AnyDataType, Number, Vector
from taxiway.live.movement.fade import vector_path

Points = Sequence[tuple[float, Any]]
"""Seconds of the timeline, which only rise, and the value that is there; None is the default."""
MOST_POINTS, MOST_VECTORS = 2000, 100
"""Of a track, of numbers and of vectors."""
MOST_LOOKED_AT = 4000
"""Of longer recordings every so many are looked at, which takes a moment of everyone's time."""
CLOSE = 0.005
"""How far a number may be off once points are left out, as a part of what it moved over."""
CLOSE_VECTOR = 0.02
"""The same of a vector, as a part of its length."""


class Track(Struct, frozen=True):
    """The points of one control."""

    points: Points

    @property
    def seconds(self) -> float:
        """When its last point is."""
        return self.points[-1][0]

    def replaced(self, begin: float, end: float, points: Points) -> "Track":
        """The track with other points from `begin` to `end`."""
        before = [point for point in self.points if point[0] < begin]
        return Track([*before, *points, *(point for point in self.points if point[0] > end)])


def player(track: Track, name: str, command: Command) -> Callable[[float], Any]:
    """What gives the value of a track at a time that is not before its first point.

    Raises InvalidArgument for values that the command's input does not take.
    """
    field = command.inputs[name]
    times = [at for at, _ in track.points]
    values: list[Any] = [
        None if value is None else field.decode(name, value) for _, value in track.points
    ]

    def value(at: float) -> Any:
        k = max(bisect_right(times, at) - 1, 0)
        begin, end = values[k], values[min(k + 1, len(values) - 1)]
        if k + 1 == len(times) or begin is None or end is None:
            return begin
        part = (at - times[k]) / (times[k + 1] - times[k])
        if isinstance(field, Vector):
            return vector_path(name, np.asarray(begin), np.asarray(end))(part)
        return begin + (end - begin) * part if goes_straight(field) else begin

    return value


def thinned(points: Points, field: AnyDataType) -> Points:
    """As few of some points as say the same, after Ramer (1972) and Douglas and Peucker (1973)."""
    if not goes_straight(field) or len({np.shape(value) for _, value in points}) > 1:
        return _changes(points)
    step = 1 + len(points) // MOST_LOOKED_AT
    points = [*points[:-1:step], points[-1]]
    rows = np.array([value for _, value in points], np.float64).reshape(len(points), -1)
    times = np.array([at for at, _ in points])
    is_vector = isinstance(field, Vector)
    span = np.linalg.norm(rows, axis=1).max() if is_vector else np.ptp(rows)
    close = float(span) * (CLOSE_VECTOR if is_vector else CLOSE)
    kept = _kept(times, rows, close)
    while len(kept) > (MOST_VECTORS if is_vector else MOST_POINTS):
        close = 2 * max(close, 1e-9)
        kept = _kept(times, rows, close)
    return [points[k] for k in kept]


def goes_straight(field: AnyDataType) -> bool:
    """Whether there is a way between two of its values."""
    return isinstance(field, Vector) or (isinstance(field, Number) and not field.whole)


def _kept(times: npt.NDArray[Any], rows: npt.NDArray[Any], close: float) -> list[int]:
    """Which of the rows [N, D] stay so that none is further than `close` off the lines between."""
    kept, stretches = {0, len(rows) - 1}, [(0, len(rows) - 1)]
    while stretches:
        first, last = stretches.pop()
        if last - first < 2:
            continue
        between = slice(first + 1, last)
        part = ((times[between] - times[first]) / (times[last] - times[first]))[:, None]
        line = rows[first] + part * (rows[last] - rows[first])
        off = np.linalg.norm(rows[between] - line, axis=1)
        furthest = int(off.argmax())
        if off[furthest] > close:
            at = first + 1 + furthest
            kept.add(at)
            stretches += [(first, at), (at, last)]
    return sorted(kept)


def _changes(points: Points) -> Points:
    found = [points[0]]
    for point in points[1:]:
        if not np.array_equal(np.asarray(point[1]), np.asarray(found[-1][1])):
            found.append(point)
    return found


def seconds_of(tracks: Mapping[str, Track]) -> float:
    """When the last point of all is; 0 of none."""
    return max((track.seconds for track in tracks.values()), default=0.0)
