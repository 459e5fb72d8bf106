"""Cutting out by a box or clicks, with GrabCut: an operator, nothing learnt."""

from typing import Any, ClassVar

import numpy as np

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import (
    AnyDataType,
    Array,
    Image,
    ImageBoundingBox,
    ImagePoint,
    Number,
    Text,
    Wire,
)
from taxiway.core.frame import flattened
from taxiway.film.writer import ground_of
from taxiway.vision.cutting import SIDE, Hints, cut
from taxiway.vision.opencv import opencv


class Cutout:
    """Cuts out what is in a box or under clicks. An operator without learning: GrabCut."""

    title = "Cutout"
    deterministic = True
    imports = ("taxiway.families.cutout.model",)
    options: ClassVar[dict[str, AnyDataType]] = {}
    facts: ClassVar[dict[str, Any]] = {"device": "cpu", "notes": ["An operator without learning"]}
    commands: ClassVar[dict[str, Command]] = {
        "cut": Command(
            name="cut",
            description="Cut something out of a picture.",
            inputs={
                "image": Image(),
                "box": ImageBoundingBox(
                    optional=True, description="Around it; else what stands out from the rim."
                ),
                "include": Array(
                    item_type=ImagePoint(), optional=True, description="Click at points in it."
                ),
                "exclude": Array(
                    item_type=ImagePoint(), optional=True, description="Points that are not."
                ),
                "ground": Text(default="#00ff00", description="The colour behind it."),
                "size": Number(
                    default=SIDE,
                    whole=True,
                    min=64,
                    max=1024,
                    description="Longer side of the copy that is looked at: smaller is faster.",
                ),
            },
            outputs={
                "image": Image(channels=4, description="It alone, transparent around it."),
                "mask": Image(channels=1, description="White where it is."),
                "output": Image(description="It over the ground's colour."),
                "output_image": Image(description="As output."),
                "masked_image": Image(description="As output."),
            },
            aliases={"input_image": "image", "input": "image", "photo": "image"},
        )
    }

    @staticmethod
    def example(command: str) -> dict[str, Wire]:
        """A ground that is a colour."""
        return {"ground": "#00ff00"}

    def setup(self, device: str, options: Values) -> None:
        """Raises MissingDependency without OpenCV."""
        opencv("cutout")

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [cut_out(call) for call in batch]


def cut_out(call: Values) -> Values:
    """The outputs of one call. Raises InvalidArgument for a ground that is no colour."""
    ground = ground_of(call["ground"])
    hints = Hints(box=call["box"], include=call["include"] or (), exclude=call["exclude"] or ())
    pixels = call["image"]  # [H, W, 3]
    mask = cut(pixels, hints, call["size"])  # [H, W]
    alone = np.dstack([pixels, mask])
    over = flattened(alone, ground=ground)
    names = ("output", "output_image", "masked_image")
    return {"image": alone, "mask": mask, **dict.fromkeys(names, over)}


SLOT = Cutout
