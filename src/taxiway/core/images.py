"""Pixels to and from the forms they travel in: JPEG, PNG, data URIs; every decode is bounded."""

import base64
import binascii
import io
import json
import warnings
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import unquote_to_bytes

import numpy as np
import numpy.typing as npt
from PIL import Image, PngImagePlugin

from taxiway.core.errors import InvalidArgument

Pixels = npt.NDArray[np.uint8]
"""A picture: uint8, H x W x 3 (or H x W, H x W x 4)."""

ImageFormat = Literal["JPEG", "PNG"]

MAX_PIXELS = 40_000_000
READABLE = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
METADATA_KEY = "taxiway"
"""The PNG text chunk that carries how a picture was made, as JSON."""


def encode_jpeg(pixels: Pixels, quality: int = 90) -> bytes:
    """Return `pixels` as a baseline JPEG with 4:2:0 chroma."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def encode_png(pixels: Pixels, metadata: Mapping[str, Any] | None = None) -> bytes:
    """Return `pixels` as a PNG; `metadata`, if any, goes into a text chunk as JSON.

    Compression level 1: the default level takes five times as long for a tenth of the size.
    """
    info = PngImagePlugin.PngInfo()
    if metadata is not None:
        info.add_text(METADATA_KEY, json.dumps(metadata))
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1, pnginfo=info)
    return buffer.getvalue()


def encode_image(pixels: Pixels, format: ImageFormat) -> bytes:
    """Return `pixels` as a file of that format."""
    return encode_jpeg(pixels) if format == "JPEG" else encode_png(pixels)


def to_data_uri(pixels: Pixels, format: ImageFormat = "JPEG") -> str:
    """Return `pixels` as a data URI, fit for an `<img src>`."""
    encoded = base64.b64encode(encode_image(pixels, format)).decode("ascii")
    return f"data:image/{format.lower()};base64,{encoded}"


def from_data_uri(text: str, name: str) -> Image.Image:
    """Decode a data URI (or bare base64) to a picture.

    The part after the first comma counts, or all of it where there is none, as in Runway's SDK.
    Raises InvalidArgument naming the input for bad base64, a foreign format, or a picture of
    more than MAX_PIXELS (read from its header, before any pixel is decoded).
    """
    _, _, payload = text.rpartition(",") if "," in text[:200] else ("", "", text)
    return open_image(_from_base64(payload, name), name)


def from_file_uri(text: str, name: str, most: int) -> bytes:
    """Return the bytes of a `data:` URI, in base64 or percent-encoded.

    Raises InvalidArgument naming the input for bad base64 or more than `most` bytes.
    """
    head, _, payload = text.partition(",")
    if len(payload) * 3 / 4 > most + 2:
        raise InvalidArgument(f"'{name}' takes a file of at most {most // 2**20} MB.", name)
    if head.endswith(";base64"):
        return _from_base64(payload, name)
    return unquote_to_bytes(payload)


def to_file_uri(data: bytes) -> str:
    """Return `data` as a data URI of no particular type."""
    return f"data:application/octet-stream;base64,{base64.b64encode(data).decode('ascii')}"


def _from_base64(payload: str, name: str) -> bytes:
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidArgument(f"'{name}' is not valid base64: {error}.", name) from None


def open_image(data: bytes, name: str) -> Image.Image:
    """Decode the bytes of an image file; limits and errors as in `from_data_uri`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=READABLE)
            if image.width * image.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            image.load()
            return image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        millions = MAX_PIXELS // 1_000_000
        raise InvalidArgument(
            f"'{name}' is a picture of more than {millions} million pixels, the most taken.",
            name,
        ) from None
    except Exception:
        # Pillow raises many kinds (OSError, SyntaxError, struct.error, EOFError...) on bad files.
        raise InvalidArgument(
            f"'{name}' is not a readable picture; it takes {', '.join(READABLE)}.", name
        ) from None


def read_metadata(data: bytes) -> dict[str, Any] | None:
    """Return what `encode_png` wrote into a PNG, or None for any other picture."""
    text = getattr(open_image(data, "picture"), "text", {}).get(METADATA_KEY)
    try:
        value = json.loads(text) if text else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
