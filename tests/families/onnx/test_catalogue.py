"""The catalogue's ONNX manifests, each on a small network of the shapes that its own one has."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import save

from families.onnx.test_model import ask, started
from networks import network, node, value
from taxiway.catalog import manifest as manifests
from taxiway.catalog.catalog import PULLED

PHOTO = np.random.default_rng(3).integers(0, 255, (48, 64, 3), np.uint8)


def same(side: int | str = "h") -> Any:
    """A picture as it came."""
    shape = [1, 3, side, side if side != "h" else "w"]
    return network([node("Identity", ["in"], "out")], [value("in", shape)], [value("out", shape)])


def mask(side: int | str = "h", axes: bool = True) -> Any:
    """One channel, the mean of three; without a channel's axis where `axes` is not."""
    across = side if side != "h" else "w"
    out = [1, 1, side, across] if axes else [1, side, across]
    mean = node("ReduceMean", ["in"], "out", axes=[1], keepdims=int(axes))
    return network([mean], [value("in", [1, 3, side, across])], [value("out", out)])


def larger() -> Any:
    """Four times as wide and high."""
    nodes = [
        node("Concat", ["in"] * 16, "deep", axis=1),
        node("DepthToSpace", ["deep"], "out", blocksize=4, mode="DCR"),
    ]
    return network(nodes, [value("in", [1, 3, "h", "w"])], [value("out", [1, 3, "H", "W"])])


def colours() -> Any:
    """a and b of Lab, all 0: no colour."""
    nodes = [
        node("Slice", ["in", "zero", "two", "one"], "some"),
        node("Mul", ["some", "nothing"], "out"),
    ]
    constants = {
        "zero": np.int64([0]), "two": np.int64([2]), "one": np.int64([1]),
        "nothing": np.float32(0),
    }  # fmt: skip
    shape = [1, 2, 512, 512]
    return network(nodes, [value("in", [1, 3, 512, 512])], [value("out", shape)], constants)


def detector() -> Any:
    """One thing, a dog (17th of 80), in the middle of the picture."""
    scores = np.full((1, 300, 80), -9, np.float32)
    scores[0, 7, 16] = 4
    boxes = np.full((1, 300, 4), 0.5, np.float32)
    nodes = [
        node("ReduceMean", ["pixel_values"], "mean", axes=[1, 2, 3], keepdims=0),
        node("Mul", ["mean", "nothing"], "zero"),
        node("Add", ["scores", "zero"], "logits"),
        node("Add", ["boxes", "zero"], "pred_boxes"),
    ]
    outputs = [value("logits", [1, 300, 80]), value("pred_boxes", [1, 300, 4])]
    constants = {"scores": scores, "boxes": boxes, "nothing": np.float32(0)}
    return network(nodes, [value("pixel_values", [1, 3, 640, 640])], outputs, constants)


NETWORKS = {
    "detect-dfine-nano": detector(),
    "style-candy": same(224),
    "style-mosaic": same(224),
    "style-pointilism": same(224),
    "style-udnie": same(224),
    "cutout-u2netp": mask(320),
    "cutout-isnet": mask(1024),
    "cutout-modnet": mask(),
    "depth-anything": mask(axes=False),
    "upscale-real-esrgan": larger(),
    "colour-ddcolor": colours(),
}
SIZES = {
    "upscale-real-esrgan": (192, 256),
    **dict.fromkeys([name for name in NETWORKS if name.startswith("style")], (224, 224)),
}


def answered(name: str, folder: Path) -> tuple[Any, Any]:
    """What a small network in place of the real one answers to PHOTO, and its first picture."""
    text = (PULLED / f"{name}.toml").read_text()
    manifest = manifests.read(text, name)
    (folder / f"{name}.toml").write_text(text)
    save(NETWORKS[name], str(folder / manifest.file[0].path))
    answer = ask(started(folder / f"{name}.toml"), image=PHOTO)
    return answer, next(iter(answer.values()))


@pytest.mark.parametrize("name", sorted({*NETWORKS} - {"detect-dfine-nano"}))
def test_each_takes_a_photograph_and_gives_a_picture(name: str, tmp_path: Path) -> None:
    answer, picture = answered(name, tmp_path)
    assert picture.shape[:2] == SIZES.get(name, (48, 64))
    assert picture.dtype == np.uint8
    assert "image" in answer
    if name == "upscale-real-esrgan":
        assert np.abs(picture[::4, ::4].astype(int) - PHOTO).max() <= 1
    if name == "colour-ddcolor":
        assert np.ptp(picture.astype(int), axis=2).max() <= 2
    if name.startswith("cutout"):
        assert picture.shape[2] == 4


def test_a_detector_names_what_it_finds(tmp_path: Path) -> None:
    answer, _ = answered("detect-dfine-nano", tmp_path)
    assert answer["labels"] == ["dog"]
    np.testing.assert_allclose(answer["boxes"], [[0.25, 0.25, 0.75, 0.75]], atol=1e-6)
    assert answer["scores"][0] > 0.95


def test_all_are_here() -> None:
    onnx = {path.stem for path in PULLED.glob("*.toml") if manifests.load(path).onnx}
    assert onnx == set(NETWORKS)
