"""Cutting out by clicks with SAM 2.1 or EdgeTAM, in a picture and through a film."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import (
    AnyDataType,
    Array,
    Boolean,
    File,
    Image,
    ImageBoundingBox,
    ImagePoint,
    Number,
)
from taxiway.core.errors import UnreadableCheckpoint
from taxiway.families.segmenter.hub import is_saved
from taxiway.families.segmenter.network import MIDDLE, Cut, Network, Said, is_pair, share_of

INPUTS: dict[str, AnyDataType] = {
    "image": Image(description="A picture, or a frame of a film."),
    "include": Array(item_type=ImagePoint(), optional=True, description="Click at points in it."),
    "exclude": Array(item_type=ImagePoint(), optional=True, description="Points that are not."),
    "box": ImageBoundingBox(optional=True, description="Around it."),
    "mask": Image(channels=1, optional=True, description="White where it is, as far as known."),
}
FILM: dict[str, AnyDataType] = {
    "frame": Number(
        optional=True, whole=True, min=0, default=None,
        description="Its number in the film; by itself the next.",
    ),
    "begin": Boolean(default=False, description="Forget what was followed before."),
}  # fmt: skip
OUTPUTS: dict[str, AnyDataType] = {
    "image": Image(channels=4, description="It alone, transparent around it."),
    "mask": Image(channels=1, description="White where it is."),
    "score": Number(description="How sure of it, 0 to 1."),
}
ALIASES = {"input_image": "image", "input": "image", "photo": "image"}


class Segmenter:
    """Cuts out what is clicked at, and follows it through a film: SAM 2.1, EdgeTAM."""

    title = "Cut out by clicks"
    summary = "Cuts out what is clicked at, in a picture and through a film: SAM 2.1 or EdgeTAM."
    deterministic = False
    options: ClassVar[dict[str, AnyDataType]] = {
        "checkpoint": File(
            is_directory=True,
            description="A folder of SAM 2 for transformers, or of both ONNX files.",
        )
    }
    commands: ClassVar[dict[str, Command]] = {
        "segment": Command(
            name="segment",
            description="Cut something out of a picture; the middle, where nothing is said.",
            inputs=INPUTS,
            outputs=OUTPUTS,
            aliases=ALIASES,
        ),
        "follow": Command(
            name="follow",
            description="The next frame of a film: say on one what it is, then only give frames.",
            inputs={**INPUTS, **FILM},
            outputs=OUTPUTS,
            aliases=ALIASES,
        ),
    }
    network: Network
    facts: dict[str, Any]

    @staticmethod
    def opens(path: str) -> bool:
        """Whether a folder holds SAM 2 for transformers, or a pair of ONNX files."""
        place = Path(path)
        return place.is_dir() and (is_saved(place) or is_pair(place))

    def setup(self, device: str, options: Values) -> None:
        """Read the network. Raises NotFound, UnreadableCheckpoint, MissingDependency."""
        folder = Path(options["checkpoint"])
        if is_pair(folder):
            from taxiway.families.segmenter.pair import Pair

            self.network = Pair(folder, device)
        elif is_saved(folder):
            from taxiway.families.segmenter.hub import Sam2

            self.network = Sam2(folder, device)
        else:
            raise UnreadableCheckpoint(f"'{folder.name}' holds no SAM 2 and no pair of ONNX files.")
        self.facts = self.network.facts

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        """One by one: a film's frames follow from each other."""
        return [self._answer(command, call) for call in batch]

    def _answer(self, command: str, call: Values) -> Values:
        mask = call["mask"]
        said = Said(
            include=call["include"] or (),
            exclude=call["exclude"] or (),
            box=call["box"],
            mask=None if mask is None else mask > 127,
        )
        picture = call["image"]
        if command == "follow":
            frame = None if call["frame"] is None else int(call["frame"])
            return outputs(picture, self.network.follow(picture, said, frame, call["begin"]))
        return outputs(picture, self.network.cut(picture, said or Said(include=[MIDDLE])))


def outputs(picture: np.ndarray[Any, Any], found: Cut) -> Values:
    """What a command gives for what was cut out of a picture [H, W, 3]."""
    mask = share_of(found.logits, (picture.shape[0], picture.shape[1]))
    score = round(found.score, 4)
    return {"image": np.dstack([picture, mask]), "mask": mask, "score": score}


SLOT = Segmenter
