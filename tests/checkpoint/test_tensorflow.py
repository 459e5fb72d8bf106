from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paths import FIXTURES
from pickles import Name, New, Writer
from snapshots import TEXT, small_stylegan2
from taxiway.checkpoint import Checkpoint, read_checkpoint
from taxiway.checkpoint.tensorflow import nvidia_name


def network(variables: dict[str, Any], components: dict[str, Any], **settings: Any) -> New:
    """A TensorFlow network as its class pickles itself."""
    state = {
        "version": 4,
        "name": "G",
        "static_kwargs": settings,
        "components": components,
        "build_module_src": TEXT,
        "build_func_name": "G_main",
        "variables": list(variables.items()),
    }
    return New(Name("dnnlib.tflib.network.Network"), state=state)


def tensorflow_pickle(checkpoint: Checkpoint, protocol: int = 3, **settings: Any) -> bytes:
    """A checkpoint turned into TensorFlow's layout and names."""
    parts: dict[str, dict[str, Any]] = {"mapping": {}, "synthesis": {}}
    for name, array in checkpoint.tensors.items():
        new = tensorflow_name(name)
        if new is not None:
            part, _, rest = new.partition("/")
            parts[part][rest] = tensorflow_array(new, array)
    generator = network(
        {"dlatent_avg": checkpoint.tensors["mapping.w_avg"]},
        {part: network(variables, {}) for part, variables in parts.items()},
        **{"mapping_layers": checkpoint.config["mapping"]["num_layers"], **settings},
    )
    return Writer(protocol).dump((network({}, {}), network({}, {}), generator))


def tensorflow_name(name: str) -> str | None:
    """The variable that a tensor of ours is called after, by trying all of them."""
    for size in (4, 8, 16):
        for layer in ("Const/const", "Conv", "Conv0_up", "Conv1", "ToRGB", "Skip"):
            parts = ("weight", "bias", "mod_weight", "mod_bias", "noise_strength")
            names = [layer] if "/" in layer else [f"{layer}/{part}" for part in parts]
            for found in (f"synthesis/{size}x{size}/{part}" for part in names):
                if nvidia_name(found, 16) == name:
                    return found
    others = [f"synthesis/noise{i}" for i in range(5)]
    others += [f"mapping/Dense{i}/{part}" for i in range(9) for part in ("weight", "bias")]
    others += ["mapping/LabelEmbed/weight", "mapping/LabelEmbed/bias"]
    return next((other for other in others if nvidia_name(other, 16) == name), None)


def tensorflow_array(name: str, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if name.endswith("mod_bias"):
        return array - 1
    if array.ndim == 4:
        array = array.transpose(2, 3, 1, 0)
        if name.endswith(("Conv0_up/weight", "Skip/weight")):
            array = array[::-1, ::-1]
    elif "noise" in name and array.ndim == 2:
        array = array[None, None]
    elif array.ndim == 3:
        array = array[None]
    elif array.ndim == 2:
        array = array.T
    return array.copy()


def test_the_fixture_is_the_network_that_nvidia_converts_it_to() -> None:
    found = read_checkpoint(FIXTURES / "tensorflow-stylegan2_32.pkl")
    converted = read_checkpoint(FIXTURES / "stylegan3repo-stylegan2_32.pkl")
    assert found.tensors.keys() == converted.tensors.keys()
    for name, array in converted.tensors.items():
        assert np.array_equal(found.tensors[name], array), name
    assert found.config["layers"]["b8.conv0"]["conv_clamp"] is None
    for key in ("z_dim", "w_dim", "c_dim", "num_ws", "architecture", "img_resolution"):
        assert found.config[key] == converted.config[key]


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("changes", [{}, {"labels": 4}, {"architecture": "resnet"}, {"depth": 8}])
def test_every_kind_is_read(protocol: int, changes: dict[str, Any], tmp_path: Path) -> None:
    checkpoint = small_stylegan2(**changes)
    path = tmp_path / "file.pkl"
    path.write_bytes(tensorflow_pickle(checkpoint, protocol, conv_clamp=256, w_avg_beta=0.995))
    found = read_checkpoint(path)
    checkpoint.config["mapping"].pop("embed_lr_multiplier", None)
    assert found.config == checkpoint.config
    assert found.tensors.keys() == checkpoint.tensors.keys()
    for name, array in checkpoint.tensors.items():
        assert np.allclose(found.tensors[name], array, atol=1e-6), name
        assert found.tensors[name].flags.c_contiguous


def test_settings_are_those_recorded(tmp_path: Path) -> None:
    path = tmp_path / "file.pkl"
    recorded = {"nonlinearity": "relu", "mapping_lrmul": 0.02, "use_noise": True}
    path.write_bytes(tensorflow_pickle(small_stylegan2(), **recorded))
    config = read_checkpoint(path).config
    assert config["layers"]["b8.conv1"]["activation"] == "relu"
    assert config["mapping"]["activation"] == "relu"
    assert config["mapping"]["lr_multiplier"] == 0.02


def test_unknown_settings_are_noted_and_others_not(tmp_path: Path) -> None:
    path = tmp_path / "file.pkl"
    path.write_bytes(tensorflow_pickle(small_stylegan2(), truncation_psi=0.5, sparkle=7))
    unknown, assumed = read_checkpoint(path).source["notes"]
    assert unknown == "ignored unknown settings: sparkle"
    assert assumed.startswith("settings that are not recorded are as usual: conv_clamp")


def test_the_picture_of_a_network_without_skips_is_the_last() -> None:
    assert nvidia_name("synthesis/ToRGB_lod0/weight", 64) == "synthesis.b64.torgb.weight"
    assert nvidia_name("synthesis/ToRGB_lod2/mod_bias", 64) == "synthesis.b16.torgb.affine.bias"


def test_a_stylegan1_without_layers_is_refused(refusal: Callable[..., str]) -> None:
    variables = {
        "4x4/Const/const": np.zeros((1, 4, 4, 4), np.float32),
        "4x4/Const/StyleMod/weight": np.zeros((4, 4), np.float32),
    }
    generator = network({}, {"synthesis": network(variables, {})})
    made = Writer(3).dump((network({}, {}), network({}, {}), generator))
    assert "has no layers of a StyleGAN (1)" in refusal(made)


def test_another_network_is_named(refusal: Callable[..., str]) -> None:
    made = Writer(3).dump(tuple(network({}, {}) for _ in range(3)))
    assert "no StyleGAN2" in refusal(made)


def test_a_network_that_is_its_own_component_is_refused(refusal: Callable[..., str]) -> None:
    generator = network({}, {})
    generator.state["components"]["again"] = generator
    made = Writer(3).dump((network({}, {}), network({}, {}), generator))
    assert "more than 16 deep" in refusal(made)


def test_a_variable_that_is_no_tensor_is_refused(refusal: Callable[..., str]) -> None:
    generator = network({"a": "x"}, {})
    made = Writer(3).dump((network({}, {}), network({}, {}), generator))
    assert "a variable that is no tensor" in refusal(made)


def test_wrong_axes_are_refused(refusal: Callable[..., str]) -> None:
    variables = {"4x4/Const/const": np.zeros((2, 3, 4, 4), np.float32)}
    generator = network({}, {"synthesis": network(variables, {})})
    made = Writer(3).dump((network({}, {}), network({}, {}), generator))
    assert "where 3 axes fit" in refusal(made)
