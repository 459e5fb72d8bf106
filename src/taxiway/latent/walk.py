"""Walks: curves through a latent space. Every one is a function of u; a closed one has period 1.

A `Curve` maps positions u [N] in 0..1 to float64 [N, ...]; the functions here make curves of keys
[K, ...] and curves of curves: timed, eased, at constant speed. `Walk` wraps u and gives frames.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from taxiway.core.errors import InvalidArgument
from taxiway.latent.noise import noise_table, noise_vectors

Floats = npt.NDArray[np.float64]
Curve = Callable[[Floats], Floats]
Pace = Callable[[Floats], Floats]
"""Positions in 0..1 to positions in 0..1, never backwards."""

PARALLEL = 0.9995
"""From this cosine on, slerp is no longer told from lerp."""
CHUNK = 256
MOST_CHANGES = 1000
SAMPLES = 2520
"""Of a curve, to measure its length. Divisible by 1 to 10: up to ten keys lie on a sample each."""


@dataclass(frozen=True)
class Walk:
    """A curve to be walked from u = 0 to 1; a closed one is back where it began, and goes on."""

    curve: Curve
    closed: bool = True

    def __call__(self, u: npt.ArrayLike) -> Floats:
        """Where the walk is at u, float64 [N, ...]: u modulo 1, or cut to 0..1 if it is open."""
        places = np.atleast_1d(np.asarray(u, np.float64))
        return self.curve(places % 1.0 if self.closed else places.clip(0, 1))

    def places(self, frames: int) -> Floats:
        """u [frames] of a film: a closed walk does not repeat its first frame at the end."""
        return np.arange(frames) / (frames if self.closed else max(frames - 1, 1))


def legs(keys: Floats, closed: bool) -> int:
    """How many stretches lie between keys; raises InvalidArgument for an open walk of one key."""
    count = len(keys) if closed else len(keys) - 1
    if count < 1:
        raise InvalidArgument("A walk takes two keys or more, or one that is a loop.", "keys")
    return count


def leg(u: Floats, count: int) -> tuple[npt.NDArray[np.int64], Floats]:
    """On which of `count` legs u lies, and how far along it, 0..1."""
    index = np.minimum(np.floor(u * count), count - 1).astype(np.int64)
    return index, u * count - index


def linear(keys: npt.ArrayLike, closed: bool = True) -> Curve:
    """Straight from key to key."""
    points = np.asarray(keys, np.float64)
    count = legs(points, closed)

    def curve(u: Floats) -> Floats:
        index, t = leg(u, count)
        t = per_point(t, points)
        return (1 - t) * points[index] + t * points[(index + 1) % len(points)]

    return curve


def slerp(keys: npt.ArrayLike, closed: bool = True) -> Curve:
    """From key to key along great circles (Shoemake 1985), lengths changing evenly: for z."""
    points = np.asarray(keys, np.float64)
    count = legs(points, closed)

    def curve(u: Floats) -> Floats:
        index, t = leg(u, count)
        return between(points[index], points[(index + 1) % len(points)], per_point(t, points))

    return curve


def between(a: Floats, b: Floats, t: Floats) -> Floats:
    """Points at t on the arcs from a to b, over the last axis; straight where they are parallel."""
    lengths = [np.linalg.norm(end, axis=-1, keepdims=True) for end in (a, b)]
    scales = [np.where(length > 0, length, 1) for length in lengths]
    cosine = (a / scales[0] * (b / scales[1])).sum(-1, keepdims=True)
    apart = np.abs(cosine) < PARALLEL
    angle = np.arccos(np.where(apart, cosine, 0))
    arc = np.sin((1 - t) * angle) * a / scales[0] + np.sin(t * angle) * b / scales[1]
    length = (1 - t) * lengths[0] + t * lengths[1]
    curved: Floats = arc / np.sin(angle) * length
    return np.where(apart, curved, (1 - t) * a + t * b)


def spline(keys: npt.ArrayLike, closed: bool = True) -> Curve:
    """Through all keys without a corner: a cubic spline, periodic or with free ends."""
    points = np.asarray(keys, np.float64)
    count = legs(points, closed)
    bends = second_derivatives(points.reshape(len(points), -1), closed).reshape(points.shape)

    def curve(u: Floats) -> Floats:
        index, t = leg(u, count)
        after, t = (index + 1) % len(points), per_point(t, points)
        s = 1 - t
        straight = s * points[index] + t * points[after]
        return straight + ((s**3 - s) * bends[index] + (t**3 - t) * bends[after]) / 6

    return curve


def second_derivatives(points: Floats, closed: bool) -> Floats:
    """Those of the cubic spline through points [K, D], one unit apart, at the points."""
    unit = np.eye(len(points))
    system = np.roll(unit, 1, 0) + 4 * unit + np.roll(unit, -1, 0)
    change = np.roll(points, 1, 0) - 2 * points + np.roll(points, -1, 0)
    bends = np.zeros_like(points)
    inner = slice(None) if closed else slice(1, -1)
    bends[inner] = np.linalg.solve(system[inner, inner], 6 * change[inner])
    return bends


def circle(a: npt.ArrayLike, b: npt.ArrayLike) -> Curve:
    """cos a + sin b: a great circle in the plane of two z; a at u = 0, b at 0.25, -a at 0.5."""
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)

    def curve(u: Floats) -> Floats:
        angle = per_point(2 * np.pi * u, first[None])
        points: Floats = np.cos(angle) * first + np.sin(angle) * second
        return points

    return curve


def wander(seed: int, length: int = 512, changes: float = 4.0) -> Curve:
    """A smooth random loop of z: noise blurred in time around a circle, then made even.

    A Fourier series with random coefficients under a Gaussian (raises InvalidArgument for over
    1000 changes). A z is forgotten (cosine 0.6) after
    1 / `changes` of the loop.
    """
    if not 0 <= changes <= MOST_CHANGES:
        raise InvalidArgument(f"'changes' takes 0 to {MOST_CHANGES}, got {changes:g}.", "changes")
    deviation = changes / (2 * np.pi)
    waves = np.arange(0, int(4 * deviation) + 3)
    weights = np.exp(-((waves / max(deviation, 1e-9)) ** 2) / 4)
    weights[0] /= math.sqrt(2)  # the others have a cosine and a sine
    weights /= np.linalg.norm(weights)
    cosines, sines = np.random.RandomState(seed).standard_normal((2, len(waves), length))

    def curve(u: Floats) -> Floats:
        phases = 2 * np.pi * u[:, None] * waves
        z: Floats = (np.cos(phases) * weights) @ cosines + (np.sin(phases) * weights) @ sines
        return z

    return curve


def noise_loop(seed: int, length: int = 512, radius: float = 1.0, centred: bool = False) -> Curve:
    """p5's noise over all numbers of a z, walked once around a circle in its other two axes."""
    table = noise_table(seed)

    def curve(u: Floats) -> Floats:
        y, z = radius * (1 + np.cos(2 * np.pi * u)), radius * (1 + np.sin(2 * np.pi * u))
        return noise_vectors(table, y, z, length, centred).astype(np.float64)

    return curve


