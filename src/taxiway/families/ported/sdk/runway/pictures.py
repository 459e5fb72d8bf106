"""The data types for pictures: data URIs in JSON, PIL pictures in commands."""

import base64
import io
from typing import Any, Dict, Optional

import numpy as np
from PIL import Image

from .exceptions import InvalidArgumentError, MissingArgumentError
from .fields import BaseType, is_number
from .palette import colour

SIZES = ("min_width", "max_width", "min_height", "max_height", "width", "height")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
FORMATS = ("PNG", "JPEG", "BMP")
"""What a caller may ask for; BMP, which is ours, costs no time within one machine."""
MAX_PIXELS = 40_000_000


class image(BaseType):
    """A picture of 1, 3 or 4 channels; sizes are told, not enforced.

    A command gets it as PIL, and may return PIL or uint8 [H, W], [H, W, 1], [H, W, 3] or [H, W, 4].
    """

    SHOWN = ("channels", *SIZES, "default_output_format")

    def __init__(
        self,
        description: Optional[str] = None,
        channels: int = 3,
        min_width: Optional[int] = None,
        min_height: Optional[int] = None,
        max_width: Optional[int] = None,
        max_height: Optional[int] = None,
        width: Optional[int] = None,
        height: Optional[int] = None,
        default_output_format: Optional[str] = None,
        name: Optional[str] = None,
    ) -> None:
        super().__init__("image", description, name)
        if channels not in MODES:
            raise InvalidArgumentError("channels", f"It takes 1, 3 or 4, got {channels!r:.40}.")
        self.channels = channels
        self.min_width, self.max_width, self.width = min_width, max_width, width
        self.min_height, self.max_height, self.height = min_height, max_height, height
        self.default_output_format = default_output_format or ("JPEG" if channels == 3 else "PNG")

    def deserialize(self, value: Any) -> Image.Image:
        picture = opened(self, value)
        return (picture if self.channels == 4 else on_white(picture)).convert(MODES[self.channels])

    def serialize(self, value: Any, format: Optional[str] = None) -> str:
        picture = to_picture(self, value)
        if self.channels == 1 and picture.mode != "L":
            picture = on_white(picture).convert("L")
        return to_data_uri(picture, format or self.default_output_format)


class segmentation(BaseType):
    """A map of label ids, drawn in the labels' colours.

    A command gets it as PIL in mode L, and may return PIL or integers [H, W] of ids, or a picture
    that is coloured already.
    """

    SHOWN = SIZES

    def __init__(
        self,
        label_to_id: Optional[Dict[str, int]] = None,
        description: Optional[str] = None,
        label_to_color: Optional[Dict[str, Any]] = None,
        default_label: Optional[str] = None,
        min_width: Optional[int] = None,
        min_height: Optional[int] = None,
        max_width: Optional[int] = None,
        max_height: Optional[int] = None,
        width: Optional[int] = None,
        height: Optional[int] = None,
        name: Optional[str] = None,
    ) -> None:
        super().__init__("segmentation", description, name)
        if not label_to_id:
            raise MissingArgumentError("label_to_id", "A segmentation needs labels.")
        if not all(is_number(number) and 0 <= number <= 255 for number in label_to_id.values()):
            raise InvalidArgumentError("label_to_id", "The ids of labels are 0 to 255.")
        self.label_to_id = label_to_id
        self.default_label = default_label or next(iter(label_to_id))
        given = label_to_color or {}
        self.label_to_color = {
            label: list(given.get(label, colour(number))) for label, number in label_to_id.items()
        }
        self.min_width, self.max_width, self.width = min_width, max_width, width
        self.min_height, self.max_height, self.height = min_height, max_height, height

    def deserialize(self, value: Any) -> Image.Image:
        picture = opened(self, value)
        if picture.mode in ("L", "1"):
            return picture.convert("L")
        return Image.fromarray(self._ids(np.asarray(picture.convert("RGB"))))

    def serialize(self, value: Any, format: Optional[str] = None) -> str:
        drawn = np.asarray(value)
        if drawn.ndim == 2:
            drawn = self._colours()[drawn.astype(np.uint8)]
        return to_data_uri(to_picture(self, drawn), format if format == "BMP" else "PNG")

    def to_dict(self) -> Dict[str, Any]:
        return {
            **super().to_dict(),
            "labels": list(self.label_to_id),
            "defaultLabel": self.default_label,
            "labelToId": self.label_to_id,
            "labelToColor": self.label_to_color,
        }

    def _ids(self, pixels: Any) -> Any:
        """The id of the nearest label colour of every pixel: uint8 [H, W] from [H, W, 3].

        Each colour of the picture is compared once, as a painted map has few.
        """
        packed = pixels.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
        found, where = np.unique(packed, return_inverse=True)
        colours = np.stack([found >> 16, found >> 8 & 255, found & 255], -1).astype(np.int32)
        nearest = np.zeros(len(found), np.uint8)
        least = np.full(len(found), np.iinfo(np.int32).max)
        for label, number in self.label_to_id.items():
            distance = ((colours - np.array(self.label_to_color[label][:3])) ** 2).sum(-1)
            nearest = np.where(distance < least, number, nearest)
            least = np.minimum(distance, least)
        return nearest.astype(np.uint8)[where.reshape(packed.shape)]

    def _colours(self) -> Any:
        """The colour of every id: uint8 [256, 3]."""
        table = np.zeros((256, 3), np.uint8)
        for label, number in self.label_to_id.items():
            table[number] = self.label_to_color[label][:3]
        return table


