"""A picture in the colours of another, or as if by a brush: operators, nothing learnt."""

from typing import Any, ClassVar

import numpy as np

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Category, Image, Number
from taxiway.core.images import Pixels, fitted
from taxiway.latent.sample import z_of_seed
from taxiway.painting import paint
from taxiway.vision.colours import matched, mixed
from taxiway.vision.opencv import opencv

OUTPUTS = ("image", "output", "stylizedImage")
BRUSHES = ("paint", "water", "pencil")
CONTENT = ("image", "contentImage", "content", "input_image", "input", "photo")


class Style:
    """Gives a picture the colours of another. Operators without learning: no brush is learnt."""

    title = "Style"
    deterministic = True
    imports = ("taxiway.families.style.model",)
    options: ClassVar[dict[str, AnyDataType]] = {}
    facts: ClassVar[dict[str, Any]] = {"device": "cpu", "notes": ["Operators without learning"]}
    commands: ClassVar[dict[str, Command]] = {
        "stylize": Command(
            name="stylize",
            description="Give a picture the colours of another, and a brush.",
            inputs={
                "content_image": Image(description="The picture."),
                "style_image": Image(
                    optional=True, description="Whose colours; else those of a drawn landscape."
                ),
                "alpha": Number(
                    default=1, min=0, max=1, step=0.01, description="How far its colours go."
                ),
                "match": Category(
                    one_of=("axes", "together"),
                    description="Light and colours each by itself, or as they vary together.",
                ),
                "brush": Category(
                    one_of=("none", *BRUSHES), description="OpenCV's filters: taxiway[vision]."
                ),
                "seed": Number(
                    default=43,
                    whole=True,
                    min=0,
                    max=2**32 - 1,
                    description="Of the landscape, where no style is given.",
                ),
            },
            outputs={name: Image() for name in OUTPUTS},
            aliases={
                **dict.fromkeys(CONTENT, "content_image"),
                **dict.fromkeys(("styleImage", "style"), "style_image"),
                "interpolation_weight": "alpha",
            },
        )
    }

    def setup(self, device: str, options: Values) -> None:
        """Nothing is loaded; a brush looks for OpenCV when it is first asked for."""

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [dict.fromkeys(OUTPUTS, styled(call)) for call in batch]


def styled(call: Values) -> Pixels:
    """One call's picture in its new colours, uint8 [H, W, 3]."""
    content, style, alpha = call["content_image"], call["style_image"], call["alpha"]
    if style is None:
        style = paint(z_of_seed(call["seed"], 512), 128)
    moved = matched(content, style, call["match"] == "together") if alpha > 0 else content
    coloured = mixed(content, moved, min(max(alpha, 0.0), 1.0))
    return coloured if call["brush"] == "none" else brushed(coloured, call["brush"])


def brushed(pixels: Pixels, brush: str) -> Pixels:
    """A picture as OpenCV's non-photorealistic filters make it. Raises MissingDependency.

    E. Gastal, M. Oliveira: Domain Transform for Edge-Aware Image and Video Processing (2011).
    """
    cv2 = opencv("A brush")
    height, width = pixels.shape[:2]
    if min(height, width) < 8:  # smaller than its filters look
        return pixels
    colours = np.ascontiguousarray(pixels[:, :, ::-1])  # [H, W, BGR]
    if brush == "paint":
        made = cv2.stylization(colours, sigma_s=60, sigma_r=0.45)
    elif brush == "water":
        made = cv2.edgePreservingFilter(colours, flags=1, sigma_s=60, sigma_r=0.4)
    else:
        _, made = cv2.pencilSketch(colours, sigma_s=60, sigma_r=0.07, shade_factor=0.04)
    return fitted(np.ascontiguousarray(made[:, :, ::-1]), width, height)


SLOT = Style
