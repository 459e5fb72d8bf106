"""Draw the outlines of a picture: a model as it was written for Runway."""

import numpy as np
import runway
from PIL import ImageFilter
from runway.data_types import category, image, number

PAPERS = {"white": (255, 255, 255), "cream": (250, 243, 224), "black": (12, 12, 16)}


@runway.setup(options={"paper": category(choices=list(PAPERS), default="cream")})
def setup(options):
    """What is returned here is the `paper` that every command gets."""
    return np.array(PAPERS[options["paper"]], np.float32)


@runway.command(
    "draw",
    inputs={
        "image": image(),
        "strength": number(default=3, min=0.5, max=10, step=0.5, description="How dark lines are."),
        "softness": number(
            default=1, min=0, max=8, step=0.5, description="Blur before, in pixels."
        ),
    },
    outputs={"image": image()},
    description="Draw the outlines of a picture, in its own colours.",
)
def draw(paper, inputs):
    photo = inputs["image"]
    lines = outlines(photo.filter(ImageFilter.GaussianBlur(inputs["softness"])))
    ink = np.clip(lines * inputs["strength"], 0, 1)[:, :, None]
    drawn = paper * (1 - ink) + colours(photo, paper) * ink
    return {"image": drawn.astype(np.uint8)}


def outlines(photo):
    """How steeply the brightness changes at every pixel, about 0 to 1 (Sobel's operator)."""
    grey = np.asarray(photo.convert("L"), np.float32) / 255
    grey = np.pad(grey, 1, mode="edge")
    across = grey[:, 2:] - grey[:, :-2]
    down = grey[2:] - grey[:-2]
    across = across[:-2] + 2 * across[1:-1] + across[2:]
    down = down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]
    return np.hypot(across, down) / 4


def colours(photo, paper):
    """The picture's colours, smoothed, and half as far from ink as they were."""
    smooth = np.asarray(photo.filter(ImageFilter.BoxBlur(4)), np.float32)
    return smooth * 0.5 if paper.mean() > 128 else 128 + smooth * 0.5


if __name__ == "__main__":
    runway.run()
