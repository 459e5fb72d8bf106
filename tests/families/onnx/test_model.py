"""The family from end to end: files, manifests, queries."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper

import networks
from paths import FIXTURES
from taxiway.catalog import catalog
from taxiway.checkpoint import read_checkpoint
from taxiway.core import slots
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.core.model import decode_options
from taxiway.families.onnx.model import OnnxFamily
from taxiway.families.stylegan.networks.onnx_model import facts_of, onnx_model
from taxiway.onnx_files.lab import lightness
from taxiway.vision import face_points

PHOTO = np.random.default_rng(1).integers(0, 255, (40, 56, 3), np.uint8)


def started(path: Path, **options: Any) -> OnnxFamily:
    card = catalog.choose(str(path))
    given = {**catalog.spec(card).options, **options}
    model = OnnxFamily()
    model.setup("cpu", decode_options(card.name, OnnxFamily, given))
    return model


def ask(model: OnnxFamily, **wire: Any) -> Any:
    [command] = model.commands.values()
    [answer] = model.predict(command.name, [command.decode(wire)])
    if isinstance(answer, Exception):
        raise answer
    assert answer.keys() == command.outputs.keys()
    assert command.encode(answer, {}).keys() == command.outputs.keys()
    return answer


@pytest.fixture(autouse=True)
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))


BACKENDS = ("openvino", "onnxruntime")


@pytest.mark.parametrize("backend", BACKENDS)
def test_style_transfer_by_the_names_of_both_generations(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = slots.members

    def members(slot: str) -> Any:
        return [backend] if slot == "backends" else known(slot)

    monkeypatch.setattr(slots, "members", members)
    path = networks.write(tmp_path, "mosaic", networks.inverting(), networks.STYLE)
    model = started(path)
    assert list(model.commands) == ["stylize"]
    answer = ask(model, contentImage=PHOTO)
    assert_near(answer["output"], 255 - PHOTO)
    np.testing.assert_array_equal(answer["stylizedImage"], answer["output"])
    assert (model.facts["device"], model.facts["backend"]) == ("cpu", backend)
    command = model.commands["stylize"]
    assert command.max_batch == 8
    wires = [{"image": PHOTO}, {"image": 255 - PHOTO}, {"image": PHOTO[:20]}]
    first, second, other = model.predict("stylize", list(map(command.decode, wires)))
    assert_near(first["output"], 255 - PHOTO)
    assert_near(second["output"], PHOTO)
    assert_near(other["output"], 255 - PHOTO[:20])


def assert_near(pixels: Any, wanted: Any) -> None:
    """Alike to what bfloat16 keeps of levels."""
    assert pixels.shape == wanted.shape
    assert np.abs(pixels.astype(int) - wanted).max() <= 2


def test_a_network_of_u2nets_kind_cuts_out(tmp_path: Path) -> None:
    path = networks.write(tmp_path, "u2netp", networks.salient(), networks.SALIENT)
    model = started(path)
    photo = np.zeros((64, 96, 3), np.uint8)
    photo[:, 48:] = 200
    answer = ask(model, image=photo)
    assert answer["image"].shape == (64, 96, 4)
    np.testing.assert_array_equal(answer["image"][..., :3], photo)
    assert answer["image"][32, 8, 3] == 0
    assert answer["image"][32, 88, 3] == 255
    assert answer["mask"].shape == (64, 96, 3)
    assert ask(model, image=photo, invert=True)["image"][32, 88, 3] == 0
    assert model.commands["convert"].outputs["image"].default_output_format == "PNG"


def test_depth_by_the_names_of_both_generations(tmp_path: Path) -> None:
    path = networks.write(tmp_path, "depth", networks.nearness(), networks.DEPTH)
    model = started(path)
    photo = np.repeat(np.linspace(0, 255, 112).astype(np.uint8)[None, :, None], 70, 0)
    photo = np.repeat(photo, 3, 2)
    answer = ask(model, image=photo)
    depth = answer["depth_image"].astype(int)
    assert depth.shape == photo.shape
    assert np.all(np.diff(depth[35, :, 0]) >= 0)
    assert (depth.min(), depth.max()) == (0, 255)
    np.testing.assert_array_equal(answer["depth_map"], answer["depth_image"])
    fire = ask(model, image=photo, colours="fire")["depth_image"]
    assert fire[35, 80, 0] > fire[35, 80, 2] + 50


def test_colours_come_under_the_pictures_own_light(tmp_path: Path) -> None:
    path = networks.write(tmp_path, "colour", networks.colouring(), networks.COLOUR)
    model = started(path)
    grey = np.full((30, 50, 3), 128, np.uint8)
    grey[10:20] = 90
    red = ask(model, image=grey)["image"].astype(int)
    assert red.shape == grey.shape
    assert red[0, 0, 0] > red[0, 0, 2] + 60
    light = lightness(red.astype(np.float32))[..., 0] - lightness(grey.astype(np.float32))[..., 0]
    assert np.abs(light).max() < 0.6
    assert_near(ask(model, image=grey, strength=0)["image"], grey)


def test_line_art(tmp_path: Path) -> None:
    model = started(networks.write(tmp_path, "lines", networks.lines(), networks.LINES))
    photo = np.zeros((40, 64, 3), np.uint8)
    photo[:, 32:] = 255
    answer = ask(model, image=photo)["image"]
    assert answer.shape == photo.shape
    assert answer[20, 31, 0] == 0
    assert answer[20, 10, 0] == answer[20, 50, 0] == 255


def test_pictures_of_any_size_are_enlarged_part_by_part(tmp_path: Path) -> None:
    model = started(networks.write(tmp_path, "large", networks.enlarging(), networks.ENLARGE))
    for photo in (PHOTO, PHOTO[:9, :11]):
        wanted = np.repeat(np.repeat(photo, 4, 0), 4, 1)
        assert_near(ask(model, image=photo)["upscaled"], wanted)


DETR = {"logits": [[[9.0, -9, -9], [-9, 2, -9], [-9, -9, -9]]],
        "pred_boxes": [[[0.5, 0.5, 0.5, 0.25], [0.25, 0.5, 0.5, 1], [0.5, 0.5, 1, 1]]]}  # fmt: skip
READY = [[[16, 24, 48, 40, 1, 0], [17, 24, 48, 40, 0.7, 0], [0, 0, 32, 64, 0.88, 1]]]
YOLO8 = [[[32, 32, 16, 8], [32, 32, 32, 8], [32, 30, 32, 8], [16, 16, 64, 8],
          [1, 0.7, 0, 0], [0, 0, 0.88, 0], [0, 0, 0, 0]]]  # fmt: skip


def yolox() -> Any:
    """Numbers for 64 pixels' 84 cells: one box of 32x16 in the middle, one at the left."""
    rows = np.zeros((1, 84, 8))
    rows[0, 4 * 8 + 4] = [0, 0, np.log(4), np.log(2), 1, 1, 0, 0]
    rows[0, 64 + 2 * 4 + 1] = [0, 0, np.log(2), np.log(4), 0.88, 0, 1, 0]
    return rows


