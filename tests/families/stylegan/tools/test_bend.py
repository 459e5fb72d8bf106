"""The tool that bends: its pictures, the preset kept beside them, and the model left alone."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from command_line import taxiway
from paths import FIXTURES
from players import renderer_of
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import read_metadata
from taxiway.core.tool import QuietJob
from taxiway.families.stylegan.bending.bend import parse_bends
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.rendering.image_folder import read_picture
from taxiway.families.stylegan.rendering.renderer import CheckpointRenderer
from taxiway.families.stylegan.tools.bend import BendTool


@cache
def player(seed: int = 0) -> CheckpointRenderer:
    torch.manual_seed(seed)
    g = new_stylegan2(16, 128, 16, 2, z_dim=16, w_dim=16).eval().requires_grad_(False)
    return renderer_of(g)


def run(folder: Path, **inputs: object) -> dict:
    tool = BendTool()
    other = inputs.pop("other", None)
    values = tool.command.decode({"latents": "0-6", **inputs})
    values |= {"other": other} if other else {}
    return tool.run(player(), values, QuietJob(folder))


def test_each_picture_is_saved_bent_and_says_how(tmp_path: Path) -> None:
    outputs = run(tmp_path, preset="b8 0-3 rotate 30")
    assert outputs["files"] == [f"seed000{i}.png" for i in range(7)]
    g = player()
    plain = g.images(g.ws(g.z_of_seeds([2]), truncation=0.7))[0]
    assert not np.array_equal(read_picture(tmp_path / "seed0002.png"), plain)
    told = read_metadata((tmp_path / "seed0002.png").read_bytes())
    assert told is not None
    assert told["preset"] == "b8 0-3 rotate 30.0\n"
    assert parse_bends((tmp_path / "preset.txt").read_text()) == parse_bends(told["preset"])
    np.testing.assert_array_equal(read_picture(tmp_path / "sheet.png"), outputs["sheet"])


def test_at_rest_the_picture_is_the_models_own(tmp_path: Path) -> None:
    run(tmp_path, preset="all rotate 0", truncation=1.0)
    g = player()
    plain = g.images(g.ws(g.z_of_seeds([5])))[0].astype(int)
    bent = read_picture(tmp_path / "seed0005.png")
    assert np.abs(bent - plain).max() <= 1  # the fast form rounds otherwise


def test_wide_pictures_are_wide(tmp_path: Path) -> None:
    run(tmp_path, across=1.5)
    assert read_picture(tmp_path / "seed0000.png").shape == (16, 24, 3)
    assert not (tmp_path / "preset.txt").exists()


def test_all_of_another_model_is_that_model(tmp_path: Path) -> None:
    run(tmp_path, other=player(1), mix="all 1", truncation=1.0)
    other = player(1)
    plain = other.images(other.ws(other.z_of_seeds([0])))[0].astype(int)
    assert np.abs(read_picture(tmp_path / "seed0000.png") - plain).max() <= 1


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "Give 'preset', 'across', 'down' or 'mix'"),
        ({"mix": "b8 1"}, "'mix' takes another model too"),
        ({"across": 9}, "'across' takes 1 to 4"),
        ({"preset": "b8 melt"}, "A bend is"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, inputs: dict, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        run(tmp_path, **inputs)
    assert list(tmp_path.iterdir()) == []


def test_the_command_reads_a_preset_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "turn.txt").write_text("b16 rotate 30 # and nothing else\n")
    words = f"bend {FIXTURES / 'stylegan2-ada_32.pkl'} --preset turn.txt --seeds 0-1 --out bent"
    done = taxiway(*words.split(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 pictures in bent" in done.stdout
