"""The pictures that the HTTP benchmarks serve."""

import numpy as np
from numpy.typing import NDArray


def picture(size: int) -> NDArray[np.uint8]:
    """Soft bands with a little grain [size, size, 3]: as large, as JPEG, as a photo of the sky."""
    y, x = np.mgrid[0:size, 0:size] / size
    bands = np.sin(9 * (x * x + y)[..., None] + np.array([0.0, 1.0, 2.0]))
    grain = np.random.default_rng(0).normal(0, 3, (size, size, 3))
    return np.clip(bands * 80 + 128 + grain, 0, 255).astype(np.uint8)


def gradient(z: NDArray[np.float32], size: int) -> NDArray[np.uint8]:
    """A picture [size, size, 3] made from z, as little work as a model can have."""
    ramp = np.linspace(0, 255, size, dtype=np.float32)
    pixels = np.empty((size, size, 3), np.uint8)
    pixels[..., 0] = ramp * abs(np.tanh(z[0]))
    pixels[..., 1] = (ramp * abs(np.tanh(z[1])))[:, None]
    pixels[..., 2] = 128
    return pixels
