"""A detector as an ONNX file with its manifest inside, for other programs."""

import re
from typing import Any

import numpy as np

from taxiway.backends.onnxruntime.operations import OnnxNode, OnnxOperations
from taxiway.catalog.manifest import Aliases, Licence, Manifest, Onnx, written
from taxiway.catalog.processing import OnnxInput, OnnxOutput
from taxiway.core.datatypes import Number
from taxiway.families.detector import own
from taxiway.families.detector.letterbox import GREY
from taxiway.families.detector.network import STRIDES, Shape
from taxiway.families.detector.suppression import SAME
from taxiway.families.detector.weights import Weights

KEY = "taxiway"
"""Of a file's metadata, under which its manifest is."""


def onnx_model(weights: Weights, title: str = "", licence: str = "") -> bytes:
    """The file: `image` [N, 3, S, S], -1 to 1, to `boxes` [N, A, 4] (left, top, right and bottom, 0
    to 1 of the square) and `scores` [N, A, C]."""
    shape, ops = weights.shape, OnnxOperations()
    image = ops.input("image", (3, shape.size, shape.size))
    maps = own.written(ops, shape, weights.tensors, image)
    sides = _flat(ops, [maps[f"box{stride}"] for stride in STRIDES])
    logits = _flat(ops, [maps[f"class{stride}"] for stride in STRIDES])
    places, strides = own.all_places(shape.size)
    # From a place to the left and up, to the right and down.
    reach = np.concatenate([-2 * strides] * 2 + [2 * strides] * 2, axis=1) / shape.size
    away = ops.mul(ops.node("Exp", ops.clamp(sides, 4)), ops.const(reach))
    boxes = ops.add(away, ops.const(np.concatenate([places, places], axis=1) / shape.size))
    kinds: dict[str, Any] = {
        "boxes": ("float32", ["batch", len(places), 4]),
        "scores": ("float32", ["batch", len(places), len(shape.classes)]),
    }
    outputs = {"boxes": boxes, "scores": ops.activation(logits, "sigmoid")}
    return ops.file(outputs, kinds, "detector", {KEY: written(manifest(shape, title, licence))})


def manifest(shape: Shape, title: str = "", licence: str = "") -> Manifest:
    """What the file says of itself."""
    title = title or "A detector without a title"
    slug = re.sub(r"[^a-z0-9._-]+", "-", title.lower()).strip("-._")[:64] or "detector"
    names = ", ".join(shape.classes)
    picture = OnnxInput(
        name="image", tensor="image", size=(shape.size, shape.size), fit="contain", pad=GREY,
        range=(-1.0, 1.0),
    )  # fmt: skip
    found = OnnxOutput(
        find="objects", decode="corners", tensor=["boxes", "scores"], names=list(shape.classes),
        threshold=0.4, iou=SAME, range=(0.0, 1.0),
    )  # fmt: skip
    return Manifest(
        taxiway=1,
        name=slug,
        title=title[:120],
        task="detection",
        summary=f"Finds {names} in pictures."[:400],
        licence=Licence(weights=licence or "Not stated by its maker."),
        onnx=Onnx(command="detect", input=[picture], output=[found]),
        options={"threshold": Number(default=0.4, min=0, max=1, step=0.01)},
        aliases=Aliases(inputs={"input_image": "image"}),
    )


def _flat(ops: OnnxOperations, maps: list[OnnxNode]) -> OnnxNode:
    """Maps [N, C, h, w] of all strides as [N, A, C]."""
    rows = [ops.node("Reshape", each, ops.integers(0, each.channels, -1)) for each in maps]
    found = ops.node("Concat", *rows, axis=2)
    return ops.node("Transpose", found, perm=[0, 2, 1])
