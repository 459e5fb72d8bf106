import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paths import FIXTURES
from pickles import MAGIC, Call, Name, New, Raw, Writer, ordered
from snapshots import small_stylegan2
from taxiway.checkpoint import Checkpoint, read_checkpoint
from taxiway.checkpoint.rosinality import nvidia_name

Array = np.ndarray[Any, Any]


def torch_stream(value: Any, arrays: list[Array]) -> bytes:
    """torch.save's old form; `stored(index)` in `value` is the storage of `arrays[index]`."""
    system = {"protocol_version": 1001, "little_endian": True}
    head = b"\x80\x02" + MAGIC + b"." + Writer(2).dump(1001) + Writer(2).dump(system)
    keys = [str(index) for index in range(len(arrays))]
    numbers = (struct.pack("<Q", array.size) + array.tobytes() for array in arrays)
    return head + Writer(2).dump(value) + Writer(2).dump(keys) + b"".join(numbers)


def stored(index: int, array: Array) -> Call:
    """The tensor whose numbers come as storage number `index`."""
    identity = ("storage", Name("torch.FloatStorage"), str(index), "cpu", array.size, None)
    strides = tuple(step // array.itemsize for step in array.strides)
    args = (Raw(Writer(2).write(identity) + b"Q"), 0, array.shape, strides, False, ordered())
    return Call(Name("torch._utils._rebuild_tensor_v2"), args)


def rosinality_arrays(checkpoint: Checkpoint) -> dict[str, Array]:
    """A checkpoint's tensors under rosinality's names, with the axes that they have there."""
    names = ["input.input"]
    names += [f"style.{i}.{part}" for i in range(1, 9) for part in ("weight", "bias")]
    names += [f"noises.noise_{i}" for i in range(5)]
    for layer in ("conv1", *(f"convs.{i}" for i in range(4))):
        names += [f"{layer}.{part}" for part in ("conv.weight", "activate.bias", "noise.weight")]
        names += [f"{layer}.conv.modulation.{part}" for part in ("weight", "bias")]
    for layer in ("to_rgb1", "to_rgbs.0", "to_rgbs.1"):
        names += [f"{layer}.{part}" for part in ("conv.weight", "bias")]
        names += [f"{layer}.conv.modulation.{part}" for part in ("weight", "bias")]
    arrays = {}
    for name in names:
        array = checkpoint.tensors.get(nvidia_name(name) or "")
        if array is not None:
            arrays[name] = with_axes(name, array)
    taps = np.array([1, 3, 3, 1], np.float32)
    arrays["convs.0.conv.blur.kernel"] = np.outer(taps, taps) / 16
    return arrays


def with_axes(name: str, array: Array) -> Array:
    if name.startswith("to_rgb") and name.endswith(".bias") and "modulation" not in name:
        return array.reshape(1, -1, 1, 1)
    if name.endswith("conv.weight") or name in ("input.input", "conv1.noise.weight"):
        return array[None]
    if name.endswith("noise.weight"):
        return array.reshape(1)
    return array.reshape(1, 1, *array.shape) if name.startswith("noises") else array


def rosinality_stream(
    checkpoint: Checkpoint, average: bool = True, wrap: Callable[[Any], Any] | None = None
) -> bytes:
    arrays = rosinality_arrays(checkpoint)
    tensors = {name: stored(i, array) for i, (name, array) in enumerate(arrays.items())}
    every = list(arrays.values())
    top: dict[str, Any] = {"g_ema": ordered(**tensors)} if wrap is None else wrap(tensors)
    if average:
        top["latent_avg"] = stored(len(every), checkpoint.tensors["mapping.w_avg"])
        every.append(checkpoint.tensors["mapping.w_avg"])
    return torch_stream(top, every)


def without_clamp(checkpoint: Checkpoint) -> dict[str, Any]:
    config = dict(checkpoint.config)
    config["layers"] = {
        name: {**layer, "conv_clamp": None} for name, layer in config["layers"].items()
    }
    config["mapping"] = {**config["mapping"], "w_avg_beta": None}
    return config


def test_zip_and_stream_hold_the_same_network() -> None:
    first = read_checkpoint(FIXTURES / "rosinality_32.pt")
    second = read_checkpoint(FIXTURES / "rosinality_32_legacy-stream.pt")
    assert first.config == second.config
    for name, array in first.tensors.items():
        assert np.array_equal(second.tensors[name], array), name


def test_config_comes_from_the_shapes() -> None:
    checkpoint = read_checkpoint(FIXTURES / "rosinality_32.pt")
    config = checkpoint.config
    assert (config["z_dim"], config["w_dim"], config["mapping"]["num_layers"]) == (64, 64, 8)
    assert config["resample_filter"] == [1, 3, 3, 1]
    assert config["layers"]["b32.conv0"]["conv_clamp"] is None
    assert checkpoint.tensors["synthesis.b32.torgb.weight"].shape == (3, 16, 1, 1)
    assert checkpoint.tensors["synthesis.b8.conv0.noise_strength"].shape == ()


def test_the_mapping_gives_the_w_of_the_fixture() -> None:
    checkpoint = read_checkpoint(FIXTURES / "rosinality_32.pt")
    with np.load(FIXTURES / "rosinality_32.npz") as results:
        x, w = results["z"].astype(np.float64), results["w"]
    x = x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-8)
    for i in range(8):
        weight, bias = (checkpoint.tensors[f"mapping.fc{i}.{part}"] for part in ("weight", "bias"))
        x = x @ weight.T * (0.01 / 8) + bias * 0.01
        x = np.where(x < 0, 0.2 * x, x) * 2**0.5
    assert np.allclose(x, w.reshape(x.shape), atol=1e-5)


