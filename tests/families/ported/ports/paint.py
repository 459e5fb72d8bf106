"""A painted map of labels becomes a picture, a cut-out with alpha, and a map again."""

import numpy as np
import runway
from PIL import Image
from runway.data_types import image, segmentation

LABELS = {"unlabeled": 0, "grass": 124, "sky": 156}
COLOURS = {"unlabeled": [0, 0, 0], "grass": [40, 160, 60], "sky": [100, 180, 250]}


@runway.setup()
def setup():
    return {124: (10, 90, 20), 156: (200, 220, 255)}


semantic_map = segmentation(label_to_id=LABELS, label_to_color=COLOURS, default_label="sky")


@runway.command("convert", inputs={"semantic_map": semantic_map}, outputs={"output": image})
def convert(colours, inputs):
    ids = np.array(inputs["semantic_map"])
    picture = np.zeros((*ids.shape, 3), np.uint8)
    for number, colour in colours.items():
        picture[ids == number] = colour
    return {"output": picture}


@runway.command(
    "parse",
    inputs={"image": image(channels=1)},
    outputs={"map": segmentation(label_to_id={"dark": 0, "bright": 1}), "depth": image(channels=1)},
)
def parse(colours, inputs):
    grey = np.asarray(inputs["image"])
    return {"map": (grey > 127).astype(np.uint8), "depth": grey[:, :, None]}


@runway.command(
    "cut", inputs={"image": image}, outputs={"cutout": image(default_output_format="PNG")}
)
def cut(colours, inputs):
    rgba = np.dstack([np.asarray(inputs["image"]), np.full(inputs["image"].size[::-1], 128)])
    return Image.fromarray(rgba.astype(np.uint8))


if __name__ == "__main__":
    runway.run()
