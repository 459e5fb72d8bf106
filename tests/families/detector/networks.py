"""Small detectors and datasets to test with."""

from pathlib import Path

import numpy as np

from taxiway.families.detector.network import Shape
from taxiway.families.detector.weights import sizes, write_weights
from taxiway.painting.boxes import CLASSES, paint_boxes
from taxiway.training.dataset import entry, packing
from taxiway.training.datasets.boxes.kind import png

SMALL = Shape(("cat", "dog", "owl"), 64, (4, 4, 8, 8, 8), 8)


def tensors(shape: Shape = SMALL, seed: int = 0) -> dict[str, np.ndarray]:
    """Random weights of a network that answers with some of everything."""
    rng = np.random.default_rng(seed)
    made = {}
    for name, size in sizes(shape).items():
        array = rng.standard_normal(size).astype(np.float32) * np.float32(0.4)
        positive = name.endswith(("scale", "variance"))
        made[name] = np.abs(array) + np.float32(0.5) if positive else array
    return made


def detector(path: Path, shape: Shape = SMALL) -> Path:
    """A file of such a network."""
    write_weights(path, shape, tensors(shape))
    return path


def scenes(path: Path, count: int, size: int = 64) -> Path:
    """A prepared dataset of painted scenes."""
    from PIL import Image

    with packing(path, "boxes") as (archive, about):
        about |= {"classes": list(CLASSES), "boxes": {}}
        for seed in range(count):
            scene = paint_boxes(seed, size)
            archive.writestr(entry(f"{seed}.png"), png(Image.fromarray(scene.picture)))
            about["boxes"][f"{seed}.png"] = [
                (left, top, right - left, bottom - top, CLASSES.index(label))
                for (left, top, right, bottom), label in zip(scene.boxes, scene.labels, strict=True)
            ]
    return path
