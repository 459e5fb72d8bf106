"""A walk's latents in a file."""

from pathlib import Path

import numpy as np

from players import small_renderer
from taxiway.core.tool import QuietJob
from taxiway.families.stylegan.rendering.files import read_latents
from taxiway.families.stylegan.rendering.painter import PainterRenderer
from taxiway.families.stylegan.tools.walk import WalkTool


def test_the_latents_of_a_walk_are_a_latent_file(tmp_path: Path) -> None:
    values = WalkTool.command.decode({"keys": "1,5", "count": 6, "pace": "even"})
    WalkTool().run(small_renderer(), values, QuietJob(tmp_path))
    player = small_renderer()
    found = read_latents(tmp_path / "walk.npz", player.shape)
    assert [latent.space for latent in found] == ["w+"] * 6
    expected = player.ws(player.z_of_seeds([1, 5]), truncation=0.8)
    np.testing.assert_allclose([found[0].numbers, found[3].numbers], expected, atol=1e-4)


def test_the_painters_walk_is_of_z(tmp_path: Path) -> None:
    values = WalkTool.command.decode({"kind": "noise", "count": 4})
    WalkTool().run(PainterRenderer(), values, QuietJob(tmp_path))
    assert [
        each.space for each in read_latents(tmp_path / "walk.npz", PainterRenderer().shape)
    ] == ["z"] * 4
