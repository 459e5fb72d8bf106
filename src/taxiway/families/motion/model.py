"""A still picture moved as a film moves: by followed points and a warp, or by networks."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image as Pillow

from taxiway.core.callers import NAME
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Boolean, File, Image, Number
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import Pixels
from taxiway.families.motion.films import Films, Key, Manner, Mover, digest

NETWORKS = ("checkpoint", "key_points", "manifest")
"""The options that name networks: all of them, or none."""


class Motion:
    """Moves a picture as a film moves: an operator without learning, or networks by manifest."""

    title = "Motion"
    imports = ("taxiway.families.motion.followed",)
    options: ClassVar[dict[str, AnyDataType]] = {
        "checkpoint": File(optional=True, description="An ONNX network that moves a picture."),
        "key_points": File(optional=True, description="The one that finds its key points."),
        "manifest": File(optional=True, description="The manifest of both."),
    }
    facts: dict[str, Any]
    commands: ClassVar[dict[str, Command]] = {
        "animate": Command(
            name="animate",
            description="Move a still picture as the film has moved since its first frame.",
            inputs={
                "source_image": Image(description="The still picture."),
                "driving_image": Image(description="The film's next frame."),
                "crop_square": Boolean(
                    description="Both are cropped to squares; the result has 256 pixels."
                ),
                "use_relative_movement": Boolean(
                    default=True,
                    description="Moved from where it is; else, where both have a face, as that is.",
                ),
                "amount": Number(
                    default=1, min=0, max=3, step=0.05, description="How far it moves."
                ),
                "restart": Boolean(description="This frame is the film's first."),
            },
            outputs={"image": Image(), "output": Image()},
            aliases={"source": "source_image", "driving": "driving_image", "image": "source_image"},
            by_caller=True,
        )
    }

    def setup(self, device: str, options: Values) -> None:
        """Raises MissingDependency without OpenCV, and what is wrong with networks."""
        self.mover, self.films = mover(device, options), Films()
        self.facts = self.mover.facts

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [self._answer(call) for call in batch]

    def forget(self, caller: str) -> None:
        """Drop the films of somebody who has gone."""
        self.films.forget(caller)

    def _answer(self, call: Values) -> Values:
        source, frame = call["source_image"], call["driving_image"]
        if call["crop_square"]:
            source, frame = sized(square(source), self.mover.side), square(frame)
        key = Key(call.get(NAME, ""), digest(source), frame.shape)
        scene = self.films.seen(
            key, lambda: self.mover.begin(source, frame), frame, call["restart"]
        )
        manner = Manner(call["amount"], call["use_relative_movement"])
        image = scene.picture(source, manner)
        return {"image": image, "output": image}


def mover(device: str, options: Values) -> Mover:
    """What moves pictures. Raises InvalidArgument where only a part of it is named."""
    given = [name for name in NETWORKS if options[name]]
    if not given:
        from taxiway.families.motion.followed import Following

        return Following()
    if missing := [name for name in NETWORKS if name not in given]:
        raise InvalidArgument(
            f"'{missing[0]}' is missing: run a network by its manifest, which names all.",
            missing[0],
        )
    from taxiway.families.motion.network import Networks

    generator, key_points, manifest = (Path(options[name]) for name in NETWORKS)
    return Networks(manifest, generator, key_points, device)


def square(pixels: Pixels) -> Pixels:
    """The middle of a picture, as wide as high."""
    side = min(pixels.shape[:2])
    top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    return pixels[top : top + side, left : left + side]


def sized(pixels: Pixels, side: int) -> Pixels:
    """A square picture of another size."""
    if len(pixels) == side:
        return np.ascontiguousarray(pixels)
    return np.asarray(Pillow.fromarray(np.ascontiguousarray(pixels)).resize((side, side)))


SLOT = Motion
