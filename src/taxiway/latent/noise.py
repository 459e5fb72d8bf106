"""Value noise exactly as p5.js 1.x draws it (p5 calls it Perlin noise), and vectors from it.

The same as `studio/noise.js`, in up to three dimensions: a table of 4096 random numbers, cosine
fades between neighbours, octaves of doubled frequency and falling amplitude.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
TABLE_SIZE = 4096
STRIDES = (1, 16, 256)
"""How far apart neighbours in x, y and z are in the table."""
STEP = 0.09
"""Between two numbers of a vector, as in the old mixing console."""


@lru_cache(maxsize=64)
def noise_table(seed: int) -> Floats:
    """4096 numbers from 0 to below 1, by the generator of p5's `noiseSeed`; the seed mod 2**32."""
    table = np.empty(TABLE_SIZE)
    state = seed % 2**32
    for place in range(TABLE_SIZE):
        state = (state * 1664525 + 1013904223) % 2**32
        table[place] = state / 2**32
    table.setflags(write=False)
    return table


def noise(
    table: Floats,
    x: npt.ArrayLike,
    y: npt.ArrayLike = 0.0,
    z: npt.ArrayLike = 0.0,
    octaves: int = 5,
    falloff: float = 0.35,
) -> Floats:
    """Noise from 0 to below 1 at points; x, y and z broadcast. Negative coordinates mirror.

    The defaults are the mixing console's `noiseDetail(5, 0.35)`; p5's own are 4 and 0.5.
    """
    places = [np.abs(np.asarray(axis, np.float64)) for axis in (x, y, z)]
    wholes = [np.floor(place).astype(np.int64) % TABLE_SIZE for place in places]
    fractions = [place - np.floor(place) for place in places]
    total, amplitude = np.zeros(()), 0.5
    for _ in range(octaves):
        total = total + amplitude * _octave(table, wholes, fractions)
        amplitude *= falloff
        doubled = [fraction * 2 for fraction in fractions]
        carries = [(fraction >= 1).astype(np.int64) for fraction in doubled]
        wholes = [2 * whole + carry for whole, carry in zip(wholes, carries, strict=True)]
        fractions = [fraction - carry for fraction, carry in zip(doubled, carries, strict=True)]
    return total


def _octave(table: Floats, wholes: list[npt.NDArray[np.int64]], fractions: list[Floats]) -> Floats:
    """The table, faded between the eight corners around every point."""
    base = sum(whole * stride for whole, stride in zip(wholes, STRIDES, strict=True))
    fade_x, fade_y, fade_z = (0.5 * (1 - np.cos(fraction * np.pi)) for fraction in fractions)

    def along_x(offset: int) -> Floats:
        left = table[(base + offset) % TABLE_SIZE]
        right = table[(base + offset + STRIDES[0]) % TABLE_SIZE]
        faded: Floats = left + fade_x * (right - left)
        return faded

    def along_y(offset: int) -> Floats:
        near, far = along_x(offset), along_x(offset + STRIDES[1])
        return near + fade_y * (far - near)

    near, far = along_y(0), along_y(STRIDES[2])
    result: Floats = near + fade_z * (far - near)
    return result


def noise_vector(seed: int, length: int = 512, centred: bool = False) -> npt.NDArray[np.float32]:
    """A z [length] from the old console's Perlin button: 2 noise(0.09 i) - 1.

    All of these lean to the same side (a mean near -0.25), which is what a generator sees of them;
    `centred` ones have mean 0 and deviation 1.
    """
    [vector] = noise_vectors(noise_table(seed), np.zeros(1), np.zeros(1), length, centred)
    return np.asarray(vector, np.float32)


def noise_vectors(
    table: Floats, y: Floats, z: Floats, length: int, centred: bool = False
) -> npt.NDArray[np.float32]:
    """The same [N, length] at places y [N], z [N] of the noise, between which it moves smoothly."""
    values = 2 * noise(table, STEP * np.arange(length), y[:, None], z[:, None]) - 1
    if centred:
        values -= values.mean(axis=1, keepdims=True)
        values /= values.std(axis=1, keepdims=True)
    vectors: npt.NDArray[np.float32] = values.astype(np.float32)
    return vectors
