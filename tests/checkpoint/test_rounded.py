from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from safetensors.numpy import load_file, save_file

from taxiway.checkpoint.discriminator import beside, read_discriminator, write_discriminator
from taxiway.checkpoint.native import write_tensors
from taxiway.checkpoint.rounded import LARGEST, by_row, rounded
from taxiway.checkpoint.tensors import Array
from taxiway.core.errors import UnreadableCheckpoint

WEIGHTS = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=4, max_side=5),
    elements=st.floats(-1e6, 1e6, width=32, allow_subnormal=False),
)


@given(WEIGHTS, st.sampled_from(sorted(LARGEST.values())))
def test_no_weight_is_further_off_than_half_a_step_of_its_row(weights: Array, most: int) -> None:
    numbers, scales = rounded(weights, most)
    assert np.abs(numbers.astype(int)).max() <= most
    back = numbers.astype(np.float64) * by_row(scales, numbers)
    largest = np.abs(weights).reshape(len(weights), -1).max(axis=1)
    assert (np.abs(back - weights) <= by_row(0.501 * largest / most + 1e-30, weights)).all()


def test_a_file_of_them_is_half_of_float16_and_keeps_what_is_small(tmp_path: Path) -> None:
    drawn = np.random.RandomState(0)
    tensors = {"b4.conv.weight": drawn.randn(64, 32, 3, 3), "b4.conv.bias": drawn.randn(64)}
    tensors = {name: array.astype(np.float32) for name, array in tensors.items()}
    model = tmp_path / "a.safetensors"
    write_tensors(model, tensors, "float16", {"taxiway": "{}"})
    write_discriminator(model, tensors)
    assert beside(model).stat().st_size < 0.55 * model.stat().st_size
    read = read_discriminator(model)
    assert read.keys() == tensors.keys()
    assert np.array_equal(read["b4.conv.bias"], tensors["b4.conv.bias"])
    assert np.abs(read["b4.conv.weight"] - tensors["b4.conv.weight"]).max() < 0.02
    there = load_file(beside(model))
    assert there["b4.conv.weight"].dtype == np.int8  # another library sees both parts


@pytest.mark.parametrize("scales", [None, 3, 5], ids=["none", "too few", "too many"])
def test_whole_numbers_without_their_scales_are_refused(scales: int | None, tmp_path: Path) -> None:
    parts: dict[str, Array] = {"x.weight": np.ones((4, 2), np.int8)}
    if scales:
        parts["x.weight.scale"] = np.ones(scales, np.float32)
    (tmp_path / "a.safetensors").write_bytes(b"\x02" + b"\0" * 7 + b"{}" + b"\0" * 8)
    save_file(parts, beside(tmp_path / "a.safetensors"))
    with pytest.raises(UnreadableCheckpoint, match="'x.weight' without a scale for each row"):
        read_discriminator(tmp_path / "a.safetensors")
