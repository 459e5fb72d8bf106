"""Trainings of detectors: exact resume, other classes, what is left in the folder."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from families.detector.networks import scenes
from taxiway.core.errors import InvalidArgument
from taxiway.families.detector.model import Detector
from taxiway.families.detector.own import OwnDetector
from taxiway.families.detector.trainer import DetectorRecipe
from taxiway.families.detector.training.module import arrays
from taxiway.families.detector.training.trainer import DetectorTrainer
from taxiway.families.detector.weights import read_weights
from taxiway.training.trainer import Asked

GIVEN = {"resolution": 64, "batch": 2}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scenes(tmp_path_factory.mktemp("scenes") / "scenes.zip", 8)


def trainer(dataset: Path, **changes: object) -> DetectorTrainer:
    recipe = DetectorRecipe()
    start = changes.pop("start", None)
    asked = Asked(dataset, start, kimg=0.02, device="cpu", given={**GIVEN, **changes})
    data = recipe.read(asked, None)
    return recipe.trainer(recipe.configure(asked, data), data)


def test_a_resumed_training_is_the_one_that_never_stopped(dataset: Path, tmp_path: Path) -> None:
    one, other = trainer(dataset), trainer(dataset)
    one.start()
    one.step()
    one.save(tmp_path / "state.pt")
    losses = one.step()
    other.resume(tmp_path / "state.pt")
    assert other.step() == losses
    assert (one.seen, other.seen) == (4, 4)
    mine, theirs = arrays(one.average), arrays(other.average)
    assert all((mine[name] == theirs[name]).all() for name in mine)


def test_a_model_is_shown_measured_written_and_played(dataset: Path, tmp_path: Path) -> None:
    begun = trainer(dataset, held=0.5)
    begun.start()
    begun.step()
    assert begun.sample().shape == begun.real().shape == (4, 64, 64, 3)
    figures = begun.measure()
    assert figures["error"] == pytest.approx(1 - figures["ap"])
    begun.export(tmp_path / "model.safetensors", True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.onnx", "model.safetensors"]
    assert Detector.opens(str(tmp_path / "model.safetensors"))
    finder = OwnDetector(tmp_path / "model.safetensors", "cpu")
    square = begun.data.squares[0]
    [mine], [theirs] = begun._find(square[None], 0.0), finder.find([square], 0.0, 100)
    np.testing.assert_allclose(np.sort(mine.scores), np.sort(theirs.scores), atol=2e-3)
    assert begun.describe().options[-1] == "--held=0.5"
    assert "4 of them held out" in begun.describe().data


def test_a_start_gives_what_it_knows(dataset: Path, tmp_path: Path) -> None:
    begun = trainer(dataset)
    begun.start()
    begun.export(tmp_path / "model.safetensors", False)
    Image.new("RGB", (64, 48)).save(tmp_path / "a.png")
    boxes = {"a.png": [[4, 4, 20, 20, 0], [30, 10, 20, 20, 1]]}
    told = {"classes": ["whale", "tree"], "boxes": boxes}
    (tmp_path / "boxes.json").write_text(json.dumps(told))
    again = trainer(tmp_path, start=tmp_path / "model.safetensors")
    again.start()
    before, after = read_weights(tmp_path / "model.safetensors"), arrays(again.network)
    np.testing.assert_array_equal(after["stem.weight"], before.tensors["stem.weight"])
    tree = before.shape.classes.index("tree")
    np.testing.assert_array_equal(
        after["class8.out.weight"][1], before.tensors["class8.out.weight"][tree]
    )
    assert again.data.held == 0
    said = again.warnings({"ap50": 0})
    assert said[0] == "'whale' has only 1 boxes to learn from."
    assert said[-1].startswith("Nothing is held out")


@pytest.mark.parametrize(
    ("boxes", "said"),
    [
        ({"a.png": []}, "no box to learn from"),
        ({"a.png": [[4, 4, 20, 20, 7]]}, "is of class 7; there are 1"),
        ({"a.png": [[4, 4, 99, 20, 0]]}, "lies outside"),
    ],
)
def test_what_cannot_be_learnt_from_is_a_sentence(tmp_path: Path, boxes: dict, said: str) -> None:
    Image.new("RGB", (64, 48)).save(tmp_path / "a.png")
    (tmp_path / "boxes.json").write_text(json.dumps({"classes": ["cat"], "boxes": boxes}))
    with pytest.raises(InvalidArgument, match=said):
        trainer(tmp_path)


def test_a_training_of_other_classes_is_not_gone_on_with(dataset: Path, tmp_path: Path) -> None:
    begun = trainer(dataset)
    begun.start()
    begun.save(tmp_path / "state.pt")
    Image.new("RGB", (64, 48)).save(tmp_path / "a.png")
    told = {"classes": ["cat"], "boxes": {"a.png": [[4, 4, 20, 20, 0]]}}
    (tmp_path / "boxes.json").write_text(json.dumps(told))
    with pytest.raises(InvalidArgument, match="classes are cat; this training has bow, sun"):
        trainer(tmp_path).resume(tmp_path / "state.pt")


@pytest.mark.slow
def test_a_detector_learns_where_things_are(tmp_path: Path) -> None:
    """Of sixty scenes, in about a minute, what it has seen; of others it has seen too few."""
    learnt = trainer(scenes(tmp_path / "scenes.zip", 60, 128), resolution=128, batch=16, held=0.0)
    learnt.start()
    for _ in range(250):
        learnt.step()
    assert learnt.measure()["ap50"] > 0.6
