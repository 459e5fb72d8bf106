"""A detector's file, its network on backends and in ONNX, and what it refuses."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from families.detector.networks import SMALL, detector, tensors
from taxiway.backends.onnxruntime import OnnxRuntimeBackend
from taxiway.backends.openvino import OpenVinoBackend
from taxiway.backends.reference import ReferenceBackend
from taxiway.catalog import catalog
from taxiway.checkpoint.native import write_tensors
from taxiway.core.errors import NotFound, UnreadableCheckpoint
from taxiway.families.detector.model import Detector
from taxiway.families.detector.onnx_model import onnx_model
from taxiway.families.detector.own import OwnDetector, decoded, graph
from taxiway.families.detector.precision import Found, precision
from taxiway.families.detector.training.module import Detector as Module
from taxiway.families.detector.training.module import arrays, fill
from taxiway.families.detector.weights import Weights, read_weights, write_weights
from taxiway.onnx_files.model import OnnxModel
from taxiway.painting.boxes import CLASSES, paint_boxes

WEIGHTS = Weights(SMALL, tensors())
PICTURES = np.random.default_rng(1).uniform(-1, 1, (2, 3, 64, 64)).astype(np.float32)


@pytest.fixture(scope="module")
def wanted() -> tuple[np.ndarray, np.ndarray]:
    """Boxes in pixels and scores by PyTorch."""
    network = Module(SMALL)
    fill(network, WEIGHTS)
    with torch.inference_mode():
        boxes, logits = network.eval()(torch.from_numpy(PICTURES))
    return boxes.numpy(), logits.sigmoid().numpy()


@pytest.mark.parametrize("backend", [OnnxRuntimeBackend, OpenVinoBackend, ReferenceBackend])
def test_every_backend_finds_what_pytorch_finds(backend: type, wanted: tuple) -> None:
    network = backend("cpu").compile(graph(SMALL, WEIGHTS.tensors), "float32", 1)
    boxes, scores = decoded(network.run({"image": PICTURES}), SMALL)
    np.testing.assert_allclose(boxes, wanted[0], rtol=1e-3, atol=0.02)
    np.testing.assert_allclose(scores, wanted[1], atol=1e-4)


def test_the_onnx_file_gives_boxes_and_scores(wanted: tuple) -> None:
    session = onnxruntime.InferenceSession(onnx_model(WEIGHTS), providers=["CPUExecutionProvider"])
    assert [(each.name, each.shape) for each in session.get_outputs()] == [
        ("boxes", ["batch", 84, 4]),
        ("scores", ["batch", 84, 3]),
    ]
    boxes, scores = session.run(["boxes", "scores"], {"image": PICTURES})
    np.testing.assert_allclose(boxes * 64, wanted[0], rtol=1e-3, atol=0.02)
    np.testing.assert_allclose(scores, wanted[1], atol=1e-4)


def test_the_onnx_file_is_a_model_by_its_own_manifest(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(onnx_model(WEIGHTS, "Cats & dogs", "CC0"))
    family = catalog.choose(str(tmp_path / "a.onnx"))
    assert (family.family, family.name, family.licence) == ("onnx", "cats-dogs", "CC0")
    model = OnnxModel(tmp_path / "a.onnx", None, "cpu", "float32")
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    call = model.command.decode({"input_image": picture, "threshold": 0.3})
    [answer] = model.answer([call])
    finder = OwnDetector(detector(tmp_path / "a.safetensors"), "cpu")
    [found] = finder.find([picture], 0.3, 1)
    assert answer["labels"][0] == SMALL.classes[found.classes[0]]
    np.testing.assert_allclose(answer["boxes"][0], found.boxes[0], atol=0.01)
    assert min(answer["scores"]) >= 0.3


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = detector(tmp_path / "a.safetensors")
    found = read_weights(path)
    assert found.shape == SMALL
    assert len(found.sha256) == 64
    assert Detector.opens(str(path))
    for name, array in WEIGHTS.tensors.items():
        np.testing.assert_allclose(found.tensors[name], array, atol=2e-3)
    network = Module(SMALL)
    fill(network, found)
    assert all((array == found.tensors[name]).all() for name, array in arrays(network).items())


def test_boxes_are_parts_of_the_picture_whatever_its_ratio(tmp_path: Path) -> None:
    finder = OwnDetector(detector(tmp_path / "a.safetensors"), "cpu")
    wide = np.random.default_rng(0).integers(0, 256, (40, 100, 3)).astype(np.uint8)
    [one, other] = finder.find([wide, wide[:, :30]], 0.0, 20)
    assert len(one.scores) == 20
    assert (np.diff(one.scores) <= 0).all()
    assert ((other.boxes >= 0) & (other.boxes <= 1)).all()
    assert finder.facts["resolution"] == 64


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"classes": ["cat", "cat", "owl"]}, "names a class twice"),
        ({"classes": ["cat"]}, r"'class8\.out\.weight' is to be \[1, 8, 1, 1\]"),
        ({"size": 65}, "describes a network that there is not"),
        ({"more": 1}, "describes a network that there is not"),
    ],
)
def test_a_header_that_does_not_fit_is_a_sentence(tmp_path: Path, change: dict, said: str) -> None:
    config = {"classes": SMALL.classes, "size": 64, "widths": SMALL.widths, "neck": 8, **change}
    text = json.dumps({"version": 1, "family": "detector", "config": config})
    write_tensors(tmp_path / "a.safetensors", WEIGHTS.tensors, "float32", {"taxiway": text})
    with pytest.raises(UnreadableCheckpoint, match=said):
        read_weights(tmp_path / "a.safetensors")


def test_other_files_are_no_detector(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    assert not Detector.opens(str(tmp_path / "a.txt"))
    assert not Detector.opens(str(tmp_path))
    with pytest.raises(UnreadableCheckpoint, match="'a.txt' is no detector of Taxiway's"):
        read_weights(tmp_path / "a.txt")
    with pytest.raises(NotFound):
        read_weights(tmp_path / "b.safetensors")
    bad = {**WEIGHTS.tensors, "stem.mean": np.full(4, np.nan, np.float32)}
    write_weights(tmp_path / "a.safetensors", SMALL, bad)
    with pytest.raises(UnreadableCheckpoint, match="'stem.mean' that is no number in places"):
        read_weights(tmp_path / "a.safetensors")


def test_the_one_that_ships_finds_what_the_painter_painted() -> None:
    """AP50 of the card is of 300 scenes; that of these twelve may differ by some hundredths."""
    finder = OwnDetector(Path(catalog.spec(catalog.card("detector")).options["checkpoint"]), "cpu")
    there, found = [], []
    for seed in range(2_000_000, 2_000_012):
        scene = paint_boxes(seed)
        [one] = finder.find([scene.picture], 0.02, 100)
        found.append(one._replace(boxes=one.boxes * scene.picture.shape[0]))
        kinds = np.array([CLASSES.index(label) for label in scene.labels], int)
        boxes = np.array(scene.boxes, float).reshape(-1, 4)
        there.append(Found(boxes, kinds, np.ones(len(kinds))))
    assert list(finder.classes) == list(CLASSES)
    assert precision(found, there).ap50 > 0.85
