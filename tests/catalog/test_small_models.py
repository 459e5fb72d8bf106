"""The small networks that ship: names of both generations, and better than the plainest."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from taxiway.catalog import catalog
from taxiway.core import declaration
from taxiway.core.model import decode_options
from taxiway.latent.sample import z_of_seed
from taxiway.onnx_files.lab import to_lab
from taxiway.painting import direction, paint

Answer = Callable[..., dict[str, Any]]
NAMES = {
    "depth": ("predict_depth", ["depth_image", "depth_map", "image"]),
    "colorizer": ("colorize", ["image"]),
    "upscaler": ("upscale", ["upscaled", "image"]),
}
PICTURE = paint(z_of_seed(1_000_003, 512) + 2 * direction("blue sky"), 256)


@pytest.fixture(scope="module")
def models() -> dict[str, Answer]:
    return {name: opened(name, command) for name, (command, _) in NAMES.items()}


def opened(name: str, command: str) -> Answer:
    spec = catalog.spec(catalog.card(name))
    family = declaration.family(spec.family)
    model = family()
    model.setup("cpu", decode_options(name, family, {**spec.options, "precision": "float32"}))
    declared = model.commands[command]

    def answer(**inputs: Any) -> dict[str, Any]:
        (found,) = model.predict(command, [declared.decode(inputs)])
        return dict(found)

    return answer


def test_they_answer_under_the_names_of_both_generations(models: dict[str, Answer]) -> None:
    for name, (_, outputs) in NAMES.items():
        found = models[name](image=PICTURE[:100, :148])
        assert sorted(found) == sorted(outputs)
        scale = 4 if name == "upscaler" else 1
        for picture in found.values():
            assert np.asarray(picture).shape[:2] == (100 * scale, 148 * scale)


def test_near_ground_is_lighter_than_the_sky(models: dict[str, Answer]) -> None:
    found = np.asarray(models["depth"](image=PICTURE)["depth_image"]).astype(int)
    assert found[-20:].mean() > found[:60].mean() + 80


def test_a_grey_landscape_gets_colours_nearer_to_its_own(models: dict[str, Answer]) -> None:
    grey = np.repeat(np.asarray(Image.fromarray(PICTURE).convert("L"))[..., None], 3, 2)
    true, grey_lab, made = (
        to_lab(np.asarray(each, np.float32))
        for each in (PICTURE, grey, models["colorizer"](image=grey)["image"])
    )
    assert np.abs(made - true)[..., 1:].mean() < 0.8 * np.abs(grey_lab - true)[..., 1:].mean()
    assert np.abs(made - grey_lab)[..., 0].mean() < 2  # as light as before
    kept = np.asarray(models["colorizer"](image=grey, strength=0)["image"])
    assert np.abs(kept.astype(int) - grey).max() <= 2


def test_an_enlargement_is_nearer_than_a_bicubic_one(models: dict[str, Answer]) -> None:
    small = Image.fromarray(PICTURE).resize((64, 64), Image.Resampling.BICUBIC)
    bicubic = np.asarray(small.resize((256, 256), Image.Resampling.BICUBIC)).astype(float)
    made = np.asarray(models["upscaler"](image=np.asarray(small))["upscaled"]).astype(float)
    apart = [np.square(each - PICTURE).mean() for each in (made, bicubic)]
    assert apart[0] < 0.95 * apart[1]
