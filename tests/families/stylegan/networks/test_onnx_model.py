"""A model written as ONNX gives the references' pictures in runtimes that are not ours."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import onnx
import onnxruntime
import openvino
import pytest

from fuzz import every
from paths import FIXTURES
from taxiway.checkpoint import Checkpoint, read_checkpoint
from taxiway.families.stylegan.networks.onnx_model import PERIOD, facts_of, onnx_model

PICTURES = re.compile(r"uint8_psi([\d.]+)(?:_cutoff(\d+))?_noise_const")
Runtime = Callable[[bytes, dict[str, Any]], dict[str, Any]]


@cache
def opened(name: str) -> Checkpoint:
    return read_checkpoint(FIXTURES / name)


NAMES = [
    path.name
    for path in sorted(FIXTURES.glob("*.p[kt]*"))
    if path.with_suffix(".npz").exists() and "fastgan" not in path.name
]


def by_onnxruntime(model: bytes, inputs: dict[str, Any]) -> dict[str, Any]:
    session = onnxruntime.InferenceSession(model)
    names = [each.name for each in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


def by_openvino(model: bytes, inputs: dict[str, Any]) -> dict[str, Any]:
    core = openvino.Core()
    read = core.read_model(model)
    compiled = core.compile_model(read, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return {name: value for each, value in compiled(inputs).items() for name in each.names}


@pytest.fixture(params=[by_onnxruntime, by_openvino])
def runtime(request: pytest.FixtureRequest) -> Runtime:
    return request.param


def inputs_of(name: str, expected: Any) -> dict[str, Any]:
    """z, and a class and a seed where the network has them."""
    given = {"z": expected["z"].astype(np.float32)}
    if opened(name).config["c_dim"]:
        c = expected["c"]
        given["class"] = np.where(c.any(axis=1), c.argmax(axis=1), -1).astype(np.int32)
    if any(name.endswith("noise_const") for name in opened(name).tensors):
        given["seed"] = np.int32([0])
    return given


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("name", every(5, NAMES))
def test_it_gives_the_references_pictures(name: str, dtype: str, runtime: Runtime) -> None:
    expected = np.load((FIXTURES / name).with_suffix(".npz"))
    model = onnx_model(opened(name), facts_of(opened(name)), dtype=dtype)
    onnx.checker.check_model(onnx.load_model_from_string(model), full_check=True)
    rows, cutoff = (opened(name).config.get(key) for key in ("num_ws", "truncation_cutoff"))
    pulled = min(rows, cutoff or rows)  # as many layers as the network was made for
    found = [(key, match) for key in expected if (match := PICTURES.fullmatch(key))]
    found = [(key, match) for key, match in found if int(match[2] or rows) == pulled]
    assert found
    for key, match in found:
        inputs = inputs_of(name, expected) | {"truncation": np.float32([float(match[1])])}
        image = runtime(model, inputs)["image"]
        assert image.dtype == np.uint8
        image = image[: len(expected[key])].astype(int)  # of large pictures the first is kept
        assert np.abs(image - expected[key]).max() <= (1 if dtype == "float32" else 2)


def test_what_z_gives_goes_into_the_other_entry(runtime: Runtime) -> None:
    name = "stylegan2-ada_32.pkl"
    inputs = inputs_of(name, np.load(FIXTURES / "stylegan2-ada_32.npz"))
    inputs["truncation"] = np.float32([0.5])
    whole = runtime(onnx_model(opened(name), {}), inputs)
    second = onnx_model(opened(name), {}, entry="ws", pixels="float32")
    image = runtime(second, {"ws": whole["ws"], "seed": inputs["seed"]})["image"]
    assert image.shape == (3, 3, 32, 32)
    levels = np.clip(image * 127.5 + 128, 0, 255).astype(np.uint8).transpose(0, 2, 3, 1)
    assert np.abs(levels.astype(int) - whole["image"]).max() <= 1


def test_truncation_pulls_the_first_layers_only() -> None:
    checkpoint = opened("stylegan2-ada_32.pkl")
    cut = Checkpoint("stylegan2", checkpoint.config | {"truncation_cutoff": 3}, checkpoint.tensors,
                     checkpoint.source)  # fmt: skip
    inputs = inputs_of("stylegan2-ada_32.pkl", np.load(FIXTURES / "stylegan2-ada_32.npz"))
    ws = by_onnxruntime(onnx_model(cut, {}), inputs | {"truncation": np.float32([0])})["ws"]
    w_avg = checkpoint.tensors["mapping.w_avg"]
    np.testing.assert_allclose(ws[:, :3], np.broadcast_to(w_avg, ws[:, :3].shape), atol=1e-6)
    assert np.abs(ws[:, 3:] - w_avg).min(axis=(1, 2)).max() > 0
    np.testing.assert_array_equal(ws[:, 3], ws[:, 7])


def test_each_seed_moves_the_noise_in_the_same_way_everywhere() -> None:
    name = "stylegan2-ada_32.pkl"
    model = onnx_model(opened(name), {}, pixels="float32")
    inputs = inputs_of(name, np.load(FIXTURES / "stylegan2-ada_32.npz"))
    inputs["truncation"] = np.float32([0.7])
    pictures = []
    for seed in (0, 1, 2, 100, PERIOD - 2, 2**24 - 1):
        inputs["seed"] = np.int32([seed])
        ours, theirs = (run(model, inputs)["image"] for run in (by_onnxruntime, by_openvino))
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
        pictures.append(ours)
    for index, picture in enumerate(pictures):
        assert all(np.abs(picture - other).max() > 1e-2 for other in pictures[:index])


def test_half_the_room() -> None:
    checkpoint = opened("stylegan2-ada_32_z512.pkl")
    assert len(onnx_model(checkpoint, {}, dtype="float16")) < 0.6 * len(onnx_model(checkpoint, {}))


@pytest.mark.parametrize(
    "name", ["projected-gan_fastgan-lite_128", "projected-gan_fastgan_128_cond"]
)
def test_a_fastgan_has_neither_truncation_nor_seed(name: str, runtime: Runtime) -> None:
    expected = np.load(FIXTURES / f"{name}.npz")
    inputs = inputs_of(f"{name}.pkl", expected)
    found = runtime(onnx_model(opened(f"{name}.pkl"), {}), inputs)
    kept = found["image"][: len(expected["uint8"])].astype(int)
    assert np.abs(kept - expected["uint8"]).max() <= 1
    second = onnx_model(opened(f"{name}.pkl"), {}, entry="ws")
    assert np.abs(runtime(second, {"ws": found["ws"]})["image"] - found["image"]).max() <= 1