def anchored() -> Any:
    """Two anchors in 4x4 cells of 64 pixels: a box of 32x16 in the middle, one at the left."""
    cells = np.full((1, 4, 4, 2, 8), -99.0)
    cells[..., 4:] = 0
    cells[0, 1, 1, 1] = [99, 99, 0, np.log(0.5), 1, 1, 0, 0]
    cells[0, 1, 1, 0] = [-99, 99, np.log(4), np.log(8), 0.88, 0, 1, 0]
    return cells


@pytest.mark.parametrize(
    ("arrays", "decode"),
    [
        (DETR, 'decode = "detr"\ntensor = ["logits", "pred_boxes"]'),
        ({"found": READY}, 'decode = "corners"'),
        ({"output0": YOLO8}, 'decode = "yolo"'),
        ({"output": yolox()}, 'decode = "yolox"'),
        ({"output": anchored()}, 'decode = "anchors"\nanchors = [[8, 8], [32, 32]]'),
    ],
    ids=["detr", "corners", "yolo", "yolox", "anchors"],
)
def test_detectors_of_all_kinds_give_objects_by_every_name(
    arrays: dict[str, Any], decode: str, tmp_path: Path
) -> None:
    network = networks.constants(arrays)
    path = networks.write(tmp_path, "seen", network, networks.OBJECTS % ("", decode))
    model = started(path)
    answer = ask(model, image=PHOTO)
    assert answer["labels"] == answer["classes"] == ["bow", "cloud"]
    np.testing.assert_allclose(answer["scores"], [1, 0.88], atol=0.01)
    np.testing.assert_allclose(answer["boxes"][0], [0.25, 0.375, 0.75, 0.625], atol=0.02)
    np.testing.assert_allclose(answer["boxes"][1], [0, 0, 0.5, 1], atol=0.02)
    assert answer["bounding_boxes"] == answer["bboxes"] == answer["boxes"]
    assert answer["size"] == {"width": PHOTO.shape[1], "height": PHOTO.shape[0]}
    assert answer["results"][0]["class"] == "bow"
    np.testing.assert_allclose(answer["results"][0]["bbox"], [14, 15, 28, 10], atol=1)
    assert ask(model, image=PHOTO, threshold=0.95)["labels"] == ["bow"]


