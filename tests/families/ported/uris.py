"""Pictures as data URIs, and back."""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image


def to_uri(pixels: Any, format: str = "PNG") -> str:
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(buffer, format)
    return f"data:image/{format.lower()};base64," + base64.b64encode(buffer.getvalue()).decode()


def picture(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def pixels(uri: str) -> Any:
    return np.asarray(picture(uri))
