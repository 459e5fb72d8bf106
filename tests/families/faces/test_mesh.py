"""Points by a network of the user's: small ones of the same inputs and outputs as the real ones."""

import sys
import zipfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from skimage import data

from taxiway.core.errors import MissingDependency, NotFound, UnreadableCheckpoint
from taxiway.families.faces.mesh import PART
from taxiway.families.faces.model import Faces
from taxiway.vision.face_points import MESH

SIDE = 24
PICTURE = data.astronaut()[:256]


def points_of(count: int) -> Any:
    """Points of a square, x, y and depth: those of the eyes at a third and two thirds."""
    places = np.full((count, 3), SIDE / 2, np.float32)
    places[list(MESH[36:42])] = (SIDE / 3, SIDE / 2, 0)
    places[list(MESH[42:48])] = (2 * SIDE / 3, SIDE / 2, 0)
    return places


def network(path: Path, count: int = 468, last: bool = False, score: float = 9.0) -> Path:
    """A network that always gives these points, whatever it sees."""
    shape = [1, SIDE, SIDE, 3] if last else [1, 3, SIDE, SIDE]
    flat = points_of(count).reshape(1, 1, 1, -1)
    constants = {"none": np.zeros(1, np.float32), "places": flat, "sure": np.float32([score])}
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Mul", ["mean", "none"], ["zero"]),
        helper.make_node("Add", ["zero", "places"], ["points"]),
        helper.make_node("Add", ["zero", "sure"], ["face"]),
    ]
    graph = helper.make_graph(
        nodes,
        "mesh",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [
            helper.make_tensor_value_info("face", TensorProto.FLOAT, [1, 1, 1, 1]),
            helper.make_tensor_value_info("points", TensorProto.FLOAT, [1, 1, 1, 3 * count]),
        ],
        [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, ir_version=8, opset_imports=opset), path)
    return path


def asked(path: Path) -> Any:
    model = Faces()
    model.setup("cpu", {"checkpoint": str(path), "results": "boxes"})
    call = Faces.commands["detect_faces"].decode({"image": PICTURE})
    [answer] = model.predict("detect_faces", [call])
    return answer


@pytest.mark.parametrize(("count", "last"), [(468, False), (478, True)])
def test_its_points_come_back_to_where_the_face_is(tmp_path: Path, count: int, last: bool) -> None:
    answer = asked(network(tmp_path / "mesh.onnx", count, last))
    [face], [groups] = answer["faces"], answer["landmarks"]
    assert len(face) == len(answer["labels"]) == count
    assert answer["labels"][MESH[36]] == "left_eye"
    left, right = (np.mean(groups[f"{side}_eye"], 0) for side in ("left", "right"))
    eyes = np.array(answer["eyes"][0]) * [512, 256]
    assert (
        np.hypot(*((left + right) / 2 - eyes.mean(0))) < 60
    )  # the middle of the square is below the eyes
    slope = np.arctan2(*(right - left)[::-1]) - np.arctan2(*(eyes[1] - eyes[0])[::-1])
    assert abs(slope) < 0.02


def test_where_it_sees_no_face_points_are_by_proportion(tmp_path: Path) -> None:
    assert len(asked(network(tmp_path / "mesh.onnx", score=-3))["points"]) == 68


def test_what_is_no_such_network_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        asked(tmp_path / "none.onnx")
    with pytest.raises(UnreadableCheckpoint, match="gives no points of a face"):
        asked(network(tmp_path / "mesh.onnx", 500))
    other = tmp_path / "other.task"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("pose.tflite", b"")
    with pytest.raises(UnreadableCheckpoint, match="holds no face_landmarks_detector.tflite"):
        asked(other)
    assert not Faces.opens(str(other))


def test_a_task_file_is_opened_and_computed_by_mediapipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = tmp_path / "face_landmarker.task"
    with zipfile.ZipFile(task, "w") as archive:
        archive.writestr(PART, b"weights")
    assert Faces.opens(str(task))
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(MissingDependency, match="pip install mediapipe"):
        asked(task)
    for name, module in stand_in(task).items():
        monkeypatch.setitem(sys.modules, name, module)
    assert len(asked(task)["points"]) == 478


def stand_in(task: Path) -> dict[str, ModuleType]:
    """What of MediaPipe's tasks is used, as its documents have it."""
    names = ("mediapipe", "mediapipe.tasks", "mediapipe.tasks.python")
    modules = {name: ModuleType(name) for name in (*names, "mediapipe.tasks.python.vision")}
    for name, module in modules.items():
        module.__spec__ = SimpleNamespace(name=name)  # type: ignore[assignment]
        module.__path__ = []

    class Landmarker:
        @staticmethod
        def create_from_options(options: Any) -> "Landmarker":
            assert (options.base_options.model_asset_path, options.num_faces) == (str(task), 1)
            return Landmarker()

        def detect(self, image: Any) -> Any:
            assert image.data.shape[2] == 3
            seen = [SimpleNamespace(x=x / SIDE, y=y / SIDE) for x, y, _ in points_of(478)]
            return SimpleNamespace(face_landmarks=[seen])

    base, vision = modules["mediapipe.tasks.python"], modules["mediapipe.tasks.python.vision"]
    root: Any = modules["mediapipe"]
    root.Image, root.ImageFormat = SimpleNamespace, SimpleNamespace(SRGB=1)
    base.BaseOptions = SimpleNamespace  # type: ignore[attr-defined]
    vision.FaceLandmarker = Landmarker  # type: ignore[attr-defined]
    vision.FaceLandmarkerOptions = SimpleNamespace  # type: ignore[attr-defined]
    return modules