def test_boxes_of_a_picture_with_borders_are_the_pictures_own(tmp_path: Path) -> None:
    fit = 'fit = "contain"\nsize = [64, 64]\nalign = "top-left"\npad = 114'
    network = networks.constants({"found": [[[0, 0, 32, 16, 1, 2]]]})
    decode = 'decode = "corners"'
    path = networks.write(tmp_path, "seen", network, networks.OBJECTS % (fit, decode))
    answer = ask(started(path), image=np.zeros((50, 100, 3), np.uint8))
    np.testing.assert_allclose(answer["boxes"], [[0, 0, 0.5, 0.5]], atol=1e-6)
    assert answer["labels"] == ["pond"]


def heatmaps() -> Any:
    maps = np.zeros((1, 2, 16, 16))
    maps[0, 0, 4, 8], maps[0, 1, 12, 3] = 1, 1
    return maps


@pytest.mark.parametrize(
    ("array", "decode"),
    [([[34.0, 18, 14, 50]], "points"), (heatmaps(), "heatmap")],
    ids=["points", "heatmap"],
)
def test_landmarks(array: Any, decode: str, tmp_path: Path) -> None:
    path = networks.write(
        tmp_path, "face", networks.constants({"out": array}), networks.POINTS % decode
    )
    answer = ask(started(path), image=PHOTO)
    assert answer["labels"] == ["nose", "mouth"]
    np.testing.assert_allclose(
        answer["points"], [[34 / 64, 18 / 64], [14 / 64, 50 / 64]], atol=0.01
    )
    assert answer["faces"] == [answer["points"]]
    [landmarks] = answer["landmarks"]
    nose = np.array(answer["points"][0]) * [PHOTO.shape[1], PHOTO.shape[0]]
    np.testing.assert_allclose(landmarks["nose"], [nose])


@pytest.mark.parametrize("count", [68, 468, 478])
def test_points_of_a_face_are_in_the_old_groups(count: int, tmp_path: Path) -> None:
    places = np.stack([np.arange(count), np.arange(count) / 2], 1)[None] / count * 64
    manifest = (networks.POINTS % "points").replace('names = ["nose", "mouth"]\n', "")
    path = networks.write(tmp_path, "face", networks.constants({"out": places}), manifest)
    answer = ask(started(path), image=np.zeros((100, 200, 3), np.uint8))
    assert answer["labels"] == face_points.labels(count)
    assert len(answer["points"]) == count
    pixels = np.array(answer["points"]) * [200, 100]
    wanted = face_points.grouped(pixels)
    assert {*answer["landmarks"][0]} == {*face_points.GROUPS}
    for group, members in wanted.items():
        np.testing.assert_allclose(answer["landmarks"][0][group], members)
    assert answer["size"] == {"width": 200, "height": 100}


