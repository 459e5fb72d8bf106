"""Models of 1 and 4 channels are projected on as those of 3 are."""

from pathlib import Path

import numpy as np
import pytest

from snapshots import small_stylegan2
from taxiway.core.images import to_data_uri
from taxiway.core.tool import QuietJob
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.projection.projector import to_target
from taxiway.families.stylegan.rendering.image_folder import read_picture
from taxiway.families.stylegan.rendering.renderer import TorchRenderer
from taxiway.families.stylegan.tools.generate import Generate
from taxiway.families.stylegan.tools.project import Project


def renderer(channels: int) -> TorchRenderer:
    return TorchRenderer(build_generator(small_stylegan2(pictures=channels)))


@pytest.mark.parametrize("channels", [1, 4])
def test_a_picture_is_found(channels: int, tmp_path: Path) -> None:
    tool = Project()
    picture = to_data_uri(np.full((16, 16, 3), 90, np.uint8), "PNG")
    inputs = tool.command.decode({"picture": picture, "steps": 3, "film": False})
    found = tool.run(renderer(channels), inputs, QuietJob(tmp_path))
    assert found["psnr"] > 0
    assert read_picture(tmp_path / "proj.png").shape[2] == (4 if channels == 4 else 3)


@pytest.mark.parametrize(("channels", "kept"), [(1, 3), (3, 3), (4, 4)])
def test_what_is_transparent_is_wanted_where_there_is_alpha(
    channels: int, kept: int, tmp_path: Path
) -> None:
    tool, picture = Project(), np.zeros((16, 16, 4), np.uint8)
    picture[4:12, 4:12] = (0, 0, 200, 255)
    wire = {"picture": to_data_uri(picture, "PNG"), "steps": 2, "tune": 1, "crop": "pad"}
    inputs = tool.command.decode({**wire, "film": False})
    tool.run(renderer(channels), inputs, QuietJob(tmp_path))
    target = read_picture(tmp_path / "target.png")
    assert target.shape == (16, 16, kept)
    assert target[0, 0].tolist() == ([0, 0, 0, 0] if kept == 4 else [255, 255, 255])


def test_colours_become_a_grey_or_opaque() -> None:
    pixels = np.array([[[[255, 0, 0]]]], np.uint8)
    assert to_target(pixels, 1).shape == (1, 1, 1, 1)
    assert round(float(to_target(pixels, 1)) * 127.5 + 128) == 76
    assert to_target(pixels, 4)[0, :, 0, 0].tolist()[3] == pytest.approx(127 / 127.5)


def test_files_keep_alpha(tmp_path: Path) -> None:
    tool = Generate()
    inputs = tool.command.decode({"latents": "1-2", "grid": "auto"})
    tool.run(renderer(4), inputs, QuietJob(tmp_path))
    assert read_picture(tmp_path / "seed0001.png").shape == (16, 16, 4)
    assert read_picture(tmp_path / "grid.png").shape[2] == 4
