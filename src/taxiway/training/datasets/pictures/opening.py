"""A picture file of any kind as upright sRGB, or a clause that says why not."""

import io
import warnings

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM", "JPEG2000")
SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".bmp"),
    *(".tif", ".tiff", ".avif", ".ppm", ".pgm", ".jp2"),
    *(".heic", ".heif"),  # not read, but counted and named: telephones make them
)
MAX_PIXELS = 150_000_000
"""The largest picture that is decoded; cameras of telephones make up to 200 million, rarely."""
MAX_BYTES = 300_000_000

_SRGB = ImageCms.createProfile("sRGB")


class Unusable(Exception):
    """A picture cannot be used; the text says why, as a clause without a full stop."""


def open_picture(data: bytes) -> Image.Image:
    """The picture in the bytes of a file: RGB, 8 bits, sRGB, upright; first frame of several.

    Transparent parts become white. Raises Unusable for anything that is no whole picture, and,
    before a pixel is decoded, for one of more than MAX_PIXELS.
    """
    Image.init()  # knows the rarer formats only after this
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is checked below, oddities do no harm
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            if image.width * image.height > MAX_PIXELS:
                raise Unusable(f"has {image.width} x {image.height} pixels, too many to open")
            image.load()
            return upright_srgb(image)
    except Unusable:
        raise
    except Image.DecompressionBombError:
        raise Unusable("has too many pixels to open") from None
    except Exception as error:
        # Pillow raises many kinds (OSError, SyntaxError, struct.error, EOFError...) on bad files.
        raise Unusable(_clause(data, error)) from None


def upright_srgb(image: Image.Image) -> Image.Image:
    """An opened picture in RGB as it is meant to be seen."""
    profile = image.info.get("icc_profile")
    image = eight_bits(ImageOps.exif_transpose(image))
    if image.mode not in ("RGB", "L", "CMYK", "LAB", "YCbCr"):
        return over_white(image, profile)
    return in_srgb(image, profile)


def eight_bits(image: Image.Image) -> Image.Image:
    """Greyscale of 16 bits a pixel as 8; others as they are. Raises Unusable for other depths."""
    if image.mode == "F":
        raise Unusable("holds measurements (floating point) rather than colours")
    if image.mode != "I" and not image.mode.startswith("I;16"):
        return image
    levels = np.asarray(image).astype(np.int64)
    if levels.min() < 0 or levels.max() > 0xFFFF:
        raise Unusable("has more than 16 bits a pixel")
    return Image.fromarray(((levels * 255 + 32767) // 65535).astype(np.uint8))


def over_white(image: Image.Image, profile: bytes | None) -> Image.Image:
    """A picture with a palette or transparency, its colours in sRGB, laid over white."""
    image = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(in_srgb(image.convert("RGB"), profile), mask=image.getchannel("A"))
    return white


def in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours by the profile in the file, where there is one that can be used."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            converted = None  # a broken profile, or one for other colours than the picture's
        if converted is not None:
            return converted
    return image.convert("RGB")


def _clause(data: bytes, error: Exception) -> str:
    if not data:
        return "is empty"
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
        return "is HEIC, which is not read; save it as JPEG"
    if isinstance(error, UnidentifiedImageError):
        return "is no picture of a kind that is read"
    text = " ".join(str(error).split())[:120].rstrip(".") or type(error).__name__
    return f"cannot be decoded: {text}"
