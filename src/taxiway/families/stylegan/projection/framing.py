"""A picture of any size made to fit a generator: cut, padded, squashed, or a box of it."""

from typing import Literal, get_args

import numpy as np
from PIL import Image

from taxiway.core.errors import InvalidArgument
from taxiway.core.images import Pixels

Crop = Literal["centre", "pad", "squash"]
CROPS: tuple[Crop, ...] = get_args(Crop)
Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels of the picture."""


def parse_box(text: str) -> Box:
    """The box that `10,20,300,310` (left, top, right, bottom) means; raises InvalidArgument."""
    parts = text.split(",")
    numbers = [int(part) for part in parts if part.strip().isdecimal() and len(part) < 8]
    if len(numbers) != 4 or len(parts) != 4:
        raise InvalidArgument(
            f"'box' takes left,top,right,bottom in pixels, got {text[:40]!r}.", "box"
        )
    return numbers[0], numbers[1], numbers[2], numbers[3]


def framed(
    pixels: Pixels, size: tuple[int, int], crop: Crop = "centre", box: Box | None = None
) -> Pixels:
    """A picture [H, W, 3 or 4] of any size as one of `size` (height, width).

    `centre` keeps its middle, `pad` all of it, blurred edges around, `squash` all of it, bent to
    the new shape; `box` is cut out first. Raises InvalidArgument for a box that is not inside.
    """
    picture = Image.fromarray(pixels)
    if box is not None:
        left, top, right, bottom = box
        if not (0 <= left < right <= picture.width and 0 <= top < bottom <= picture.height):
            raise InvalidArgument(
                f"'box' is to be inside the picture of {picture.width} x {picture.height}, "
                f"got {left},{top},{right},{bottom}.",
                "box",
            )
        picture = picture.crop(box)
    height, width = size
    if crop == "squash":
        return np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS))
    inside = centred(picture, height, width)
    return inside if crop == "centre" else padded(picture, inside)


def centred(picture: Image.Image, height: int, width: int) -> Pixels:
    """The middle of a picture, as much as the shape allows."""
    scale = min(picture.width / width, picture.height / height)
    left, top = (picture.width - scale * width) / 2, (picture.height - scale * height) / 2
    box = (left, top, left + scale * width, top + scale * height)
    return np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS, box))


def padded(picture: Image.Image, around: Pixels) -> Pixels:
    """All of a picture, on its own colours blurred: a generator knows no black bars."""
    height, width = around.shape[:2]
    scale = max(picture.width / width, picture.height / height)
    inner = (max(1, round(picture.width / scale)), max(1, round(picture.height / scale)))
    tiny = Image.fromarray(around).resize((4, 4), Image.Resampling.BOX)
    whole = tiny.resize((width, height), Image.Resampling.BICUBIC)
    whole.paste(
        picture.resize(inner, Image.Resampling.LANCZOS),
        ((width - inner[0]) // 2, (height - inner[1]) // 2),
    )
    return np.asarray(whole)