def test_first_order_motion_takes_two_pictures(tmp_path: Path) -> None:
    path = networks.write(tmp_path, "motion", networks.moving(), networks.MOTION)
    model = started(path)
    dark, light = np.zeros((32, 32, 3), np.uint8), np.full((64, 48, 3), 200, np.uint8)
    answer = ask(model, source_image=dark, driving_image=light)
    assert_near(answer["image"], dark + np.uint8(100))
    np.testing.assert_allclose(answer["points"], [[0, 0], [0.5, 0.5], [1, 0.75]], atol=0.01)
    with pytest.raises(InvalidArgument, match="'driving_image' is missing"):
        ask(model, source_image=dark)


def test_every_type_goes_in_and_comes_out(tmp_path: Path) -> None:
    path = networks.write(tmp_path, "all", networks.everything(), networks.EVERYTHING)
    model = started(path)
    ids = np.zeros((16, 16), np.uint8)
    ids[8:] = 1
    given = {
        "number": 0.5, "vector": [1, 2, 3, 4], "word": "b", "box": [0, 0, 0.5, 1],
        "list": [[1, 2], [3, 4]], "text": "grüß", "map": ids,
    }  # fmt: skip
    answer = ask(model, **given)
    for name in ("number", "word", "box", "list", "text"):
        assert answer[name] == given[name], name
    assert answer["vector"].tolist() == [1, 2, 3, 4]
    np.testing.assert_array_equal(answer["map"], ids)
    assert ask(model, **{**given, "number": None, "text": None})["text"] == "hello"
    with pytest.raises(InvalidArgument, match="'list' takes 1x2x2 numbers, got 1x1x3"):
        ask(model, **{**given, "list": [1, 2, 3]})
    with pytest.raises(InvalidArgument, match="'list' takes 1x2x2 numbers, a list of lists"):
        ask(model, **{**given, "list": [[1], [2, 3]]})


def test_a_manifest_may_be_inside_the_file(tmp_path: Path) -> None:
    network = networks.inverting()
    text = networks.HEAD % "inside" + networks.STYLE
    network.metadata_props.add(key="taxiway", value=text)
    path = networks.write(tmp_path, "mosaic", network)
    card = catalog.choose(str(path))
    assert (card.name, card.title, card.licence) == ("inside", "Tried", "CC0-1.0")
    assert_near(ask(started(path), image=PHOTO)["output"], 255 - PHOTO)


def test_what_taxiway_wrote_as_onnx_is_played(tmp_path: Path) -> None:
    checkpoint = read_checkpoint(FIXTURES / "stylegan2-ada_32.pkl")
    path = tmp_path / "small.onnx"
    path.write_bytes(onnx_model(checkpoint, facts_of(checkpoint)))
    model = started(path, precision="float32")
    command = model.commands["convert"]
    assert list(command.inputs) == ["z", "truncation", "seed", "format"]
    assert list(command.outputs) == ["image"]
    expected = np.load(FIXTURES / "stylegan2-ada_32.npz")
    answer = ask(model, z=expected["z"][0], truncation=0.7)
    assert_near(answer["image"], expected["uint8_psi0.7_noise_const"][0])


def test_a_file_alone_is_taken_as_its_shapes_say(tmp_path: Path) -> None:
    path = networks.write(tmp_path, "Lines 2", networks.lines())
    card = catalog.choose(str(path))
    assert (card.name, card.family) == ("lines-2", "onnx")
    assert "no manifest says what its numbers mean" in card.summary
    model = started(path)
    assert list(model.commands["convert"].inputs) == ["x", "format"]
    assert ask(model, x=PHOTO)["y"].shape == PHOTO.shape
    unknown = networks.network(
        [networks.node("Identity", ["a"], "b")],
        [networks.value("a", [1, "rows", "columns"])],
        [networks.value("b", [1, "rows", "columns"])],
    )
    with pytest.raises(InvalidArgument, match="what they are, a manifest must say; put x.toml"):
        catalog.choose(str(networks.write(tmp_path, "x", unknown)))


