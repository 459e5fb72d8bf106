"""`taxiway train distil`, as people type it."""

import json
from pathlib import Path

import torch

from taxiway.cli import main
from taxiway.core import slots
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.training.export import write_model
from taxiway.jobs.trainings import declared
from taxiway.training.trainer import find


def test_it_is_a_trainer_that_learns_from_a_model() -> None:
    assert {"distil", "stylegan", "text", "detector"} <= set(slots.members("trainers"))
    assert "distil" not in slots.members("families")
    offered = declared("distil", find("distil"))
    assert offered.source == "model"
    assert "one that is there" in offered.command.inputs["dataset"].description
    assert declared("stylegan", find("stylegan")).source == "dataset"


def test_a_model_is_taught_from_the_command_line(tmp_path: Path, capsys, monkeypatch) -> None:
    torch.manual_seed(1)
    large, out = tmp_path / "large.safetensors", tmp_path / "small"
    write_model(large, new_stylegan2(32, 64, 16, z_dim=16, w_dim=16), 1000)
    words = ["train", "distil", str(large), "--out", str(out), "--title", "Small", "--licence",
             "CC0", "--data", "noise", "--kimg", "0.016", "--batch", "4", "--pairs", "16",
             "--resolution", "16"]  # fmt: skip
    assert main(words) in (0, None)
    card = json.loads((out / "model.json").read_text())
    assert card["title"] == "Small"
    assert "taught by 'large.safetensors'" in json.dumps(card)
    assert main([*words, "--resume", "--resolution", "32"]) == 1
    assert "'resolution' is 16 in this training, got 32" in capsys.readouterr().err
    assert main([*words[:4], str(tmp_path / "b"), *words[5:-1], "64"]) == 1
    said = "'resolution' takes at most 32, the pixels of 'large.safetensors', got 64."
    assert said in capsys.readouterr().err
