"""A detector as an ONNX file that says of itself what it takes and gives."""

from typing import Any

import numpy as np

from taxiway.backends.onnxruntime.operations import OnnxNode, OnnxOperations
from taxiway.families.detector.network import STRIDES
from taxiway.families.detector.own import all_places, written
from taxiway.families.detector.weights import Weights


def onnx_model(weights: Weights) -> bytes:
    """The file: `image` [N, 3, S, S], -1 to 1, to `boxes` [N, A, 4] (left, top, right and bottom, 0
    to 1 of the square) and `scores` [N, A, C]."""
    shape, ops = weights.shape, OnnxOperations()
    maps = written(ops, shape, weights.tensors, ops.input("image", (3, shape.size, shape.size)))
    sides = _flat(ops, [maps[f"box{stride}"] for stride in STRIDES])
    logits = _flat(ops, [maps[f"class{stride}"] for stride in STRIDES])
    places, strides = all_places(shape.size)
    away = ops.node("Exp", ops.clamp(sides, 4))
    # To the left and up from a place, to the right and down.
    away = ops.mul(
        away, ops.const(np.concatenate([-2 * strides] * 2 + [2 * strides] * 2, 1) / shape.size)
    )
    boxes = ops.add(away, ops.const(np.concatenate([places, places], 1) / shape.size))
    count = len(places)
    kinds: dict[str, Any] = {
        "boxes": ("float32", ["batch", count, 4]),
        "scores": ("float32", ["batch", count, len(shape.classes)]),
    }
    outputs = {"boxes": boxes, "scores": ops.activation(logits, "sigmoid")}
    return ops.file(outputs, kinds, "detector")


def _flat(ops: OnnxOperations, maps: list[OnnxNode]) -> OnnxNode:
    """Maps [N, C, h, w] of all strides as [N, A, C]."""
    rows = [ops.node("Reshape", each, ops.integers(0, each.channels, -1)) for each in maps]
    found = ops.node("Concat", *rows, axis=2)
    return ops.node("Transpose", found, perm=[0, 2, 1])