WRONG = {
    "size": ("size = [48, 48]", "makes 'image' 48x48, the network takes 32x32 as 'input.1'"),
    "channels": ('channels = "RGBA"', "gives 'image' 4 channels, the network takes 3"),
    "fit": ('fit = "native"', "leaves 'image' its own size, the network takes 32x32 only"),
    "layout": ('layout = "NHWC"', "the network takes 32 as 'input.1'"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_fit_is_a_sentence_before_it_runs(what: str, tmp_path: Path) -> None:
    line, said = WRONG[what]
    manifest = networks.SALIENT.replace('tensor = "input.1"', f'tensor = "input.1"\n{line}')
    path = networks.write(tmp_path, "u2netp", networks.salient(), manifest)
    with pytest.raises(InvalidArgument, match=re.escape(said)):
        started(path)


def test_tensors_that_are_not_there_are_told(tmp_path: Path) -> None:
    for before, after, said in (
        ('"1959"', '"2000"', "names the tensor '2000'. There are: 1959, 1960"),
        ('"input.1"', '"x"', "names the tensor 'x'. There are: input.1."),
    ):
        manifest = networks.SALIENT.replace(before, after)
        path = networks.write(tmp_path, "u2netp", networks.salient(), manifest)
        with pytest.raises(InvalidArgument, match=re.escape(said)):
            started(path)
    one = networks.MOTION[networks.MOTION.index('[[onnx.input]]\nname = "driving') :]
    path = networks.write(tmp_path, "motion", networks.moving(), one)
    with pytest.raises(InvalidArgument, match="The network takes 'source' too"):
        started(path)


def cyclic() -> Any:
    """Two sums that wait for each other."""
    nodes = [networks.node("Add", ["x", "b"], "a"), networks.node("Add", ["x", "a"], "b")]
    picture = [1, 3, 16, 16]
    graph = helper.make_graph(
        nodes, "g", [networks.value("x", picture)], [networks.value("b", picture)]
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def reshaping(shape: Any, kind: str = "Reshape") -> Any:
    """A network whose declared output is not what it computes."""
    return networks.network(
        [networks.node(kind, ["x", "shape"], "y")],
        [networks.value("x", ["n", 3, "h", "w"])],
        [networks.value("y", ["n", 3, "h", "w"])],
        {"shape": np.int64(shape)},
    )


FAILING: dict[str, Callable[[], Any]] = {
    "cyclic": cyclic,
    "wrong shape": lambda: reshaping([1, 3, 7, 11]),
    "huge": lambda: reshaping([2**16, 3, 2**14, 2**14], "Expand"),
}


@pytest.mark.parametrize("what", FAILING)
def test_a_network_that_fails_is_one_sentence(what: str, tmp_path: Path) -> None:
    path = networks.write(tmp_path, "broken", FAILING[what]())
    with pytest.raises(TaxiwayError) as told:
        started(path)
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 1000


def test_a_call_that_fails_is_one_sentence_and_hurts_no_other(tmp_path: Path) -> None:
    path = networks.write(tmp_path, "lines", reshaping([1, 3, 256, 256]))
    model = started(path)
    command = model.commands["convert"]
    wires = [np.zeros(size, np.uint8) for size in ((256, 256, 3), (8, 8, 3), (256, 256, 3))]
    answers = model.predict("convert", [command.decode({"x": pixels}) for pixels in wires])
    assert [isinstance(each, TaxiwayError) for each in answers] == [False, True, False]
    assert str(answers[1]).startswith("The network failed: ")
