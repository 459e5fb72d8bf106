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
