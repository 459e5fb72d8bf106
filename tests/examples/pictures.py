"""Is what a page shows the picture that the server answered, whatever size and format?"""

import base64
import io

import httpx
import numpy as np
from PIL import Image

SIDE = 64
SAME = 1.0
"""Levels out of 255: what scaling and JPEG change on average."""


def decoded(uri: str) -> Image.Image:
    """The picture in a data URI."""
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB")


def answered(address: str) -> Image.Image:
    """The server's current output."""
    return decoded(httpx.get(f"{address}/data", timeout=60).json()["image"])


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean absolute difference in levels, both made small first."""
    small = [
        np.asarray(picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX), np.float64)
        for picture in (one, other)
    ]
    return float(np.abs(small[0] - small[1]).mean())
