"""Outputs that fit into a datagram: pictures lose quality, then half their size, and again."""

import base64
import io
from collections.abc import Mapping

from PIL import Image

from taxiway.core.datatypes import Wire
from taxiway.core.images import from_data_uri
from taxiway.web.responses import to_json

QUALITIES = (85, 70, 50, 30)
SMALLEST = 16


def shrunk(outputs: Mapping[str, Wire], limit: int) -> str | None:
    """`outputs` as JSON of at most `limit` bytes, its pictures as good as they can be.

    None if they do not fit even at 16 pixels, or if there is none to shrink.
    """
    pictures = {
        name: _plain(from_data_uri(value, name))
        for name, value in outputs.items()
        if isinstance(value, str) and value.startswith("data:image/")
    }
    while pictures:
        # The worst tells whether a better one is worth trying at this size.
        worst = _written(outputs, pictures, QUALITIES[-1])
        if len(worst) <= limit:
            better = (_written(outputs, pictures, quality) for quality in QUALITIES[:-1])
            return next((text for text in better if len(text) <= limit), worst)
        if max(max(picture.size) for picture in pictures.values()) <= SMALLEST:
            break
        pictures = {name: picture.reduce(2) for name, picture in pictures.items()}
    return None


def _written(outputs: Mapping[str, Wire], pictures: Mapping[str, Image.Image], quality: int) -> str:
    uris = {name: _uri(picture, quality) for name, picture in pictures.items()}
    return to_json({**outputs, **uris}).decode("ascii")


def _uri(picture: Image.Image, quality: int) -> str:
    """A JPEG, or a PNG where there is an alpha channel, whatever the quality."""
    format = "PNG" if picture.mode == "RGBA" else "JPEG"
    buffer = io.BytesIO()
    picture.save(buffer, format, quality=quality)
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"data:image/{format.lower()};base64,{encoded}"


def _plain(picture: Image.Image) -> Image.Image:
    if picture.mode in ("L", "RGB", "RGBA"):
        return picture
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
