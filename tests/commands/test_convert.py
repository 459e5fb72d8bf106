import numpy as np

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
        np.testing.assert_allclose(kept[name], array, rtol=1e-3, atol=1e-3)


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
        assert "A checkpoint is written as .safetensors, .pt" in capsys.readouterr().err
    assert convert(SNAPSHOT, tmp_path / "out.pt", "--dtype", "float16") == 1
    assert "is for .safetensors" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
