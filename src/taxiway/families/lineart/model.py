"""Photographs as drawings in ink: differences of Gaussians, numpy only."""

from typing import Any, ClassVar

import numpy as np

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Boolean, Image, Number
from taxiway.core.images import Pixels

RATIO = 1.6
"""Of the two blurs whose difference is taken, as the eye's cells have it."""
LEAST, MOST = 8.0, 80.0
"""How much the difference is raised, without and with all detail."""
PAPER, HARDNESS = 0.65, 8.0
"""What is brighter is paper; how fast it becomes ink below that."""
GREY = np.array([0.299, 0.587, 0.114], np.float32)
SIZE = 512
"""The longer side that line weights are told for: a picture looks the same at any size."""


class LineArt:
    """Draws a photograph in ink. An operator without learning: differences of Gaussians."""

    title = "Line art"
    deterministic = True
    imports = ("taxiway.families.lineart.model",)
    options: ClassVar[dict[str, AnyDataType]] = {}
    facts: ClassVar[dict[str, Any]] = {"device": "cpu", "notes": ["An operator without learning"]}
    commands: ClassVar[dict[str, Command]] = {
        "draw": Command(
            name="draw",
            description="Draw the picture's lines.",
            inputs={
                "image": Image(),
                "line_weight": Number(
                    default=1.2, min=0.4, max=6, step=0.1, description="How thick lines are."
                ),
                "detail": Number(
                    default=0.5, min=0, max=1, step=0.01, description="How faint an edge may be."
                ),
                "ink": Number(
                    default=0.5, min=0, max=1, step=0.01, description="How far shadows are filled."
                ),
                "invert": Boolean(description="White on black."),
            },
            outputs={"image": Image(), "output": Image()},
            aliases={"input": "image", "input_image": "image", "photo": "image"},
        )
    }

    def setup(self, device: str, options: Values) -> None:
        """Nothing is loaded."""

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [dict.fromkeys(("image", "output"), drawn(call)) for call in batch]


def drawn(call: Values) -> Pixels:
    """The drawing of one call's picture, uint8 [H, W, 3]."""
    ink = inked(call["image"], call["line_weight"], call["detail"], call["ink"])
    ink = 255 - ink if call["invert"] else ink
    return np.repeat(ink[:, :, None], 3, axis=2)


def inked(pixels: Pixels, weight: float, detail: float, shadows: float) -> Pixels:
    """The lines of uint8 [H, W, 3], dark on white: uint8 [H, W].

    H. Winnemoeller, J. Kyprianidis, S. Olsen: XDoG (2012). Both blurs and their difference are one
    filter in the frequencies. Shadows fill by the share `shadows` of the picture that is in it.
    """
    sigma = min(max(weight, 0.1), 20.0) * 0.8 * max(pixels.shape[:2]) / SIZE
    rim = min(int(4 * RATIO * sigma) + 2, 4 * max(pixels.shape[:2]))
    light = np.pad((pixels @ GREY) / 255, rim, mode="symmetric")  # [h, w]
    down, across = np.fft.fftfreq(light.shape[0])[:, None], np.fft.rfftfreq(light.shape[1])
    decay = (-2 * np.pi**2 * sigma**2 * (down**2 + across**2)).astype(np.float32)
    near, far = np.exp(decay), np.exp(RATIO**2 * decay)
    raised = LEAST * (MOST / LEAST) ** detail
    filtered = np.fft.irfft2(
        np.fft.rfft2(light) * (shadows * near + raised * (near - far)), light.shape
    )
    paper = 1 - shadows + filtered[rim:-rim, rim:-rim]  # [H, W]
    ink = 1 + np.tanh(HARDNESS * np.minimum(paper - PAPER, 0))
    return np.asarray(np.clip(ink, 0, 1) * 255 + 0.5).astype(np.uint8)


SLOT = LineArt
