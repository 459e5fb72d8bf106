"""The picture that the HTTP benchmark serves."""

import numpy as np
from numpy.typing import NDArray


def picture(size: int) -> NDArray[np.uint8]:
    """Soft bands with a little grain [size, size, 3]: as large, as JPEG, as a photo of the sky."""
    y, x = np.mgrid[0:size, 0:size] / size
    bands = np.sin(9 * (x * x + y)[..., None] + np.array([0.0, 1.0, 2.0]))
    grain = np.random.default_rng(0).normal(0, 3, (size, size, 3))
    return np.clip(bands * 80 + 128 + grain, 0, 255).astype(np.uint8)
