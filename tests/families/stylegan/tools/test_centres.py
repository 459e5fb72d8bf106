"""Centres of truncation, in a file that other tools take."""

from pathlib import Path

import numpy as np
import pytest

from players import small_renderer
from taxiway.cli import main
from taxiway.core.errors import InvalidArgument
from taxiway.core.tool import QuietJob
from taxiway.families.stylegan.rendering.files import read_latents
from taxiway.families.stylegan.rendering.painter import PainterRenderer
from taxiway.families.stylegan.tools.centres import Centres
from taxiway.families.stylegan.tools.generate import Generate


def test_the_file_is_a_centre_for_other_tools(tmp_path: Path) -> None:
    player = small_renderer()
    values = Centres.command.decode({"count": 8, "samples": 1024})
    answer = Centres().run(player, values, QuietJob(tmp_path))
    centres = np.load(tmp_path / answer["file"])
    assert centres.shape == (8, 1, player.w_dim)  # as many as layers, and yet none of them
    assert answer["sheet"].shape == (96, 96, 3)
    given = read_latents(tmp_path / "centres.npy", player.shape)
    asked = Generate.command.decode({"latents": "3", "truncation": 0, "centre": given})
    Generate().run(player, asked, QuietJob(tmp_path))
    [made] = read_latents(tmp_path / "seed0003.png", player.shape)
    w = player.w(player.z_of_seeds([3]))[0]
    nearest = np.linalg.norm(centres[:, 0] - w, axis=1).argmin()
    np.testing.assert_allclose(made.numbers[0], centres[nearest, 0], atol=1e-6)


def test_it_is_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["centres", "painter", "--out", str(tmp_path)]) == 1
    assert "'painter' is none" in capsys.readouterr().err
    with pytest.raises(InvalidArgument, match="The painter has z only"):
        Centres().run(PainterRenderer(), Centres.command.decode({}), QuietJob(tmp_path))
