"""Draw the outlines of a picture: a model as it was written for Runway."""

import numpy as np
import runway
from PIL import ImageEnhance, ImageFilter
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
        "strength": number(default=10, min=1, max=40, step=1, description="How much ink."),
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
    ink = 1 - np.exp(-inputs["strength"] * np.maximum(lines - 0.01, 0))[:, :, None]
    return {"image": (paper * (1 - ink) + colours(photo, paper) * ink).astype(np.uint8)}


def outlines(photo):
    """How steeply a picture's colours change at every pixel, about 0 to 1 (Sobel's operator)."""
    light = np.asarray(photo, np.float32) / 255
    light = np.pad(light, [(1, 1), (1, 1), (0, 0)], mode="edge")
    across, down = light[:, 2:] - light[:, :-2], light[2:] - light[:-2]
    across = across[:-2] + 2 * across[1:-1] + across[2:]
    down = down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]
    return np.hypot(across, down).max(axis=2) / 4


def colours(photo, paper):
    """The picture's colours, strong, and far from the paper's."""
    strong = np.asarray(ImageEnhance.Color(photo).enhance(2.5), np.float32)
    return strong * 0.6 if paper.mean() > 128 else 80 + strong * 0.68


if __name__ == "__main__":
    runway.run()
