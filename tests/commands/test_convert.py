import json

import numpy as np
import onnx
import onnxruntime
import pytest

from paths import FIXTURES
from taxiway import cli
from taxiway.checkpoint import read_checkpoint
from taxiway.checkpoint.discriminator import read_discriminator

SNAPSHOT, MODEL_ONLY = FIXTURES / "stylegan2-ada_32.pkl", FIXTURES / "rosinality_32.pt"


def convert(*arguments: object) -> int:
    return cli.main(["convert", *map(str, arguments)])


def test_the_discriminator_is_left_behind_unless_asked_for(tmp_path) -> None:
    model = tmp_path / "small.safetensors"
    assert convert(SNAPSHOT, model) == 0
    assert [path.name for path in tmp_path.iterdir()] == [model.name]
    assert convert(SNAPSHOT, model, "--discriminator") == 1  # it is kept
    assert convert(SNAPSHOT, model, "--discriminator", "--force") == 0
    kept, original = read_discriminator(model), read_discriminator(SNAPSHOT)
    assert set(kept) == set(original)
    for name, array in original.items():
        step = np.abs(array).max() / 127
        np.testing.assert_allclose(kept[name], array, rtol=0, atol=step)


def test_a_file_without_one_is_said_before_anything_is_written(tmp_path, capsys) -> None:
    model = tmp_path / "small.safetensors"
    assert convert(MODEL_ONLY, model, "--discriminator") == 1
    assert "has no discriminator" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_it_is_written_for_other_tools_and_says_what_they_lack(tmp_path, capsys) -> None:
    assert convert(SNAPSHOT, tmp_path / "out.pt") == 0
    told = capsys.readouterr().out
    assert "layout of rosinality" in told
    assert "will not clamp features at 256" in told
    found, wanted = (read_checkpoint(path) for path in (tmp_path / "out.pt", SNAPSHOT))
    assert found.config == wanted.config


def test_only_forms_that_are_written_are_taken(tmp_path, capsys) -> None:
    for name in ("out.txt", "out", "out.pkl"):
        assert convert(SNAPSHOT, tmp_path / name) == 1
        assert "A checkpoint is written as .safetensors, .pt, .onnx" in capsys.readouterr().err
    assert convert(SNAPSHOT, tmp_path / "out.pt", "--dtype", "float16") == 1
    assert "is for .safetensors, .onnx" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_model_becomes_one_file_for_other_programs(tmp_path, capsys) -> None:
    model = tmp_path / "rainbow.onnx"
    assert convert("rainbow", model) == 0
    assert "MB)" in capsys.readouterr().out
    facts = {entry.key: entry.value for entry in onnx.load(model).metadata_props}
    assert (facts["title"], facts["licence"]) == ("Rainbow", "Apache-2.0")
    assert (facts["picture"], facts["z_dim"], facts["num_ws"]) == ("512 x 512 x 3", "512", "12")
    assert "painter" in json.loads(facts["card"])["data"]
    session = onnxruntime.InferenceSession(str(model))
    assert [each.name for each in session.get_inputs()] == ["z", "truncation"]  # it has no noise
    z = {"z": np.zeros((2, 512), np.float32), "truncation": np.float32([0.8])}
    image, ws = session.run(None, z)
    assert (image.shape, image.dtype, ws.shape) == ((2, 512, 512, 3), np.uint8, (2, 12, 512))


def test_a_file_of_a_strangers_says_where_it_came_from(tmp_path) -> None:
    model = tmp_path / "small.onnx"
    assert convert(SNAPSHOT, model, "--entry", "ws", "--pixels", "float32") == 0
    facts = {entry.key: entry.value for entry in onnx.load(model).metadata_props}
    assert not {"title", "licence", "card"} & set(facts)
    assert json.loads(facts["made_from"])["format"] == "NVIDIA PyTorch pickle (stylegan2)"
    session = onnxruntime.InferenceSession(str(model))
    assert [each.name for each in session.get_inputs()] == ["ws", "seed"]
    assert session.get_outputs()[0].shape == ["batch", 3, 32, 32]


def test_what_is_there_is_kept(tmp_path, capsys) -> None:
    model = tmp_path / "small.onnx"
    model.write_text("somebody's")
    assert convert(SNAPSHOT, model) == 1
    assert "add --force" in capsys.readouterr().err
    assert model.read_text() == "somebody's"
    assert convert(SNAPSHOT, model, "--force") == 0
    own = tmp_path / "own.onnx"
    own.write_bytes(SNAPSHOT.read_bytes())
    assert convert(own, own, "--force") == 1
    assert "is what is read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "flags", "said"),
    [
        ("small.onnx", ["--discriminator"], "'--discriminator' is for .safetensors, .pt"),
        ("small.safetensors", ["--entry", "ws"], "'--entry' is for .onnx"),
        ("small.pt", ["--pixels", "float32"], "'--pixels' is for .onnx"),
    ],
)
def test_flags_of_other_forms_are_said_first(name, flags, said, tmp_path, capsys) -> None:
    assert convert(SNAPSHOT, tmp_path / name, *flags) == 1
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
