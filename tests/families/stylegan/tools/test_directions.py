"""The tool that finds directions: each method's files, and the sheet."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from players import renderer_of
from taxiway.catalog import catalog, directions
from taxiway.checkpoint import read_checkpoint
from taxiway.core.errors import InvalidArgument
from taxiway.core.tool import QuietJob
from taxiway.families.stylegan.directions.components import components
from taxiway.families.stylegan.directions.direction import Direction, read_directions
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.rendering.image_folder import read_picture
from taxiway.families.stylegan.rendering.renderer import CheckpointRenderer
from taxiway.families.stylegan.tools.directions import Directions
from taxiway.latent.space import Shape

SHAPE = Shape(16, 16, 6)


@cache
def player() -> CheckpointRenderer:
    torch.manual_seed(0)
    g = new_stylegan2(16, 128, 16, 2, z_dim=16, w_dim=16).eval().requires_grad_(False)
    return renderer_of(g, "tiny", "abc")


def run(folder: Path, **inputs: object) -> dict:
    tool = Directions()
    values = tool.command.decode({"samples": 400, "count": 3, **inputs})
    return tool.run(player(), values, QuietJob(folder))


def read(folder: Path, outputs: dict) -> list[Direction]:
    return [each for name in outputs["files"] for each in read_directions(folder / name, SHAPE)]


def test_the_first_components_are_saved_with_their_sigmas(tmp_path: Path) -> None:
    outputs = run(tmp_path)
    known = components(player(), 400)
    found = read(tmp_path, outputs)
    assert outputs["files"] == ["pc1.npz", "pc2.npz", "pc3.npz"]
    np.testing.assert_allclose([each.sigma for each in found], known.deviations[:3])
    np.testing.assert_allclose(found[1].vector[0], known.axes[1], atol=1e-6)
    assert {each.model for each in found} == {"abc"}
    np.testing.assert_array_equal(read_picture(tmp_path / "sheet.png"), outputs["sheet"])


def test_components_of_a_layer_are_directions_in_w(tmp_path: Path) -> None:
    outputs = run(tmp_path, layer="b4", layers="0-3")
    found = read(tmp_path, outputs)
    assert outputs["files"] == ["b4-pc1.npz", "b4-pc2.npz", "b4-pc3.npz"]
    assert [each.layers for each in found] == [(0, 1, 2, 3)] * 3
    assert min(each.sigma for each in found) > 0
    with pytest.raises(InvalidArgument, match="There is no layer 'b99'"):
        run(tmp_path, layer="b99")


def test_sefa_reads_the_chosen_layers_and_moves_them(tmp_path: Path) -> None:
    outputs = run(tmp_path, method="sefa", layers="2-3", name="style")
    assert outputs["files"] == ["style1.npz", "style2.npz", "style3.npz"]
    assert [each["layers"] for each in outputs["found"]] == [[2, 3]] * 3


def test_a_score_gives_a_direction_along_which_it_rises(tmp_path: Path) -> None:
    [found] = read(tmp_path, run(tmp_path, method="score", score="brightness", samples=600))
    g = player()
    ws = g.ws(g.z_of_seeds(range(8)))
    dark, bright = (g.images(found.moved(ws, step)).mean() for step in (-2, 2))
    assert bright > dark


def test_scores_that_do_not_rise_are_left_out(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="No score rises as reliably as 1.1"):
        run(tmp_path, method="score", score="brightness", least=1.1)
    assert list(tmp_path.glob("*.npz")) == []


def test_marked_pictures_give_a_direction(tmp_path: Path) -> None:
    outputs = run(tmp_path, method="examples", a="0-4", b="5-9", name="blue/ish")
    [found] = read(tmp_path, outputs)
    assert outputs["files"] == ["blue_ish.npz"]
    g = player()
    a, b = (g.w(g.z_of_seeds(seeds)) @ found.vector[0] for seeds in (range(5), range(5, 10)))
    assert a.mean() < b.mean()


def test_given_directions_get_their_step_and_lose_others(tmp_path: Path) -> None:
    eye = np.eye(16)
    outputs = run(tmp_path, method="given", given=[eye[0] + eye[1]], without=[eye[1]])
    [found] = read(tmp_path, outputs)
    np.testing.assert_allclose(np.abs(found.vector[0]), eye[0], atol=1e-6)
    assert found.sigma > 0


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"method": "examples", "a": "1"}, "'b' takes seeds"),
        ({"method": "given"}, "'given' takes directions"),
        ({"method": "given", "given": [["x"]]}, "'given' takes lists of numbers"),
        ({"method": "score", "score": "beauty"}, "'score' takes brightness, .* got 'beauty'"),
        (
            {"method": "given", "given": [[1.0, 2.0]]},
            "'given' has the shape 1x2; a direction is 16",
        ),
        ({"method": "given", "given": 5}, "'given' takes a list of directions"),
        ({"without": {"a": 1}}, "'without' takes a list of directions"),
        ({"layers": "9"}, "'layers' takes"),
        ({"layers": "none"}, "at least one layer"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, inputs: dict, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        run(tmp_path, **inputs)


def test_the_directions_that_come_with_rainbow_fit_it() -> None:
    path = Path(catalog.spec(catalog.card("rainbow")).options["checkpoint"])
    checkpoint = read_checkpoint(path)
    g = CheckpointRenderer(checkpoint)
    files = directions.shipped("rainbow")
    assert len(files) >= 5
    assert directions.shipped("../rainbow") == []
    ws = g.ws(g.z_of_seeds([3]), truncation=0.7)
    still = g.images(ws).astype(int)
    for file in files:
        [found] = read_directions(file, g.shape)
        assert found.model == checkpoint.source["sha256"]
        assert file.stat().st_size < 10_000
        assert np.abs(g.images(found.moved(ws, 2)) - still).mean() > 2
