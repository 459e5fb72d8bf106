"""A detector of Taxiway's own at work: pictures in, boxes out, on any backend, without PyTorch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taxiway.backends import Graph, Node, Operations
from taxiway.choosing import answers_here, choose
from taxiway.core.images import Pixels
from taxiway.families.detector.letterbox import letterboxed, normal, outside_in
from taxiway.families.detector.network import STRIDES, Shape, layers, wired
from taxiway.families.detector.precision import Found
from taxiway.families.detector.suppression import surest
from taxiway.families.detector.weights import Tensors, folded, read_weights


class OwnDetector:
    """A network of ours, compiled as it is fastest here."""

    def __init__(self, path: Path, device: str) -> None:
        weights = read_weights(path)
        self.shape = weights.shape
        self.classes: Sequence[str] = weights.shape.classes
        [self.network], choice = choose(
            [graph(weights.shape, weights.tensors, weights.sha256)],
            device,
            "float32",
            answers=answers_here(),
        )
        self.facts: dict[str, Any] = {
            "architecture": "anchor-free",
            "classes": len(self.classes),
            "resolution": self.shape.size,
            **choice.facts,
        }

    def find(self, pictures: Sequence[Pixels], threshold: float, most: int) -> list[Found]:
        """What is in each picture [H, W, 3]; boxes in parts of its width and height, 0..1."""
        squares = [letterboxed(picture, self.shape.size) for picture in pictures]
        maps = self.network.run({"image": np.stack([normal(square) for square in squares])})
        boxes, scores = decoded(maps, self.shape)
        return [
            surest(outside_in(box, picture.shape, self.shape.size), score, threshold, most)
            for box, score, picture in zip(boxes, scores, pictures, strict=True)
        ]


def graph(shape: Shape, tensors: Tensors, key: str = "") -> Graph:
    """The network for backends: image [N, 3, size, size] to `box8`, `class8` and so on."""
    side = (3, shape.size, shape.size)

    def operations(ops: Operations) -> dict[str, Node]:
        return written(ops, shape, tensors, ops.input("image", side))

    return Graph(
        kind="detector",
        config={"size": shape.size, "classes": len(shape.classes)},
        tensors=tensors,
        example={"image": np.zeros((1, *side), np.float32)},
        operations=operations,
        key=key,
    )


def written(ops: Any, shape: Shape, tensors: Tensors, image: Node) -> dict[str, Node]:
    """The network in operations: what each stride says, by name."""
    outputs: dict[str, Node] = {}
    found = wired(_OperationsKit(ops, shape, tensors), image)
    for stride, (box, kind) in zip(STRIDES, found, strict=True):
        outputs |= {f"box{stride}": box, f"class{stride}": kind}
    return outputs


class _OperationsKit:
    def __init__(self, ops: Operations, shape: Shape, tensors: Tensors) -> None:
        self.ops, self.tensors, self.layers = ops, tensors, layers(shape)

    def layer(self, name: str, x: Node) -> Node:
        ops, layer = self.ops, self.layers[name]
        weight, bias = folded(layer, name, self.tensors)
        x = ops.conv(x, ops.const(weight), layer.kernel // 2, layer.stride)
        x = ops.add(x, ops.const(bias[None, :, None, None]))
        return ops.activation(x, "relu") if layer.normed else x

    def add(self, a: Node, b: Node) -> Node:
        return self.ops.add(a, b)

    def concat(self, parts: list[Node]) -> Node:
        return self.ops.concat(parts)

    def pool(self, x: Node) -> Node:
        return self.ops.max_pool(x, 2)

    def up(self, x: Node) -> Node:
        return self.ops.upsample(x, np.ones(2, np.float32), 0)


def decoded(
    maps: Mapping[str, NDArray[Any]], shape: Shape
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Boxes [N, A, 4] in pixels of the square and scores [N, A, C] of all places."""
    sides = np.concatenate([_flat(maps[f"box{stride}"]) for stride in STRIDES], axis=1)
    logits = np.concatenate([_flat(maps[f"class{stride}"]) for stride in STRIDES], axis=1)
    places, strides = all_places(shape.size)
    away = np.exp(np.clip(sides, -4, 4)) * 2 * strides
    boxes = np.concatenate([places - away[..., :2], places + away[..., 2:]], axis=-1)
    return boxes, 1 / (1 + np.exp(-np.clip(logits, -30, 30)))


def all_places(size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The middles [A, 2] of all places in pixels, row by row and stride by stride, and how far
    they are apart [A, 1]."""
    places, strides = [], []
    for stride in STRIDES:
        line = (np.arange(size // stride, dtype=np.float32) + 0.5) * stride
        places.append(np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2))
        strides.append(np.full((len(places[-1]), 1), stride, np.float32))
    return np.concatenate(places), np.concatenate(strides)


def _flat(found: NDArray[Any]) -> NDArray[Any]:
    """Maps [N, C, h, w] as [N, h * w, C]."""
    return found.reshape(*found.shape[:2], -1).transpose(0, 2, 1)
