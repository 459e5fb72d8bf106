"""Small ONNX networks with the inputs and outputs of those that people use, and their manifests."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

Side = int | str
Values = tuple[str, Sequence[Side]]
KINDS = {"float": TensorProto.FLOAT, "int": TensorProto.INT64, "byte": TensorProto.UINT8}
HEAD = """taxiway = 1
name = "%s"
title = "Tried"
summary = "A small network to try."
licence = { weights = "CC0-1.0" }
"""


def value(name: str, shape: Sequence[Side], kind: str = "float") -> Any:
    return helper.make_tensor_value_info(name, KINDS[kind], shape)


def network(
    nodes: Sequence[Any],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    constants: Mapping[str, Any] = {},
) -> Any:
    """A model of nodes, as `helper.make_node` makes them."""
    kept = [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()]
    graph = helper.make_graph(list(nodes), "small", list(inputs), list(outputs), kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model)
    return model


def write(folder: Path, name: str, model: Any, manifest: str = "") -> Path:
    """The file, and its manifest beside it; the path of the file."""
    path = folder / f"{name}.onnx"
    save(model, str(path))
    if manifest:
        (folder / f"{name}.toml").write_text(HEAD % name + manifest)
    return path


def node(kind: str, inputs: Sequence[str], *outputs: str, **settings: Any) -> Any:
    return helper.make_node(kind, list(inputs), list(outputs), **settings)


def inverting(height: Side = "h", width: Side = "w", batch: Side = "n") -> Any:
    """Fast style transfer's shapes: levels 0 to 255 in and out, of any size."""
    shape = [batch, 3, height, width]
    return network(
        [node("Sub", ["white", "input1"], "output1")],
        [value("input1", shape)],
        [value("output1", shape)],
        {"white": np.float32(255)},
    )


STYLE = """
[onnx]
command = "stylize"
[[onnx.input]]
name = "image"
type = "image"
tensor = "input1"
range = [0, 255]
most = 1024
[[onnx.output]]
name = "output"
type = "image"
range = [0, 255]
[aliases]
inputs = { contentImage = "image" }
outputs = { stylizedImage = "output" }
"""


def salient(side: int = 32) -> Any:
    """U2-Net's: a fixed size in, seven maps out, of which the first counts."""
    shape, out = [1, 3, side, side], [1, 1, side, side]
    names = [str(1959 + each) for each in range(7)]
    first = node("ReduceMean", ["input.1"], names[0], axes=[1], keepdims=1)
    others = [node("Neg", [names[0]], name) for name in names[1:]]
    return network(
        [first, *others], [value("input.1", shape)], [value(name, out) for name in names]
    )


SALIENT = """
[[onnx.input]]
name = "image"
type = "image"
tensor = "input.1"
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]
[[onnx.output]]
name = "image"
type = "image"
tensor = "1959"
post = ["minmax"]
compose = "alpha"
[[onnx.output]]
name = "mask"
type = "image"
tensor = "1959"
post = ["minmax"]
[options]
invert = { type = "boolean" }
"""


def nearness() -> Any:
    """MiDaS' and Depth Anything's: any size that 14 divides in, a map [N, H, W] out."""
    return network(
        [node("ReduceMean", ["pixel_values"], "predicted_depth", axes=[1], keepdims=0)],
        [value("pixel_values", ["batch", 3, "height", "width"])],
        [value("predicted_depth", ["batch", "height", "width"])],
    )


DEPTH = """
[onnx]
command = "predict_depth"
[[onnx.input]]
name = "image"
type = "image"
fit = "native"
most = 56
multiple_of = 14
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]
[[onnx.output]]
name = "depth_image"
type = "image"
post = ["minmax"]
[options]
colours = { type = "category", oneOf = ["grey", "fire", "rainbow"] }
[aliases]
outputs = { depth_map = "depth_image" }
"""


def colouring(side: int = 16) -> Any:
    """Zhang's and others': lightness in, a and b out: always this much red."""
    return network(
        [
            node("Mul", ["l", "none"], "zero"),
            node("Concat", ["zero", "zero"], "both", axis=1),
            node("Add", ["both", "ab"], "out"),
        ],
        [value("l", [1, 1, side, side])],
        [value("out", [1, 2, side, side])],
        {"none": np.float32(0), "ab": np.float32([60, 40]).reshape(1, 2, 1, 1)},
    )


COLOUR = """
[[onnx.input]]
name = "image"
type = "image"
channels = "L"
range = [0, 100]
[[onnx.output]]
name = "image"
type = "image"
compose = "lab_ab"
[options]
strength = { type = "number", min = 0, max = 1, default = 1 }
"""


