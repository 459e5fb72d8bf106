"""Landscapes after a painted map: labels and a mood in, a picture out, live."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import (
    AnyDataType,
    Category,
    File,
    Image,
    Number,
    OutputFormat,
    Segmentation,
    Vector,
)
from taxiway.core.errors import UnreadableCheckpoint
from taxiway.families.landscape.given import STEP, fitted, given, smoothed
from taxiway.families.landscape.labels import (
    LABEL_TO_COLOR,
    LABEL_TO_ID,
    OFFERED,
    example_map,
    materials,
)
from taxiway.latent.inputs import latent_inputs
from taxiway.latent.sample import z_of_seed
from taxiway.onnx_files.network import opened, run
from taxiway.onnx_files.reading import look

SIDE, FIRST_SEED = 256, 18
TENSORS = {"map", "mood", "grain"}


class Landscape:
    """Paints what a map of labels says, in the hour and weather that z stands for."""

    title = "Landscape"
    deterministic = True
    options: ClassVar[dict[str, AnyDataType]] = {
        "checkpoint": File(
            extension=".onnx", description="A network as scripts/train_landscape.py writes it."
        ),
        "precision": Category(
            one_of=("auto", "float32", "bfloat16", "float16"),
            description="auto takes a lower one where it is faster and hardly differs.",
        ),
    }
    commands: ClassVar[dict[str, Command]] = {
        "convert": Command(
            name="convert",
            description="Make a landscape of a map of labels.",
            inputs={
                "semantic_map": Segmentation(
                    label_to_id=LABEL_TO_ID,
                    label_to_color=LABEL_TO_COLOR,
                    default_label="sky",
                    offered=OFFERED,
                    default=example_map(),
                    width=2 * SIDE,
                    height=2 * SIDE,
                    description="What lies where, in the labels' colours.",
                ),
                **latent_inputs(512),
                "z": Vector(
                    length=512,
                    sampling_std=0.5,
                    optional=True,
                    description="The hour and the weather, as the painter reads them.",
                ),
                "size": Number(
                    default=SIDE,
                    whole=True,
                    min=4 * STEP,
                    max=16 * STEP,
                    step=STEP,
                    description="The longer side in pixels, rounded to a multiple of 32.",
                ),
                "format": OutputFormat(),
            },
            outputs={"output": Image(), "image": Image()},
        )
    }
    facts: dict[str, Any]

    def setup(self, device: str, options: Values) -> None:
        """Open the network as it is fastest here. Raises TaxiwayError."""
        file = look(Path(options["checkpoint"]))
        if {*file.inputs} != TENSORS or len(file.outputs) != 1:
            raise UnreadableCheckpoint(
                f"'{file.path.name}' is no network of a landscape: it takes "
                f"{', '.join(file.inputs) or 'nothing'} and not {', '.join(sorted(TENSORS))}."
            )
        example = given(np.zeros((SIDE, SIDE), np.uint8), z_of_seed(FIRST_SEED, 512))
        self.network, self.facts = opened(file, example, device, options["precision"])

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        pictures = map(self._paint, batch)
        return [{"output": picture, "image": picture} for picture in pictures]

    def _paint(self, call: Values) -> NDArray[np.uint8]:
        """The picture [H, W, 3] of one call."""
        z = call["z"]
        if z is None:
            z = z_of_seed(FIRST_SEED if call["seed"] is None else call["seed"], 512)
        labels = smoothed(fitted(materials()[call["semantic_map"]], call["size"]))
        (picture,) = run(self.network, given(labels, z, call["truncation"])).values()
        levels: NDArray[np.uint8] = (picture[0].transpose(1, 2, 0) * 255 + 0.5).astype(np.uint8)
        return levels


SLOT = Landscape
