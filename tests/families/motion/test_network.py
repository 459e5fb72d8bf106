"""First-order motion by manifest, on small networks of the same inputs and outputs."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import save

import networks
from taxiway.catalog import catalog
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.core.images import to_data_uri
from taxiway.core.model import decode_options
from taxiway.families.motion.films import Manner
from taxiway.families.motion.model import Motion

STILL = np.zeros((64, 64, 3), np.uint8)
STILL[24:40, 16:32] = (0, 0, 120)  # a square that is moved
MANIFEST = networks.HEAD % "moved" + networks.MOVING


def started(folder: Path, finder: Any, mover: Any, manifest: str = MANIFEST) -> Motion:
    save(finder, str(folder / "finder.onnx"))
    save(mover, str(folder / "mover.onnx"))
    (folder / "moved.toml").write_text(manifest)
    card = catalog.choose(str(folder / "moved.toml"))
    assert (card.family, card.error) == ("motion", "")
    model = Motion()
    model.setup("cpu", decode_options(card.name, Motion, catalog.spec(card).options))
    return model


def frame(red: float, green: float, blue: float = 0, height: int = 64) -> Any:
    """A film's frame whose key points have gone so far, of 2 across and down."""
    levels = np.rint(255 * np.array([red, green, blue])).astype(np.uint8)
    return np.broadcast_to(levels, (height, 64, 3)).copy()


def animated(model: Motion, source: Any, pixels: Any, **wire: Any) -> Any:
    sent = {"source_image": to_data_uri(source, "PNG"), "driving_image": to_data_uri(pixels, "PNG")}
    [answer] = model.predict("animate", [model.commands["animate"].decode({**sent, **wire})])
    assert answer["image"] is answer["output"]
    return answer["image"].astype(int)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Motion:
    return started(tmp_path_factory.mktemp("motion"), networks.key_points(), networks.mover())


def test_the_picture_goes_where_the_film_s_points_go(model: Motion) -> None:
    """By half a picture's width for 1; the film's own place does not matter, only its way."""
    np.testing.assert_allclose(animated(model, STILL, frame(0.2, 0.1), restart=True), STILL, atol=2)
    moved = animated(model, STILL, frame(0.45, 0.225))
    right, down = round(0.25 * 31.5), round(0.125 * 31.5)
    assert moved[24 + down + 4, 16 + right + 4, 2] > 110
    assert moved[24 + 4, 16 + 2, 2] < 10
    further = animated(model, STILL, frame(0.45, 0.225), amount=2)
    assert further[24 + 2 * down + 4, 16 + 2 * right + 4, 2] > 110
    there = animated(model, STILL, frame(0.45, 0.225), use_relative_movement=False)
    own = STILL.mean(axis=(0, 1)) / 255  # where the picture's own points are
    right, down = (round(31.5 * (to - one)) for to, one in zip((0.45, 0.225), own, strict=False))
    assert there[24 + down + 4, 16 + right + 4, 2] > 105


def test_how_the_film_turns_is_carried_over(model: Motion) -> None:
    """Jacobians: now times the inverse of the first, times the picture's own."""
    animated(model, STILL, frame(0, 0, 0.2), restart=True)
    lighter = animated(model, STILL, frame(0, 0, 0.6))[0, 0, 0]
    own, first, now = (np.eye(2) + blue for blue in (STILL.mean(axis=(0, 1))[2] / 255, 0.2, 0.6))
    wanted = (now @ np.linalg.inv(first) @ own - own).mean()
    assert lighter == pytest.approx(255 * wanted, abs=3)


def test_any_size_goes_in_and_comes_out(model: Motion) -> None:
    wide = np.concatenate([STILL, STILL], axis=1)
    assert animated(model, wide, frame(0, 0, height=30)).shape == wide.shape
    assert animated(model, wide, frame(0, 0), crop_square=True).shape == (64, 64, 3)
    with pytest.raises(InvalidArgument, match="'driving_image' is missing"):
        model.commands["animate"].decode({"source_image": to_data_uri(STILL, "PNG")})


def test_networks_without_jacobians(tmp_path: Path) -> None:
    model = started(tmp_path, networks.key_points(32, False), networks.mover(32, False))
    animated(model, STILL, frame(0, 0))
    assert animated(model, STILL, frame(0.5, 0))[32, 16 + 16 + 4, 2] > 100
    assert model.facts["device"] == "cpu"
    assert model.mover.side == 32
    assert model.mover.begin(STILL, STILL).picture(STILL, Manner(1, True)).dtype == np.uint8


def named(mover: Any, **names: str) -> Any:
    """A network some of whose inputs have other names."""
    for each in mover.graph.input:
        each.name = names.get(each.name, each.name)
    for each in mover.graph.node:
        each.input[:] = [names.get(name, name) for name in each.input]
    return mover


def test_tensors_that_do_not_say_what_they_are_are_named(tmp_path: Path) -> None:
    names = {"kp_source_value": "a", "kp_driving_value": "b"}
    other = named(networks.mover(64, False), **names)
    with pytest.raises(InvalidArgument, match=r"which of these are .* \[motion.tensors\]"):
        started(tmp_path, networks.key_points(), other)
    said = MANIFEST + '\n[motion.tensors]\nsource_points = "a"\ndriving_points = "b"\n'
    model = started(tmp_path, networks.key_points(), other, said)
    animated(model, STILL, frame(0, 0))
    assert animated(model, STILL, frame(0.5, 0))[28, 16 + 16 + 4, 2] > 100
    with pytest.raises(InvalidArgument, match="takes no 'c', which the manifest names"):
        started(tmp_path, networks.key_points(), other, said.replace('"b"', '"c"'))


@pytest.mark.parametrize(
    ("finder", "mover", "words"),
    [
        (lambda: networks.key_points(64, False), networks.mover, "takes jacobians, and the"),
        (networks.mover, networks.mover, "network of key points takes one picture"),
        (networks.inverting, lambda: networks.mover(64, False), "key points gives none"),
        (networks.key_points, networks.inverting, r"has to say in \[motion.tensors\]"),
    ],
    ids=["no jacobians", "two alike", "no points", "no mover"],
)
def test_networks_of_another_kind_are_refused(
    finder: Any, mover: Any, words: str, tmp_path: Path
) -> None:
    with pytest.raises(Exception, match=words) as caught:
        started(tmp_path, finder(), mover())
    assert type(caught.value).__module__ == "taxiway.core.errors"


def test_a_part_of_it_is_not_enough(tmp_path: Path) -> None:
    (tmp_path / "moved.toml").write_text(MANIFEST)
    with pytest.raises(NotFound, match=r"'mover\.onnx' not here"):
        catalog.choose(str(tmp_path / "moved.toml"))
    save(networks.mover(), str(tmp_path / "mover.onnx"))
    with pytest.raises(InvalidArgument, match=r"'key_points' is missing: run a network by its man"):
        Motion().setup("cpu", {"checkpoint": "mover.onnx", "key_points": None, "manifest": "m"})
    card = catalog.choose(str(tmp_path / "moved.toml"))
    with pytest.raises(TaxiwayError, match=r"finder\.onnx"):
        Motion().setup("cpu", decode_options("moved", Motion, catalog.spec(card).options))
