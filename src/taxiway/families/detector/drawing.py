"""A picture with what was found in it drawn over it."""

import colorsys
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from taxiway.core.images import Pixels
from taxiway.families.detector.precision import Floats

Colour = tuple[int, int, int]


def with_boxes(
    picture: Pixels, boxes: Floats, texts: Sequence[str], kinds: Sequence[int]
) -> Pixels:
    """A picture [H, W, 3] with boxes [K, 4] (0..1) in the colour of their class and their texts."""
    image = Image.fromarray(picture)
    draw, line = ImageDraw.Draw(image), max(1, round(min(image.size) / 160))
    font = ImageFont.load_default(max(10, min(image.size) // 32))
    scale = np.array([image.width, image.height, image.width, image.height])
    for box, text, kind in reversed(list(zip(boxes * scale, texts, kinds, strict=True))):
        left, top, right, bottom = (round(float(side)) for side in box)
        colour = colour_of(kind)
        draw.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), None, colour, line)
        name_box(draw, (left, top), text, colour, font)
    return np.asarray(image)


def name_box(
    draw: ImageDraw.ImageDraw,
    corner: tuple[int, int],
    text: str,
    colour: Colour,
    font: ImageFont.ImageFont | ImageFont.FreeTypeFont,
) -> None:
    """A text on its box's colour: above the corner, or below it where there is no room."""
    left, top, right, bottom = draw.textbbox((0, 0), text, font)
    wide, high = int(right - left) + 6, int(bottom - top) + 4
    x = max(0, min(corner[0], int(draw.im.size[0]) - wide))
    y = corner[1] - high if corner[1] >= high else corner[1]
    draw.rectangle((x, y, x + wide, y + high), colour)
    draw.text((x + 3 - left, y + 2 - top), text, ink_on(colour), font)


def colour_of(kind: int) -> Colour:
    """A class's colour: neighbours in number are far apart in hue."""
    hue, strong = kind * 0.618034 % 1, 0.62 + 0.2 * (kind // 5 % 2)
    red, green, blue = colorsys.hsv_to_rgb(hue, strong, 0.98)
    return round(red * 255), round(green * 255), round(blue * 255)


def ink_on(colour: Colour) -> Colour:
    """Black or white, whichever is read better on a colour."""
    light = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
    return (0, 0, 0) if light > 130 else (255, 255, 255)
