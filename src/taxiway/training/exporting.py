"""A network of PyTorch as an ONNX file, its weights kept in half precision."""

import io
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import nn

from taxiway.core.extras import need
from taxiway.core.files import write_whole

SMALLEST = 64
"""Numbers from which on a tensor is halved; fewer weigh nothing."""


def export(
    network: nn.Module, path: Path, inputs: Mapping[str, Sequence[int]], output: str
) -> None:
    """Write it, inputs by name with the shape of an example; sides of pictures and N may vary.

    It computes in float32; only in the file are weights float16. Raises MissingDependency.
    """
    need("onnx", "Writing ONNX files")
    sides = {0: "count", 2: "height", 3: "width"}
    varying = {name: {axis: side for axis, side in sides.items() if axis < len(shape)}
               for name, shape in inputs.items()}  # fmt: skip
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's newer exporter needs another package
        torch.onnx.export(
            network.eval(), tuple(torch.zeros(*shape) for shape in inputs.values()),
            buffer,  # type: ignore[arg-type]
            dynamo=False, opset_version=17, input_names=[*inputs], output_names=[output],
            dynamic_axes={**varying, output: {0: "count", 2: "out_height", 3: "out_width"}},
        )  # fmt: skip
    write_whole(path, _halved(buffer.getvalue()))


def _halved(data: bytes) -> bytes:
    """The file with its large constants in float16, each followed by a cast."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load_from_string(data)
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type == TensorProto.FLOAT and values.size >= SMALLEST:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(values.astype("f2"), f"{name}.half"))
            casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    del model.graph.value_info[:]
    checked: bytes = model.SerializeToString()
    return checked