def lines() -> Any:
    """Informative drawings' and ArtLine's: a picture in, one channel out, edges by a difference."""
    edges = np.zeros((1, 3, 3, 3), np.float32)
    edges[0, :, 1, 1], edges[0, :, 1, 2] = 1, -1
    return network(
        [node("Conv", ["x", "edges"], "found", pads=[1, 1, 1, 1]), node("Abs", ["found"], "y")],
        [value("x", ["n", 3, "h", "w"])],
        [value("y", ["n", 1, "h", "w"])],
        {"edges": edges},
    )


LINES = """
[[onnx.input]]
name = "image"
type = "image"
multiple_of = 8
[[onnx.output]]
name = "image"
type = "image"
range = [0, 3]
invert = true
"""


def enlarging(side: int = 16, scale: int = 4) -> Any:
    """Real-ESRGAN's shapes, fixed: each pixel becomes a square."""
    return network(
        [node("Resize", ["x", "", "scales"], "y", mode="nearest")],
        [value("x", [1, 3, side, side])],
        [value("y", [1, 3, side * scale, side * scale])],
        {"scales": np.float32([1, 1, scale, scale])},
    )


ENLARGE = """
[[onnx.input]]
name = "image"
type = "image"
fit = "tile"
size = [16, 16]
overlap = 4
[[onnx.output]]
name = "upscaled"
type = "image"
"""


def constant(name: str, array: Any, picture: Sequence[Side] = (1, 3, 64, 64)) -> Any:
    """Always the same numbers, whatever the picture is."""
    wanted = np.asarray(array, np.float32)
    return network(
        [
            node("ReduceMean", ["images"], "mean", keepdims=0),
            node("Mul", ["mean", "none"], "zero"),
            node("Add", ["zero", "numbers"], name),
        ],
        [value("images", picture)],
        [value(name, wanted.shape)],
        {"none": np.float32(0), "numbers": wanted},
    )


def constants(
    arrays: Mapping[str, Any],
    inputs: Sequence[str] = ("images",),
    side: int = 64,
    is_last: bool = False,
) -> Any:
    """Several outputs, always the same, of one or more square pictures; or channels `is_last`."""
    taken = [1, side, side, 3] if is_last else [1, 3, side, side]
    nodes = [node("ReduceMean", [name], f"{name}_mean", keepdims=0) for name in inputs]
    nodes.append(node("Sum", [f"{name}_mean" for name in inputs], "mean"))
    nodes.append(node("Mul", ["mean", "none"], "zero"))
    nodes += [node("Add", ["zero", f"{name}_numbers"], name) for name in arrays]
    kept = {f"{name}_numbers": np.asarray(array, np.float32) for name, array in arrays.items()}
    return network(
        nodes,
        [value(name, taken) for name in inputs],
        [value(name, np.shape(array)) for name, array in arrays.items()],
        {"none": np.float32(0), **kept},
    )


OBJECTS = """
[[onnx.input]]
name = "image"
type = "image"
%s
[[onnx.output]]
find = "objects"
%s
names = ["bow", "cloud", "pond"]
[options]
threshold = { type = "number", min = 0, max = 1, default = 0.5 }
"""

POINTS = """
[[onnx.input]]
name = "image"
type = "image"
[[onnx.output]]
find = "points"
decode = "%s"
names = ["nose", "mouth"]
"""


def moving() -> Any:
    """First-order motion's: two pictures in, one and key points out; half of each here."""
    shape, points = ["n", 3, 32, 32], ["n", 3, 2]
    return network(
        [
            node("Add", ["source", "driving"], "sum"),
            node("Mul", ["sum", "half"], "prediction"),
            node("ReduceMean", ["driving"], "mean", axes=[1, 2, 3], keepdims=1),
            node("Squeeze", ["mean", "axis"], "flat"),
            node("Sub", ["flat", "flat"], "zero"),
            node("Add", ["zero", "places"], "kp_driving"),
        ],
        [value("source", shape), value("driving", shape)],
        [value("prediction", shape), value("kp_driving", points)],
        {
            "half": np.float32(0.5),
            "axis": np.int64([3]),
            "places": np.float32([[[-1, -1], [0, 0], [1, 0.5]]]),
        },
    )


MOTION = """
[[onnx.input]]
name = "source_image"
type = "image"
tensor = "source"
[[onnx.input]]
name = "driving_image"
type = "image"
tensor = "driving"
[[onnx.output]]
name = "image"
type = "image"
tensor = "prediction"
[[onnx.output]]
name = "points"
type = "image_landmarks"
length = 3
tensor = "kp_driving"
range = [-1, 1]
"""


BASE = np.float32([[-0.4, -0.4], [0.4, -0.4], [0.4, 0.4], [-0.4, 0.4], [0, 0]])
"""Key points of a black picture."""