@pytest.mark.parametrize("const", [(4, 4), (8, 4)])
def test_a_stream_of_any_shape_is_read(const: tuple[int, int], tmp_path: Path) -> None:
    checkpoint = small_stylegan2(const=const, depth=8)
    path = tmp_path / "file.pt"
    path.write_bytes(rosinality_stream(checkpoint))
    found = read_checkpoint(path)
    assert found.config == without_clamp(checkpoint)
    assert found.tensors.keys() == checkpoint.tensors.keys()
    for name, array in checkpoint.tensors.items():
        assert np.array_equal(found.tensors[name], array), name


@pytest.mark.parametrize(
    "wrap",
    [
        lambda tensors: dict(tensors),
        lambda tensors: {"state_dict": {f"decoder.{name}": t for name, t in tensors.items()}},
        lambda tensors: {
            "g": {},
            "g_ema": tensors,
            "args": New(Name("argparse.Namespace"), state={"size": 16}),
        },
    ],
)
def test_a_generator_is_found_where_programs_put_it(
    wrap: Callable[[Any], Any], tmp_path: Path
) -> None:
    checkpoint = small_stylegan2(depth=8)
    path = tmp_path / "file.pt"
    path.write_bytes(rosinality_stream(checkpoint, wrap=wrap))
    assert read_checkpoint(path).config == without_clamp(checkpoint)


def test_a_missing_average_is_estimated_and_said(tmp_path: Path) -> None:
    checkpoint = small_stylegan2(depth=3)
    path = tmp_path / "file.pt"
    path.write_bytes(rosinality_stream(checkpoint, average=False))
    found = read_checkpoint(path)
    [note] = found.source["notes"]
    assert "4096 random z were averaged" in note
    average = found.tensors["mapping.w_avg"]
    x = np.random.default_rng(5).standard_normal((100_000, 8))
    x /= np.sqrt((x**2).mean(axis=1, keepdims=True))
    for i in range(3):
        weight, bias = (checkpoint.tensors[f"mapping.fc{i}.{part}"] for part in ("weight", "bias"))
        x = x @ (weight.T * 0.01 / 8**0.5) + bias * 0.01
        x = np.where(x < 0, 0.2 * x, x) * 2**0.5
    assert np.allclose(average, x.mean(axis=0), atol=5 * x.std(axis=0).max() / 4096**0.5)


def test_an_average_of_another_length_is_refused(refusal: Callable[..., str]) -> None:
    checkpoint = small_stylegan2(depth=2)
    checkpoint.tensors["mapping.w_avg"] = np.zeros(7, np.float32)
    assert "an average w of another length" in refusal(rosinality_stream(checkpoint))


def test_a_layer_of_no_width_is_refused(refusal: Callable[..., str]) -> None:
    checkpoint = small_stylegan2(depth=2)
    checkpoint.tensors["mapping.fc0.weight"] = np.zeros((0, 8), np.float32)
    checkpoint.tensors["mapping.fc0.bias"] = np.zeros(0, np.float32)
    checkpoint.tensors["mapping.fc1.weight"] = np.zeros((8, 0), np.float32)
    assert "no numbers in 'mapping.fc0.bias'" in refusal(rosinality_stream(checkpoint))
    assert "no numbers in 'mapping.fc0.bias'" in refusal(
        rosinality_stream(checkpoint, average=False)
    )


def test_weights_that_are_no_numbers_give_no_warning(tmp_path: Path) -> None:
    checkpoint = small_stylegan2(depth=2)
    checkpoint.tensors["mapping.fc1.weight"][0, 0] = np.inf
    path = tmp_path / "file.pt"
    path.write_bytes(rosinality_stream(checkpoint, average=False))
    assert not np.isfinite(read_checkpoint(path).tensors["mapping.w_avg"][0])


def test_missing_layers_are_named(refusal: Callable[..., str]) -> None:
    checkpoint = small_stylegan2(depth=2)
    del checkpoint.tensors["synthesis.b8.conv1.affine.bias"]
    assert "lacks the tensor 'synthesis.b8.conv1.affine.bias'" in refusal(
        rosinality_stream(checkpoint)
    )


def test_storages_that_are_not_listed_are_refused(refusal: Callable[..., str]) -> None:
    array = np.zeros(4, np.float32)
    stream = torch_stream({"a": stored(0, array), "b": stored(1, array)}, [array])
    assert "lists other stored tensors than it uses" in refusal(stream)


def test_one_storage_described_in_two_ways_is_refused(refusal: Callable[..., str]) -> None:
    stream = torch_stream(
        {"a": stored(0, np.zeros(4, np.float32)), "b": stored(0, np.zeros(5, np.float32))},
        [np.zeros(4, np.float32)],
    )
    assert "'0' in two ways" in refusal(stream)


def test_names_of_other_tensors_are_not_taken() -> None:
    assert nvidia_name("convs.0.conv.blur.kernel") is None
    assert nvidia_name("to_rgbs.0.upsample.kernel") is None
    assert nvidia_name("encoder.conv1.conv.weight") is None
