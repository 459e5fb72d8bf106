"""A model without w is drawn, walked and bent; what needs w says so in one sentence."""

import base64
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from players import small_renderer
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import encode_png
from taxiway.core.tool import QuietJob
from taxiway.families.stylegan.rendering.image_folder import read_picture, said_in
from taxiway.families.stylegan.tools.bend import BendTool
from taxiway.families.stylegan.tools.centres import Centres
from taxiway.families.stylegan.tools.directions import Directions
from taxiway.families.stylegan.tools.generate import Generate
from taxiway.families.stylegan.tools.mix import Mix
from taxiway.families.stylegan.tools.project import Project
from taxiway.families.stylegan.tools.video import Video
from taxiway.families.stylegan.tools.walk import WalkTool

NAME = "projected-gan_fastgan_128_cond"
PICTURE = (
    "data:image/png;base64," + base64.b64encode(encode_png(np.zeros((8, 8, 3), np.uint8))).decode()
)


def run(tool: Any, folder: Path, **wire: Any) -> Any:
    folder.mkdir(exist_ok=True)
    inputs = tool.command.decode(wire)
    return tool.run(small_renderer(NAME), inputs, QuietJob(folder))


def test_pictures_are_saved_with_what_made_them(tmp_path: Path) -> None:
    run(Generate(), tmp_path, latents="1-2", label=3)
    known = said_in(tmp_path / "seed0001-label3.png")
    assert known is not None
    assert "truncation" not in known
    assert (known["seed"], known["label"]) == (1, 3)
    one, other = (read_picture(tmp_path / f"seed000{n}-label3.png") for n in (1, 2))
    assert not np.array_equal(one, other)


def test_noise_is_made_weaker(tmp_path: Path) -> None:
    assert run(Generate(), tmp_path, latents="1", noise_strength="0:0.5")["made"] == 1


def test_walks_go_through_z(tmp_path: Path) -> None:
    run(WalkTool(), tmp_path, keys="1,2", kind="slerp", count=5)
    found = np.load(tmp_path / "walk.npz")
    assert found["z"].shape == (5, 64)
    run(Video(), tmp_path / "film", keys="1,2", kind="noise", seconds=0.5, fps=4, file="a.mp4")
    assert (tmp_path / "film" / "a.mp4").is_file()


def test_layers_are_bent(tmp_path: Path) -> None:
    made = run(BendTool(), tmp_path, latents="1", preset="b32 0-3 multiply 5; b4 invert")
    assert made["files"] == ["seed0001.png"]
    plain = next(small_renderer(NAME).pictures(*latents()))
    assert not np.array_equal(read_picture(tmp_path / "seed0001.png"), plain)


def latents() -> Any:
    from taxiway.families.stylegan.rendering.options import RenderOptions
    from taxiway.latent.given import latents_of

    return latents_of("1", small_renderer(NAME).shape), RenderOptions()


@pytest.mark.parametrize(
    ("tool", "wire"),
    [
        (Mix(), {"rows": "1", "columns": "2"}),
        (Directions(), {}),
        (Centres(), {}),
        (Project(), {"picture": PICTURE}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_needs_w_says_so(tool: Any, wire: Any, tmp_path: Path) -> None:
    inputs = tool.command.decode(wire)
    with pytest.raises(InvalidArgument, match="z only: this needs a model with w"):
        tool.run(small_renderer(NAME), inputs, QuietJob(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["truncation", "cutoff", "centre"])
def test_truncation_is_refused_where_there_is_none(name: str, tmp_path: Path) -> None:
    value = {"truncation": 0.5, "cutoff": 3, "centre": "1"}[name]
    with pytest.raises(InvalidArgument, match=f"has no truncation, got '{name}'"):
        run(Generate(), tmp_path, latents="1", **{name: value})
    assert not list(itertools.islice(tmp_path.iterdir(), 1))
