"""Pixels to and from the forms they travel in: files of pictures and data URIs.

Every picture that comes from outside is decoded here, the same way wherever it came in, and bounded
before a pixel is decoded.
"""

import base64
import binascii
import io
import json
import warnings
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Literal
from urllib.parse import unquote_to_bytes

import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import ExifTags, Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from taxiway.core.errors import InvalidArgument
from taxiway.core.memory import BUDGET
from taxiway.core.parsing import Malformed, from_json

Pixels = npt.NDArray[np.uint8]
"""A picture: uint8, H x W x 3 (or H x W, H x W x 4)."""

ImageFormat = Literal["JPEG", "PNG"]

MAX_PIXELS = 40_000_000
READABLE = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM", "JPEG2000")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's modes by the channels of a picture."""
SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".bmp"),
    *(".tif", ".tiff", ".avif", ".ppm", ".pgm", ".jp2"),
    *(".heic", ".heif"),  # not read, but counted and named: telephones make them
)
"""Endings of the names of files that are taken for pictures."""
BYTES_PER_PIXEL = 16
"""Memory for a picture while it is decoded: as it is stored, turned, and in its colours."""
TURN = ExifTags.Base.Orientation
METADATA_KEY = "taxiway"
"""The PNG text chunk that carries how a picture was made, as JSON."""


class EncodedPicture:
    """A picture as it is sent, a data URI; where its pixels are needed they are decoded."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def pixels(self) -> Pixels:
        """uint8 [H, W] for grey, [H, W, 3], or [H, W, 4] with transparent parts."""
        return np.asarray(from_data_uri(self.uri, "picture"))


class Unusable(Exception):
    """A picture cannot be used; the text says why, as a clause without a full stop.

    `foreign` is whether it is no picture at all, or one of a kind that is not read.
    """

    def __init__(self, why: str, foreign: bool = False) -> None:
        super().__init__(why)
        self.foreign = foreign


class TooManyPixels(Unusable):
    """Its header promises more pixels than are taken."""


def is_picture(name: str) -> bool:
    """Whether a name is that of a picture, and neither it nor one of its folders is hidden."""
    return not is_hidden(name) and PurePosixPath(name).suffix.lower() in SUFFIXES


def is_hidden(name: str) -> bool:
    """Whether a file or one of its folders is hidden, or what a Mac adds to zip files."""
    parts = set(PurePosixPath(name.replace("\\", "/")).parts) - {".."}
    return any(part.startswith((".", "__MACOSX")) for part in parts)


def encode_jpeg(pixels: Pixels, quality: int = 90) -> bytes:
    """Return `pixels` as a baseline JPEG with 4:2:0 chroma; what is transparent becomes white."""
    if pixels.shape[2:] == (3,):
        rows = np.ascontiguousarray(pixels)  # [H, W, 3]
        encoded: bytes = simplejpeg.encode_jpeg(rows, quality, "RGB", "420", fastdct=False)
        return encoded
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    image = over_white(image) if image.mode == "RGBA" else image
    image.save(buffer, "JPEG", quality=quality)
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


def from_data_uri(text: str, name: str, colours: bool = True) -> Image.Image:
    """Decode a data URI (or bare base64) to a picture, as `decode` does.

    The part after the first comma counts, or all of it where there is none, as in Runway's SDK.
    Raises InvalidArgument naming the input for bad base64, a foreign format, or a picture of
    more than MAX_PIXELS (read from its header, before any pixel is decoded).
    """
    _, _, payload = text.rpartition(",") if "," in text[:200] else ("", "", text)
    return open_image(_from_base64(payload, name), name, colours=colours)


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


def open_image(data: bytes, name: str, most: int = MAX_PIXELS, colours: bool = True) -> Image.Image:
    """Decode the bytes of an image file as `decode` does; errors as in `from_data_uri`."""
    try:
        return decode(data, most, colours)
    except TooManyPixels:
        millions = most // 1_000_000
        raise InvalidArgument(
            f"'{name}' is a picture of more than {millions} million pixels, the most taken.",
            name,
        ) from None
    except Unusable as reason:
        kinds = f"; it takes {', '.join(READABLE)}" if reason.foreign else f": it {reason}"
        raise InvalidArgument(f"'{name}' is not a readable picture{kinds}.", name) from None


def rgb_pixels(data: bytes, name: str) -> Pixels:
    """The picture in the bytes of a file as uint8 [H, W, 3]; errors as in `open_image`."""
    return np.asarray(over_white(open_image(data, name)))


def pixels_in(data: bytes, name: str) -> Pixels:
    """As `rgb_pixels`, and [H, W, 4] of a picture with transparent parts."""
    image = open_image(data, name)
    return np.asarray(image if image.mode == "RGBA" else image.convert("RGB"))


def decode(data: bytes, most: int = MAX_PIXELS, colours: bool = True, near: int = 0) -> Image.Image:
    """The picture in the bytes of a file, upright, in 8 bits: mode L, RGB or RGBA.

    Colours become sRGB by the profile in the file, greys of 16 bits are scaled, palettes, CMYK and
    LAB become RGB, what is transparent in any way RGBA; of several frames the first counts. Without
    `colours` the numbers are kept as they are stored, in any mode: those of a label map are no
    colours. Raises Unusable for anything that is no whole picture; TooManyPixels, before a pixel is
    decoded, for one of more than `most` or than the memory holds. The room for it comes out of the
    process's budget, for as long as a block of the caller keeps it. A JPEG that is wanted only so
    large (`near`, in pixels) is decoded in a fraction of the time, at that size or above.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is checked below, oddities do no harm
            image = _opened(io.BytesIO(data), most)
            if near:
                image.draft(None, (near, near))
            with BUDGET.room(BYTES_PER_PIXEL * image.width * image.height):
                image.load()
                ImageOps.exif_transpose(image, in_place=True)
                return _in_srgb(image) if colours else image
    except Unusable:
        raise
    except Image.DecompressionBombError:
        raise TooManyPixels("has too many pixels to open") from None
    except MemoryError as error:
        raise TooManyPixels(f"has too many pixels for the memory here ({error})") from None
    except Exception as error:
        # Pillow raises many kinds (OSError, SyntaxError, struct.error, EOFError...) on bad files.
        raise _unusable(data, error) from None


