"""Faces: a photograph's face by every name that sketches read; no face is no error."""

from typing import Any

import numpy as np
import pytest
from skimage import data

from taxiway.core import extras
from taxiway.core.errors import MissingDependency
from taxiway.core.images import to_data_uri
from taxiway.families.faces.model import Faces
from taxiway.vision import faces as finding
from taxiway.vision.face_points import GROUPS, labels

COMMAND = Faces.commands["detect_faces"]


def asked(pixels: Any, results: str = "boxes", name: str = "image", **wire: Any) -> dict[str, Any]:
    """The answer as it goes over the wire."""
    model = Faces()
    model.setup("cpu", {"checkpoint": None, "results": results})
    [answer] = model.predict(
        "detect_faces", [COMMAND.decode({name: to_data_uri(pixels, "PNG"), **wire})]
    )
    assert np.abs(answer["image"].astype(int) - pixels).max() > 50 or not answer["faces"]
    return COMMAND.encode(answer, {})


def test_a_photograph_has_its_face_by_every_name() -> None:
    said = asked(data.astronaut(), name="input_image")
    [box], [face] = said["boxes"], said["faces"]
    np.testing.assert_allclose(box, [177 / 512, 66 / 512, 272 / 512, 161 / 512], atol=0.02)
    assert said["results"] == said["boxes"]
    assert said["points"] == face
    assert len(face) == len(said["labels"]) == 68
    [[left, right]], [groups] = said["eyes"], said["landmarks"]
    np.testing.assert_allclose([left, right], [[0.39, 0.2], [0.48, 0.2]], atol=0.02)
    assert list(groups) == list(GROUPS)
    np.testing.assert_allclose(np.mean(groups["left_eye"], 0), np.multiply(left, 512), atol=3)
    chin, lip = np.array(groups["chin"]), np.array(groups["bottom_lip"])
    assert chin[8, 1] == chin[:, 1].max() > lip[:, 1].max() > groups["nose_tip"][2][1]
    assert said["size"] == {"width": 512, "height": 512}


def test_sketches_of_2018_read_objects_in_pixels() -> None:
    [found] = asked(data.astronaut(), "objects")["results"]
    assert found["class"] == "face"
    np.testing.assert_allclose(found["bbox"], [177, 66, 95, 95], atol=6)


def test_several_faces_are_bounded_by_max_faces() -> None:
    two = np.concatenate([data.astronaut()[:256], data.astronaut()[:256, ::-1]], 1)
    assert len(asked(two)["faces"]) == 2
    assert len(asked(two, max_faces=1)["boxes"]) == 1


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (64, 64)], ids=str)
def test_a_picture_without_faces_has_empty_lists(size: tuple[int, int]) -> None:
    said = asked(np.full((*size, 3), 99, np.uint8))
    assert said["points"] == said["labels"] == said["faces"] == said["results"] == []


def test_a_mesh_names_its_points_too() -> None:
    for count in (468, 478):
        named = labels(count)
        assert len(named) == count
        assert set(named) == {*GROUPS, "face"}


def test_without_opencv_or_with_its_fifth_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Five:
        pass

    with monkeypatch.context() as patched:
        patched.setattr(finding, "opencv", lambda what: Five)
        with pytest.raises(MissingDependency, match="which 4 has and 5 has not"):
            Faces().setup("cpu", {"checkpoint": None, "results": "boxes"})
    monkeypatch.setattr(extras, "is_here", lambda module: module != "cv2")
    with pytest.raises(MissingDependency, match=r"faces needs OpenCV: .*taxiway install vision"):
        Faces().setup("cpu", {"checkpoint": None, "results": "boxes"})
