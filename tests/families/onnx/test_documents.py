"""The worked examples of docs/manifests.md, on small networks of the same inputs and outputs."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import networks
from families.onnx.test_model import PHOTO, ask, assert_near, started
from paths import ROOT
from taxiway.catalog.manifest import read, written

TEXT = (ROOT / "docs" / "manifests.md").read_text("utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
WHOLE = {re.findall(r'^name = "(.*?)"', each, re.MULTILINE)[0]: each for each in BLOCKS[-4:]}
BOXES = np.float32([[[0.5, 0.5, 0.5, 0.25], [0.5, 0.5, 1, 1]]])
FORMS: dict[str, Callable[[], Any]] = {
    "mosaic": networks.inverting,
    "u2netp": lambda: networks.salient(320),
    "dfine": lambda: networks.constants(
        {"logits": [[[-9.0, 9, -9], [-9, -9, -9]]], "pred_boxes": BOXES}, ["pixel_values"], 640
    ),
    "yolov4": lambda: networks.constants(
        {f"Identity{n}:0": cells for n, cells in zip(("", "_1", "_2"), grids(), strict=True)},
        ["input_1:0"], 416, is_last=True,
    ),
}  # fmt: skip


def grids() -> list[Any]:
    """Of a picture of 416 pixels three grids, and in the coarsest one box of 192x243 pixels."""
    maps = [np.zeros((1, side, side, 3, 8), np.float32) for side in (52, 26, 13)]
    maps[2][0, 6, 6, 1] = [0, 0, 0, 0, 0.9, 0, 1, 0]
    return maps


@pytest.mark.parametrize("name", FORMS)
def test_an_example_runs_as_it_stands(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))
    path = networks.write(tmp_path, name, FORMS[name]())
    (tmp_path / f"{name}.toml").write_text(WHOLE[name])
    answer = ask(started(path), image=PHOTO)
    if name == "dfine":
        assert answer["labels"] == ["bicycle"]
        np.testing.assert_allclose(answer["boxes"], [[0.25, 0.375, 0.75, 0.625]], atol=0.01)
    elif name == "yolov4":
        assert answer["labels"] == ["bicycle"]
        wide, high = 192 / 416, 243 / (416 * 40 / 56)  # between borders above and below
        box = [(1 - wide) / 2, (1 - high) / 2, (1 + wide) / 2, (1 + high) / 2]
        np.testing.assert_allclose(answer["boxes"], [box], atol=0.01)
        np.testing.assert_allclose(answer["scores"], [0.9], atol=0.01)
    elif name == "mosaic":
        assert_near(answer["stylizedImage"], 255 - PHOTO)
    else:
        assert answer["image"].shape == (40, 56, 4)


def test_the_pieces_of_the_page_are_a_manifest() -> None:
    found = read("\n".join([BLOCKS[0], BLOCKS[3], BLOCKS[1], BLOCKS[2]]), "manifests.md")
    assert found.task == ""
    assert read(written(found), "again") == found