def opened(field: BaseType, value: Any) -> Image.Image:
    """The picture in a data URI or bare base64. Raises InvalidArgumentError."""
    if not isinstance(value, str):
        raise field.refuse("It takes a picture as a data URI.")
    try:
        data = base64.b64decode(value.partition(",")[2] or value)
        picture = Image.open(io.BytesIO(data))
        if picture.width * picture.height > MAX_PIXELS:
            raise field.refuse(f"It takes at most {MAX_PIXELS // 1_000_000} million pixels.")
        picture.load()
    except InvalidArgumentError:
        raise
    except Exception:
        # Pillow raises OSError, SyntaxError, struct.error, EOFError, RecursionError...
        raise field.refuse("It is not a readable picture.") from None
    return in_eight_bits(picture)


def in_eight_bits(picture: Image.Image) -> Image.Image:
    """Grey of 16 bits a pixel as 8, which Pillow would cut off at white; others as they are."""
    if picture.mode != "I" and not picture.mode.startswith("I;16"):
        return picture
    levels = np.asarray(picture).astype(np.uint32)
    return Image.fromarray(((levels * 255 + 32767) // 65535).astype(np.uint8))


def on_white(picture: Image.Image) -> Image.Image:
    """A picture whose transparent parts, if any, are white rather than what is hidden there."""
    if picture.mode not in ("RGBA", "LA", "PA") and "transparency" not in picture.info:
        return picture
    whole = picture.convert("RGBA")
    white = Image.new("RGB", whole.size, "white")
    white.paste(whole.convert("RGB"), mask=whole.getchannel("A"))
    return white


def to_picture(field: BaseType, value: Any) -> Image.Image:
    """What a command returned, as PIL in mode L, RGB or RGBA."""
    if not isinstance(value, Image.Image):
        pixels = np.asarray(value)
        if pixels.dtype == bool:
            pixels = pixels.astype(np.uint8) * 255
        if pixels.dtype.kind not in "iu" or pixels.ndim not in (2, 3):
            raise field.refuse(
                f"It takes PIL or uint8 [H, W, 3], got {pixels.dtype} {list(pixels.shape)}."
            )
        if pixels.ndim == 3 and pixels.shape[2] == 1:
            pixels = pixels[:, :, 0]
        value = Image.fromarray(np.ascontiguousarray(pixels, np.uint8))
    picture: Image.Image = value
    if picture.mode in MODES.values():
        return picture
    return picture.convert("RGBA" if "transparency" in picture.info else "RGB")


def to_data_uri(picture: Image.Image, format: str) -> str:
    """The picture as a data URI, fit for an `<img src>`; transparency goes where it must."""
    format = format.upper()
    if picture.mode == "RGBA" and format != "PNG":
        if format == "BMP":
            format = "PNG"
        else:
            picture = picture.convert("RGB")
    buffer = io.BytesIO()
    settings = {"JPEG": {"quality": 90}, "PNG": {"compress_level": 1}}.get(format, {})
    picture.save(buffer, format, **settings)
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"data:image/{format.lower()};base64,{encoded}"