def key_points(side: int = 64, has_jacobians: bool = True) -> Any:
    """First-order motion's finder: places go right and down as red and green are more, and are
    turned by how much blue there is."""
    found = [value("kp_value", [1, 5, 2])]
    found += [value("kp_jacobian", [1, 5, 2, 2])] if has_jacobians else []
    nodes = [
        node("ReduceMean", ["image"], "mean", axes=[2, 3], keepdims=0),
        node("Slice", ["mean", "zero", "two", "one"], "shift"),
        node("Add", ["base", "shift"], "kp_value"),
        node("Slice", ["mean", "two", "three", "one"], "blue"),
        node("Add", ["unit", "blue"], "kp_jacobian"),
    ]
    return network(
        nodes[: None if has_jacobians else 3],
        [value("image", [1, 3, side, side])],
        found,
        {
            "base": BASE[None], "zero": np.int64([0]), "one": np.int64([1]), "two": np.int64([2]),
            "three": np.int64([3]), "unit": np.tile(np.eye(2, dtype=np.float32), (1, 5, 1, 1)),
        },
    )  # fmt: skip


def mover(side: int = 64, has_jacobians: bool = True) -> Any:
    """First-order motion's generator: the picture moved as far as key points are on average, and
    lighter by how much the first of them is turned."""
    across = np.linspace(-1, 1, side, dtype=np.float32)
    grid = np.stack(np.meshgrid(across, across), 2)[None]
    points, turns = [1, 5, 2], [1, 5, 2, 2]
    inputs = [value("source_image", [1, 3, side, side])]
    inputs += [value(f"kp_{whose}_value", points) for whose in ("driving", "source")]
    nodes = [
        node("Sub", ["kp_source_value", "kp_driving_value"], "away"),
        node("ReduceMean", ["away"], "back", axes=[1], keepdims=1),
        node("Unsqueeze", ["back", "axis"], "spread"),
        node("Add", ["grid", "spread"], "places"),
    ]
    sampled = {"align_corners": 1, "padding_mode": "border"}
    if has_jacobians:
        inputs += [value(f"kp_{whose}_jacobian", turns) for whose in ("source", "driving")]
        nodes += [
            node("GridSample", ["source_image", "places"], "moved", **sampled),
            node("Sub", ["kp_driving_jacobian", "kp_source_jacobian"], "turned"),
            node("ReduceMean", ["turned"], "light", keepdims=0),
            node("Add", ["moved", "light"], "prediction"),
        ]
    else:
        nodes += [node("GridSample", ["source_image", "places"], "prediction", **sampled)]
    nodes += [node("Identity", ["source_image"], "deformed")]
    pictures = [value(name, [1, 3, side, side]) for name in ("deformed", "prediction")]
    return network(nodes, inputs, pictures, {"grid": grid, "axis": np.int64([1])})


MOVING = """
[motion]
key_points = "finder.onnx"
generator = "mover.onnx"
"""


def everything() -> Any:
    """An input and an output of each kind that is no picture, and a map of labels."""
    kinds = {"number": [1], "vector": [1, 4], "word": [1, 3], "box": [1, 4], "list": [1, 2, 2]}
    inputs = [value(name, shape) for name, shape in kinds.items()]
    inputs += [value("text", [1, "n"], "int"), value("map", [1, 2, 8, 8])]
    outputs = [value(f"{name}_out", shape) for name, shape in kinds.items()]
    outputs += [value("text_out", [1, "n"], "int"), value("map_out", [1, 2, 8, 8])]
    names = [*kinds, "text", "map"]
    return network([node("Identity", [name], f"{name}_out") for name in names], inputs, outputs)


EVERYTHING = """
[[onnx.input]]
name = "number"
type = "number"
default = 3
[[onnx.input]]
name = "vector"
type = "vector"
length = 4
[[onnx.input]]
name = "word"
type = "category"
oneOf = ["a", "b", "c"]
one_hot = true
[[onnx.input]]
name = "box"
type = "image_bounding_box"
[[onnx.input]]
name = "list"
type = "any"
[[onnx.input]]
name = "text"
type = "text"
default = "hello"
[[onnx.input]]
name = "map"
type = "segmentation"
labels = ["sky", "sea"]
labelToColor = { sky = [0, 0, 255], sea = [0, 255, 0] }
one_hot = true
[[onnx.output]]
name = "number"
type = "number"
tensor = "number_out"
[[onnx.output]]
name = "vector"
type = "vector"
length = 4
tensor = "vector_out"
[[onnx.output]]
name = "word"
type = "category"
oneOf = ["a", "b", "c"]
tensor = "word_out"
[[onnx.output]]
name = "box"
type = "image_bounding_box"
tensor = "box_out"
[[onnx.output]]
name = "list"
type = "any"
tensor = "list_out"
[[onnx.output]]
name = "text"
type = "text"
tensor = "text_out"
[[onnx.output]]
name = "map"
type = "segmentation"
labels = ["sky", "sea"]
labelToColor = { sky = [0, 0, 255], sea = [0, 255, 0] }
tensor = "map_out"
"""
