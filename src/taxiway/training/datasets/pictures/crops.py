"""From a picture of any shape to square ones of one size."""

import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from taxiway.core.errors import InvalidArgument

CROPS = ("center", "random", "none", "pad")
CHANNELS = ("3", "1", "4")
"""What pictures of a dataset are made: of colours, grey, or with alpha."""
RESOLUTIONS = tuple(2**k for k in range(4, 11))
SMALLEST = 0.75
"""A picture with less than this share of the wanted pixels, along its shorter side, is left out."""


@dataclass(frozen=True)
class Plan:
    """How pictures are made square: `resolution` in pixels, `crop` one of CROPS.

    "center" and "random" cut a square out as large as fits (`count` different ones for random),
    "none" squeezes the whole picture, "pad" puts white beside it, or nothing where there is alpha.
    `mirror` adds a mirrored copy of each. The place of a random crop follows from `seed` and the
    picture's name alone. Raises InvalidArgument for values that there are not.
    """

    resolution: int = 256
    crop: str = "center"
    count: int = 1
    mirror: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_resolution(self.resolution)
        if self.crop not in CROPS:
            raise InvalidArgument(f"'crop' takes {', '.join(CROPS)}, got {self.crop!r}.", "crop")
        if self.count < 1 or (self.count > 1 and self.crop != "random"):
            raise InvalidArgument(
                f"'crops' takes 1, or more with --crop random, got {self.count}.", "crops"
            )
        if self.seed < 0:
            raise InvalidArgument(f"'seed' takes 0 or more, got {self.seed}.", "seed")

    def scale(self, width: int, height: int) -> float:
        """How many pixels of a picture there are for one that is wanted; below 1 enlarges it."""
        side = max(width, height) if self.crop == "pad" else min(width, height)
        return side / self.resolution


def squares(image: Image.Image, name: str, plan: Plan) -> list[Image.Image]:
    """The square pictures that a plan makes of one picture, resized with Lanczos."""
    size = (plan.resolution, plan.resolution)
    if plan.crop == "pad":
        ground = (255, 255, 255, 0) if image.mode == "RGBA" else "white"
        made = [ImageOps.pad(image, size, Image.Resampling.LANCZOS, color=ground)]
    else:
        boxes = boxes_of(image.width, image.height, name, plan)
        made = [image.resize(size, Image.Resampling.LANCZOS, box) for box in boxes]
    mirrored = [ImageOps.mirror(square) for square in made] if plan.mirror else []
    return made + mirrored


def boxes_of(width: int, height: int, name: str, plan: Plan) -> list[tuple[int, int, int, int]]:
    """The parts (left, top, right, bottom) of a picture that become squares."""
    if plan.crop == "none":
        return [(0, 0, width, height)]
    side = min(width, height)
    shares = np.full((1, 2), 0.5)
    if plan.crop == "random":
        shares = np.random.default_rng([plan.seed, zlib.crc32(name.encode())]).random(
            (plan.count, 2)
        )
    corners = [(int((width - side) * x), int((height - side) * y)) for x, y in shares]
    return [(left, top, left + side, top + side) for left, top in corners]


def check_resolution(resolution: int) -> None:
    """Raise InvalidArgument for pixels that no dataset has."""
    if resolution not in RESOLUTIONS:
        sizes = ", ".join(map(str, RESOLUTIONS))
        raise InvalidArgument(f"'resolution' takes {sizes}, got {resolution}.", "resolution")