def random_walk(
    seed: int, start: npt.ArrayLike, steps: int, angle: float = 0.5, closed: bool = True
) -> Floats:
    """Keys [steps, length] of a walk over the shell from `start`, each `angle` (radians) further.

    A closed walk is bent so that its last step leads back to the start.
    """
    first = np.asarray(start, np.float64)
    random = np.random.RandomState(seed)
    keys = [first]
    for _ in range(steps):
        step = random.standard_normal(first.shape)
        keys.append(np.cos(angle) * keys[-1] + np.sin(angle) * step)
    walked = np.stack(keys)
    if closed:
        walked = walked + np.arange(steps + 1)[:, None] / steps * (walked[0] - walked[-1])
    return walked[:steps]


def timed(curve: Curve, times: Sequence[float], closed: bool = True) -> Curve:
    """A curve whose keys come at `times`, in any unit; a closed one's last time is its period.

    Raises InvalidArgument unless they begin at 0 and grow.
    """
    marks = np.asarray(times, np.float64)
    if len(marks) < 2 or marks[0] != 0 or not (np.diff(marks) > 0).all():
        raise InvalidArgument("'times' begin at 0 and grow, one for each key.", "times")
    knots = np.linspace(0, 1, len(marks))
    return lambda u: curve(np.interp(u, marks / marks[-1], knots))


def eased(curve: Curve, count: int) -> Curve:
    """A curve of `count` legs that rests for a moment at each key: 3 t^2 - 2 t^3 along each leg."""

    def slowed(u: Floats) -> Floats:
        index, t = leg(u, count)
        return curve((index + t * t * (3 - 2 * t)) / count)

    return slowed


def constant(curve: Curve, samples: int = SAMPLES) -> Curve:
    """A curve walked at constant speed: u becomes the share of its length, from a table."""
    pace = pace_of(curve, samples)
    return lambda u: curve(pace(u))


def pace_of(curve: Curve, samples: int = SAMPLES) -> Pace:
    """From the share of a curve's length to the position on it."""
    places = np.linspace(0, 1, samples + 1)
    steps: list[Floats] = []
    last = curve(np.zeros(1)).reshape(1, -1)
    for start in range(1, samples + 1, CHUNK):
        part = curve(places[start : start + CHUNK])
        part = np.concatenate([last, part.reshape(len(part), -1)])
        steps.append(np.linalg.norm(np.diff(part, axis=0), axis=1))
        last = part[-1:]
    walked = np.concatenate([[0.0], np.cumsum(np.concatenate(steps))])
    if walked[-1] == 0:
        return lambda u: u
    return lambda u: np.interp(u, walked / walked[-1], places)


def pulse(low: float, high: float, times: int = 1) -> Callable[[Floats], Floats]:
    """A number, psi perhaps, that goes from low to high and back `times` times in a loop."""
    return lambda u: low + (high - low) * (1 - np.cos(2 * np.pi * times * u)) / 2


def per_point(t: Floats, points: Floats) -> Floats:
    """t [N] with as many axes as points [K, ...] have."""
    return t.reshape(-1, *[1] * (points.ndim - 1))
