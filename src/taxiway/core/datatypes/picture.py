"""A picture, as a data URI on the wire."""

from typing import Any, ClassVar, Literal

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType
from PIL import Image as PillowImage

from taxiway.core.datatypes.base import DataType, Wire, kind
from taxiway.core.errors import InvalidArgument, ModelFailed
from taxiway.core.images import (
    EncodedPicture,
    ImageFormat,
    Pixels,
    from_data_uri,
    in_channels,
    to_data_uri,
)


class Picture(DataType, frozen=True):
    """What pictures of every kind tell of their size in pixels; told, not enforced."""

    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET
    min_width: int | UnsetType = UNSET
    max_width: int | UnsetType = UNSET
    min_height: int | UnsetType = UNSET
    max_height: int | UnsetType = UNSET

    plainest: ClassVar[Wire] = "data:image/png;base64,..."
    holds_pictures: ClassVar[bool] = True
    holds_colours: ClassVar[bool] = True
    """Whether its numbers are colours, which a profile in the file changes; else they stay."""

    def decode(self, name: str, wire: Wire) -> Pixels:
        if isinstance(wire, np.ndarray):
            return wire
        if not isinstance(wire, str):
            raise InvalidArgument(
                f"'{name}' takes a picture as a data URI, got {kind(wire)}.", name
            )
        return self.pixels(from_data_uri(wire, name, self.holds_colours))

    def pixels(self, picture: PillowImage.Image) -> Pixels:
        """The decoded file as the model takes it."""
        raise NotImplementedError

    def shown(self, value: Any) -> Pixels:
        """What a model gave, as a picture to look at: uint8 [H, W] or [H, W, channels]."""
        return np.asarray(value)

    def wire_schema(self) -> dict[str, Any]:
        return {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/*"}


class Image(Picture, frozen=True, tag="image"):
    """A picture: a data URI on the wire, uint8 [H, W, channels] ([H, W] for one) inside."""

    channels: Literal[1, 3, 4] = 3
    default_output_format: ImageFormat | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.default_output_format is UNSET:
            format = "JPEG" if self.channels == 3 else "PNG"
            msgspec.structs.force_setattr(self, "default_output_format", format)

    def pixels(self, picture: PillowImage.Image) -> Pixels:
        return np.asarray(in_channels(picture, self.channels))

    def encode(self, value: Any, format: ImageFormat | None = None) -> str:
        if isinstance(value, EncodedPicture):
            return value.uri
        pixels = np.asarray(value) if isinstance(value, PillowImage.Image) else value
        if not is_picture(pixels):
            kind = (
                f"{getattr(pixels, 'dtype', type(pixels).__name__)} {getattr(pixels, 'shape', '')}"
            )
            raise ModelFailed(
                f"The model gave {kind.strip()} as a picture, which is uint8 [height, width, 3] or "
                "[height, width, 4], or [height, width] for grey."
            )
        chosen = format or self.default_output_format
        assert chosen is not UNSET
        return to_data_uri(pixels, chosen)


def is_picture(pixels: Any) -> bool:
    """Whether something is uint8 [H, W], [H, W, 3] or [H, W, 4], and not empty."""
    if not (isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8 and pixels.size):
        return False
    return pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))