def upright_size(file: BinaryIO, most: int = MAX_PIXELS) -> tuple[int, int]:
    """Width and height of a picture in a file as `decode` turns it, by its header alone.

    Raises Unusable for anything that is no picture.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with _opened(file, most) as image:
                turned = image.getexif().get(TURN) in (5, 6, 7, 8)
                return (image.height, image.width) if turned else (image.width, image.height)
    except Unusable:
        raise
    except Image.DecompressionBombError:
        raise TooManyPixels("has too many pixels to open") from None
    except Exception as error:
        file.seek(0)
        raise _unusable(file.read(32), error) from None


def fitted(pixels: Pixels, width: int, height: int) -> Pixels:
    """A picture [H, W, C] as large as it can be, whole, in one of another size; black around it."""
    if pixels.shape[:2] == (height, width):
        return pixels
    return np.asarray(ImageOps.pad(Image.fromarray(pixels), (width, height), color=None))


def over_white(image: Image.Image) -> Image.Image:
    """A picture that `decode` gave as RGB; its transparent parts become white."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    white = Image.new("RGB", image.size, "white")
    white.paste(image.convert("RGB"), mask=image.getchannel("A"))
    return white


def in_channels(image: Image.Image, channels: int) -> Image.Image:
    """A picture that `decode` gave as 1 (grey), 3 (colours) or 4 channels (with alpha).

    What is transparent becomes white where there is no alpha.
    """
    if channels == 4:
        return image.convert("RGBA")
    return over_white(image).convert(MODES[channels])


def read_metadata(data: bytes) -> dict[str, Any] | None:
    """What `encode_png` wrote into a PNG, or None for any other picture, however odd its text."""
    text = getattr(open_image(data, "picture", colours=False), "text", {}).get(METADATA_KEY)
    try:
        value: Any = from_json(text) if text else None
    except Malformed:
        return None
    return value if isinstance(value, dict) else None


def _opened(file: BinaryIO, most: int) -> Image.Image:
    """The first frame as the file has it, no pixel of it decoded."""
    Image.init()  # knows the rarer formats only after this
    image = Image.open(file, formats=READABLE)
    if image.width * image.height > most:
        raise TooManyPixels(f"has {image.width} x {image.height} pixels, too many to open")
    return image


def _in_srgb(image: Image.Image) -> Image.Image:
    """An upright picture as it is meant to be seen."""
    profile = image.info.get("icc_profile")
    image = _eight_bits(image)
    if image.has_transparency_data:
        whole = image.convert("RGBA")
        made = _converted(whole.convert("RGB"), profile).convert("RGB")
        made.putalpha(whole.getchannel("A"))
        return made
    if image.mode not in ("RGB", "L", "CMYK", "LAB", "YCbCr"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    image = _converted(image, profile)
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Greyscale of 16 bits a pixel as 8; others as they are. Raises Unusable for other depths."""
    if image.mode == "F":
        raise Unusable("holds measurements (floating point) rather than colours")
    if image.mode != "I" and not image.mode.startswith("I;16"):
        return image
    levels = np.asarray(image)
    if levels.min(initial=0) < 0 or levels.max(initial=0) > 0xFFFF:
        raise Unusable("has more than 16 bits a pixel")
    levels = levels.astype(np.uint32)
    return Image.fromarray(((levels * 255 + 32767) // 65535).astype(np.uint8))


def _converted(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours by the profile in the file, where there is one that can be used."""
    if not profile:
        return image
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, source, srgb, outputMode="RGB") or image
    except Exception:
        return image  # a broken profile, or one for other colours than the picture's


def _unusable(data: bytes, error: Exception) -> Unusable:
    if not data:
        return Unusable("is empty", foreign=True)
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
        return Unusable("is HEIC, which is not read; save it as JPEG")
    if isinstance(error, UnidentifiedImageError):
        return Unusable("is no picture of a kind that is read", foreign=True)
    text = " ".join(str(error).split())[:120].rstrip(".") or type(error).__name__
    return Unusable(f"cannot be decoded: {text}")
