"""What we write is what the `onnx` package reads."""

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import numpy_helper

from taxiway.backends.onnxruntime import protobuf

WHOLE = st.integers(-(2**63), 2**63 - 1)


def parsed(pieces: protobuf.Pieces, kind: type) -> object:
    made = kind()
    made.ParseFromString(b"".join(pieces))
    return made


@given(WHOLE, st.lists(WHOLE, min_size=1), st.floats(width=32), st.text())
def test_a_node_keeps_its_settings(one: int, many: list[int], half: float, name: str) -> None:
    node = protobuf.node("Conv", ["x", name], "y", one=one, many=many, half=half, mode="CRD")
    read = parsed(node, onnx.NodeProto)
    assert (read.op_type, list(read.input), list(read.output)) == ("Conv", ["x", name], ["y"])
    settings = {each.name: onnx.helper.get_attribute_value(each) for each in read.attribute}
    np.testing.assert_equal(settings, {"one": one, "many": many, "half": half, "mode": b"CRD"})


@pytest.mark.parametrize("dtype", protobuf.TYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3, 1, 2)])
def test_arrays_keep_their_numbers(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    read = parsed(protobuf.tensor("name", array.astype(array.dtype.newbyteorder(">"))),
                  onnx.TensorProto)  # fmt: skip
    assert read.name == "name"
    found = numpy_helper.to_array(read)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, array)


def test_a_column_major_array_is_written_by_rows() -> None:
    array = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    found = numpy_helper.to_array(parsed(protobuf.tensor("x", array), onnx.TensorProto))
    np.testing.assert_array_equal(found, array)


def test_a_model_keeps_everything() -> None:
    shape = ["batch", 3]
    data = protobuf.model(
        [protobuf.node("Add", ["x", "one"], "y")],
        [protobuf.tensor("one", np.ones((1, 3), np.float32))],
        [protobuf.value("x", ("float32", shape))],
        [protobuf.value("y", ("float32", shape))],
        "sum",
        {"title": "Ein Fünftel", "license": "CC0-1.0"},
    )
    model = onnx.load_model_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    assert {entry.key: entry.value for entry in model.metadata_props} == {
        "title": "Ein Fünftel",
        "license": "CC0-1.0",
    }
    [x] = model.graph.input
    sides = [side.dim_param or side.dim_value for side in x.type.tensor_type.shape.dim]
    assert sides == shape
