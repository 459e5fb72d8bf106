"""A preview is the picture after an earlier block, as large as the whole one."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paths import FIXTURES
from taxiway.families.stylegan.model import StyleGAN
from taxiway.families.stylegan.networks.graph_stylegan2 import small_blocks
from taxiway.families.stylegan.rendering import preview


def opened(path: Path) -> StyleGAN:
    model = StyleGAN()
    model.setup("cpu", {"checkpoint": str(path), "precision": "float32"})
    return model


def asked(model: StyleGAN, *calls: dict[str, Any]) -> list[Any]:
    command = model.commands["generate"]
    batch = [command.decode({"seed": 1, "noise_mode": "const", **call}) for call in calls]
    return [answer["image"] for answer in model.predict("generate", batch)]


def test_it_is_the_early_picture_enlarged_and_others_of_its_batch_stay_whole() -> None:
    model = opened(FIXTURES / "stylegan2-ada_32.pkl")
    calls = ({}, {"preview": "on"}, {"preview": "off"}, {"preview": "auto"})
    whole, early, *others = asked(model, *calls)
    assert early.shape == whole.shape
    assert all((other == whole).all() for other in others)
    ws = model.renderer.ws(model.renderer.z_of_seeds([1]), 0.8)
    assert model.renderer.preview is not None
    [small] = model.renderer.preview.network.run({"ws": ws, "noise_mode": "const"})["image"]
    assert small.shape == (4, 4, 3)
    enlarged = Image.fromarray(small).resize((32, 32), Image.Resampling.BILINEAR)
    assert np.abs(np.asarray(enlarged).astype(int) - early).max() <= 1
    assert (early != whole).any()


def test_it_is_an_eighth_of_what_an_upscaler_makes_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sides: list[int] = []
    monkeypatch.setattr(preview, "small_graph", lambda checkpoint, side: sides.append(side))
    choice: Any = None
    for side, upscaler in ((512, None), (128, {"layers": 1})):
        config = {"img_resolution": [side, side], "upscaler": upscaler}
        checkpoint: Any = SimpleNamespace(config=config)
        assert not preview.PreviewNetwork(checkpoint, choice).is_there
    assert sides == [64, 64]


@pytest.mark.parametrize("name", ["stylegan2-ada_32_resnet", "stylegan3-t_32", "stylegan1_64"])
def test_a_network_whose_picture_comes_last_has_none(name: str) -> None:
    assert "preview" not in opened(FIXTURES / f"{name}.pkl").commands["generate"].inputs


def test_small_blocks_are_those_with_a_picture_but_the_last() -> None:
    names = ["b4.torgb.weight", "b16.torgb.weight", "b8.torgb.weight", "b16.conv0.weight"]
    assert small_blocks(dict.fromkeys(names, np.zeros(1))) == ["b4", "b8"]
