"""Files that mean harm, are broken, or are not what they seem: one sentence each, nothing run."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from onnx import TensorProto, helper, save

import networks
from networks import network, node, value
from taxiway.core.errors import TaxiwayError, UnreadableCheckpoint
from taxiway.onnx_files.reading import Tensor, is_onnx, look

STYLE = networks.inverting()


def outside(location: str, size: int = 4, offset: str = "0") -> Any:
    """A network whose constant lies in another file."""
    model = networks.inverting()
    [tensor] = model.graph.initializer
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, said in {"location": location, "offset": offset, "length": str(size)}.items():
        tensor.external_data.add(key=key, value=said)
    return model


def deep(depth: int) -> Any:
    """Branches in branches."""
    inner = helper.make_graph([node("Identity", ["a"], "b")], "g", [], [value("b", [1])])
    plain = inner
    for _ in range(depth):
        branch = helper.make_node("If", ["c"], ["b"], then_branch=inner, else_branch=plain)
        inner = helper.make_graph([branch], "g", [], [value("b", [1])])
    graph = helper.make_graph(
        list(inner.node), "g", [value("c", [1]), value("a", [1])], [value("b", [1])]
    )
    return helper.make_model(graph)


def endless() -> Any:
    body = helper.make_graph(
        [node("Identity", ["go"], "on")], "g",
        [helper.make_tensor_value_info("i", 7, []), helper.make_tensor_value_info("go", 9, [])],
        [helper.make_tensor_value_info("on", 9, [])],
    )  # fmt: skip
    loop = helper.make_node("Loop", ["", "c"], ["b"], body=body)
    return helper.make_model(
        helper.make_graph(
            [loop], "g", [helper.make_tensor_value_info("c", 9, [])], [value("b", [1])]
        )
    )


def changed(change: Callable[[Any], Any]) -> Any:
    model = networks.inverting()
    change(model)
    return model


HOSTILE: dict[str, tuple[Callable[[], Any], str]] = {
    "passwords": (lambda: outside("../../etc/passwd"), "from '../../etc/passwd', outside its fol"),
    "absolute": (lambda: outside("/etc/passwd"), "outside its folder"),
    "windows": (lambda: outside("..\\secret"), "outside its folder"),
    "hidden": (lambda: outside(".ssh"), "outside its folder"),
    "link": (lambda: outside("link.data"), "outside its folder"),
    "absent": (lambda: outside("none.data"), "which is not beside it"),
    "short": (lambda: outside("numbers.data", 400), "are not all there"),
    "behind": (lambda: outside("numbers.data", 4, "99"), "are not all there"),
    "no place": (lambda: outside("numbers.data", 4, "x"), "no place that could be"),
    "huge input": (
        lambda: networks.inverting(2**20, 2**20, 1), "would be 1x3x1048576x1048576, more than",
    ),
    "huge constant": (
        lambda: changed(lambda m: m.graph.initializer[0].dims.extend([2**40, 2**40])), "impossible",
    ),
    "negative": (lambda: changed(lambda m: m.graph.initializer[0].dims.append(-4)), "impossible"),
    "wrong size": (
        lambda: changed(lambda m: m.graph.initializer[0].dims.append(9)), "36 bytes and have 4",
    ),
    "wrong type": (
        lambda: changed(lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", 77)),
        "'input1' is no tensor of a known type",
    ),
    "sequence": (
        lambda: changed(
            lambda m: m.graph.input[0].type.CopyFrom(
                helper.make_sequence_type_proto(m.graph.input[0].type)
            )
        ),
        "is no tensor of a known type",
    ),
    "nested": (lambda: deep(14), "nested too deeply"),
    "endless": (endless, "has a Loop, which may never end"),
    "foreign": (
        lambda: changed(lambda m: m.opset_import.add(domain="evil.org", version=1)),
        "needs the operations of 'evil.org'",
    ),
    "empty": (lambda: helper.make_model(helper.make_graph([], "g", [], [])), "computes nothing"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_one_sentence(name: str, tmp_path: Path) -> None:
    make, said = HOSTILE[name]
    folder = tmp_path / "models"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(b"1234")
    (folder / "link.data").symlink_to(tmp_path / "secret")
    (folder / "numbers.data").write_bytes(b"1234")
    (folder / "x.onnx").write_bytes(make().SerializeToString())
    with pytest.raises(UnreadableCheckpoint) as told:
        look(folder / "x.onnx")
    assert str(told.value).startswith("'x.onnx' is not run: it")
    assert said in str(told.value)
    assert "\n" not in str(told.value)


def test_numbers_beside_a_file_are_read(tmp_path: Path) -> None:
    (tmp_path / "numbers.data").write_bytes(struct.pack("<2f", 0, 255))
    path = tmp_path / "x.onnx"
    save(outside("numbers.data", 4, "4"), str(path))
    assert look(path).beside == {"numbers.data"}


def test_a_file_says_what_it_takes_and_gives(tmp_path: Path) -> None:
    path = networks.write(tmp_path, "x", STYLE)
    found = look(path)
    assert found.inputs == {"input1": Tensor("input1", "float32", (0, 3, 0, 0))}
    assert found.outputs["output1"].words == "Nx3xNxN"
    assert found.operations == 1
    assert is_onnx(path)
    assert is_onnx(path.rename(tmp_path / "weights.bin"))


def test_others_are_no_onnx(tmp_path: Path) -> None:
    for name, data in {
        "a": b"",
        "b": b"\x80\x02}q\x00.",
        "c": b"{}" * 50,
        "d": b"\x08" * 9,
    }.items():
        (tmp_path / name).write_bytes(data)
        assert not is_onnx(tmp_path / name)
    assert not is_onnx(tmp_path)


WHOLE = bytes(
    network(
        [node("Conv", ["x", "w"], "y", pads=[1, 1, 1, 1])],
        [value("x", [1, 3, 8, 8])],
        [value("y", [1, 2, 8, 8])],
        {"w": np.zeros((2, 3, 3, 3), np.float32)},
    ).SerializeToString()
)


def looked(data: bytes, folder: Path) -> Any:
    path = folder / "x.onnx"
    path.write_bytes(data)
    return look(path)


def test_a_file_cut_off_anywhere_is_told(tmp_path: Path) -> None:
    looked(WHOLE, tmp_path)
    refused = 0
    for end in range(len(WHOLE) - 1, 0, -7):
        try:
            looked(WHOLE[:end], tmp_path)
        except UnreadableCheckpoint:
            refused += 1
    assert refused >= len(WHOLE) // 7 - 2  # only what stands behind the network may be missing


@given(some.data())
@settings(max_examples=80, deadline=None)
def test_damage_is_a_sentence_at_most(
    tmp_path_factory: pytest.TempPathFactory, data: some.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp()
    spoilt = bytearray(WHOLE)
    for _ in range(data.draw(some.integers(1, 4))):
        spoilt[data.draw(some.integers(0, len(WHOLE) - 1))] = data.draw(some.integers(0, 255))
    try:
        looked(bytes(spoilt), folder)
    except TaxiwayError as error:
        assert "\n" not in str(error)


@given(some.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_a_sentence(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    with pytest.raises(TaxiwayError):
        looked(data, tmp_path_factory.getbasetemp())
