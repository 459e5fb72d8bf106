"""The landscape as a model: what it takes, under the names of Runway's SPADE, and what z does."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from taxiway.catalog import catalog
from taxiway.core.errors import UnreadableCheckpoint
from taxiway.core.images import to_data_uri
from taxiway.families.landscape.given import fitted, smoothed
from taxiway.families.landscape.labels import (
    LABEL_TO_COLOR,
    LABEL_TO_ID,
    OFFERED,
    materials,
)
from taxiway.families.landscape.model import Landscape
from taxiway.live.tiles import plays_live
from taxiway.painting.materials import MATERIALS

COMMAND = Landscape.commands["convert"]
GRASS, SEA = (np.array(LABEL_TO_COLOR[name], np.uint8) for name in ("grass", "sea"))


@pytest.fixture(scope="module")
def landscape() -> Landscape:
    model = Landscape()
    options = catalog.spec(catalog.card("landscape")).options
    model.setup("cpu", {"precision": "float32", **options})
    return model


def painted(model: Landscape, **wire: Any) -> np.ndarray[Any, Any]:
    call = COMMAND.decode({"size": 128, **wire})
    answer = model.predict("convert", [call])[0]
    np.testing.assert_array_equal(answer["output"], answer["image"])
    pixels: np.ndarray[Any, Any] = answer["output"]
    return pixels.astype(int)


def meadow(below: np.ndarray[Any, Any] = GRASS) -> np.ndarray[Any, Any]:
    picture = np.empty((64, 64, 3), np.uint8)
    picture[:32], picture[32:] = LABEL_TO_COLOR["sky"], below
    return picture


def test_its_labels_are_those_of_runways_spade() -> None:
    field = COMMAND.describe()["inputs"][0]
    assert (field["name"], field["type"]) == ("semantic_map", "segmentation")
    known = {"unlabeled": 0, "grass": 124, "sky": 156, "clouds": 105, "sea": 154, "river": 148,
             "tree": 169, "mountain": 134}  # fmt: skip
    assert {name: field["labelToId"][name] for name in known} == known
    assert field["labelToColor"]["sea"] == [54, 62, 167]
    assert sorted(field["labelToId"].values()) == list(range(len(field["labels"])))
    assert set(OFFERED) <= set(field["labels"])
    assert [output["name"] for output in COMMAND.describe()["outputs"]] == ["output", "image"]
    assert plays_live(COMMAND)


@pytest.mark.parametrize(
    ("label", "material"),
    [("sea", "sea"), ("sand", "sand"), ("straw", "sand"), ("bush", "tree"), ("road", "rock"),
     ("house", "hill"), ("unlabeled", "sky"), ("flower", "flowers"), ("keyboard", "rock")],
)  # fmt: skip
def test_every_label_is_some_material(label: str, material: str) -> None:
    assert MATERIALS[materials()[LABEL_TO_ID[label]]] == material


def test_every_label_has_a_colour_of_its_own() -> None:
    colours = np.array([LABEL_TO_COLOR[label] for label in LABEL_TO_ID], float)
    apart = np.linalg.norm(colours[:, None] - colours, axis=-1) + 255 * np.eye(len(colours))
    assert apart.min() > 20
    assert 0 <= colours.min() <= colours.max() <= 255


def test_what_is_offered_is_itself() -> None:
    found = [MATERIALS[materials()[LABEL_TO_ID[label]]] for label in OFFERED]
    assert [name.replace("flowers", "flower") for name in found] == list(OFFERED)


def test_nothing_given_is_the_example_and_is_always_the_same(landscape: Landscape) -> None:
    picture = painted(landscape)
    assert picture.shape == (128, 128, 3)
    assert picture.std() > 20
    np.testing.assert_array_equal(picture, painted(landscape))


def test_the_picture_follows_the_map(landscape: Landscape) -> None:
    green, blue = (painted(landscape, semantic_map=to_data_uri(meadow(below), "PNG"))
                   for below in (GRASS, SEA))  # fmt: skip
    below = (green - blue)[80:]
    assert np.abs(below).mean() > 12
    assert np.abs((green - blue)[:40]).mean() < 6
    assert below[..., 1].mean() > below[..., 2].mean() + 10  # grass is greener than the sea


def test_z_is_the_hour_and_a_seed_is_its_z(landscape: Landscape) -> None:
    z = np.random.RandomState(5).randn(512).tolist()
    np.testing.assert_array_equal(painted(landscape, seed=5), painted(landscape, z=z))
    others = [painted(landscape, seed=seed) for seed in range(6)]
    apart = [np.abs(one - other).mean() for one in others for other in others if one is not other]
    assert min(apart) > 4
    assert np.mean(apart) > 15


def test_jpegs_and_strange_colours_are_read_as_the_nearest_label(landscape: Landscape) -> None:
    exact = meadow()
    image = io.BytesIO()
    Image.fromarray(exact).resize((256, 256), Image.Resampling.BICUBIC).save(image, "JPEG")
    jpeg = np.asarray(Image.open(image))
    plain = painted(landscape, semantic_map=to_data_uri(exact, "PNG"))
    lossy = painted(landscape, semantic_map=to_data_uri(jpeg, "JPEG"))
    assert np.abs(lossy - plain).mean() < 4
    noise = np.random.default_rng(0).integers(0, 256, (40, 90, 3)).astype(np.uint8)
    assert painted(landscape, semantic_map=to_data_uri(noise, "PNG")).shape == (64, 128, 3)


@pytest.mark.parametrize(
    ("shape", "size", "expected"),
    [((512, 512), 256, (256, 256)), ((300, 1000), 256, (64, 256)), ((1, 999), 128, (32, 128)),
     ((5, 5), 130, (128, 128)), ((9, 16), 512, (288, 512))],
)  # fmt: skip
def test_any_shape_of_map_becomes_one_that_the_network_takes(
    shape: tuple[int, int], size: int, expected: tuple[int, int]
) -> None:
    assert fitted(np.zeros(shape, np.uint8), size).shape == expected


def test_only_specks_are_smoothed_away() -> None:
    drawn = np.zeros((64, 64), np.uint8)
    drawn[30:] = MATERIALS.index("grass")
    np.testing.assert_array_equal(smoothed(drawn), drawn)
    specked = drawn.copy()
    specked[5:60:7, 3:60:5] = MATERIALS.index("rock")
    assert (smoothed(specked) != drawn).mean() < 0.02


def test_another_network_is_refused_in_a_sentence(tmp_path: Any) -> None:
    onnx = pytest.importorskip("onnx")
    value = onnx.helper.make_tensor_value_info
    nodes = [onnx.helper.make_node("Relu", ["x"], ["y"])]
    graph = onnx.helper.make_graph(nodes, "g", [value("x", 1, [1, 3])], [value("y", 1, [1, 3])])
    path = tmp_path / "other.onnx"
    path.write_bytes(onnx.helper.make_model(graph).SerializeToString())
    with pytest.raises(UnreadableCheckpoint, match=r"'other\.onnx' is no network of a landscape"):
        Landscape().setup("cpu", {"checkpoint": path, "precision": "float32"})
