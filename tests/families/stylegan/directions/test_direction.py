"""Directions: what they move, what is left of them without others, and their files."""

import functools
import json
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.families.stylegan.directions.components import Components, principal
from taxiway.families.stylegan.directions.direction import (
    direction,
    measured,
    read_directions,
    without,
    write_direction,
)
from taxiway.families.stylegan.directions.examples import from_examples, from_scores
from taxiway.latent.space import Shape

SHAPE = Shape(512, 512, 10)
UNIT = np.eye(512, dtype=np.float32)


@functools.cache
def samples(count: int = 4000) -> np.ndarray:
    """w of many sizes along many axes."""
    random = np.random.default_rng(1)
    turn = np.linalg.qr(random.standard_normal((512, 512)))[0]
    return random.standard_normal((count, 512)) * np.linspace(2, 0.3, 512) @ turn


@functools.cache
def known() -> Components:
    return principal([samples()])


@pytest.mark.smoke
def test_a_step_is_sigma_along_the_unit_vector() -> None:
    ws = np.zeros((2, 10, 512), np.float32)
    moved = direction("x", 5 * UNIT[3], 2.0).moved(ws, -1.5)
    assert np.unique(moved[:, :, 3]) == [-3.0]
    assert np.count_nonzero(moved) == 20
    assert not ws.any()


def test_only_the_chosen_layers_move() -> None:
    one = replace(direction("x", UNIT[3]), layers=(2, 7))
    moved = one.moved(np.zeros((10, 512)), 1.0)
    assert moved.any(axis=1).nonzero()[0].tolist() == [2, 7]


def test_nowhere_is_no_direction() -> None:
    with pytest.raises(InvalidArgument, match="'x' leads nowhere"):
        direction("x", np.zeros(512))


def test_sigma_is_what_w_varies_along_it() -> None:
    vector = np.random.default_rng(2).standard_normal(512)
    found = measured(direction("x", vector), known())
    along = samples() @ (vector / np.linalg.norm(vector))
    assert found.sigma == pytest.approx(along.std(ddof=1), rel=1e-4)


def test_without_others_nothing_of_them_is_left() -> None:
    a, b = direction("a", UNIT[0] + UNIT[1]), direction("b", UNIT[1] + 0.1 * UNIT[2])
    left = without(a, [b, direction("c", UNIT[2])])
    np.testing.assert_allclose(left.vector, UNIT[:1], atol=1e-6)
    layered = direction("l", np.tile(UNIT[1], (10, 1)))
    assert without(a, [layered]).vector.shape == (10, 512)
    with pytest.raises(InvalidArgument, match="Nothing is left of 'a' without b, a"):
        without(a, [b, a])


def test_a_score_planted_among_noise_is_found() -> None:
    w, random = samples(8000), np.random.default_rng(3)
    wanted = random.standard_normal(512)
    wanted /= np.linalg.norm(wanted)
    scores = w @ wanted + 0.2 * random.standard_normal(len(w))
    found = from_scores(w, scores, known())
    assert found.vector[0] @ wanted > 0.99


def test_equal_scores_have_no_direction() -> None:
    with pytest.raises(InvalidArgument, match="All pictures have the same 'mood'"):
        from_scores(samples(100), np.ones(100), known(), "mood")


def test_twenty_marked_pictures_show_the_way() -> None:
    components = known()
    wanted = components.axes[2]
    along = (samples() - components.mean) @ wanted
    order = along.argsort()
    found = from_examples(samples()[order[:10]], samples()[order[-10:]], components)
    assert found.vector[0] @ wanted > 0.7
    assert found.sigma > 0


def test_one_of_each_is_enough_and_none_is_not() -> None:
    found = from_examples(samples()[0], samples()[1], known(), "warm")
    assert found.name == "warm"
    with pytest.raises(InvalidArgument, match="at least one picture marked A"):
        from_examples(np.empty((0, 512)), samples()[:2], known())


def test_a_direction_is_read_as_it_was_written(tmp_path: Path) -> None:
    given = replace(direction("wärmer", UNIT[5], 1.5, "score"), layers=(1, 2), model="abc")
    write_direction(tmp_path / "d.npz", given)
    [found] = read_directions(tmp_path / "d.npz", SHAPE)
    np.testing.assert_array_equal(found.vector, given.vector)
    for name in ("name", "sigma", "layers", "model", "method"):
        assert getattr(found, name) == getattr(given, name)


def test_plain_arrays_of_others_are_read(tmp_path: Path) -> None:
    for name, shape in (("boundary", (1, 512)), ("plain", (512,))):
        np.save(tmp_path / f"{name}.npy", 4 * np.ones(shape))
        [found] = read_directions(tmp_path / f"{name}.npy", SHAPE)
        assert (found.name, found.sigma, found.vector.shape) == (name, 0.0, (1, 512))
        assert np.linalg.norm(found.vector) == pytest.approx(1)


def test_a_direction_by_layer_for_1024_pixels_is_cut(tmp_path: Path) -> None:
    vector = np.random.default_rng(0).standard_normal((18, 512)).astype(np.float32)
    np.save(tmp_path / "age.npy", vector)
    [found] = read_directions(tmp_path / "age.npy", SHAPE)
    moved = found.moved(np.zeros((10, 512)), 1.0)  # one step is the vector as filed
    np.testing.assert_allclose(moved, vector[:10], atol=1e-5)


def test_ganspace_brings_its_deviations(tmp_path: Path) -> None:
    path = tmp_path / "pca.npz"
    np.savez(path, lat_comp=UNIT[:4, None], lat_stdev=np.arange(1.0, 5), lat_mean=UNIT[:1])
    found = read_directions(path, SHAPE)
    assert [each.name for each in found] == ["pca-0", "pca-1", "pca-2", "pca-3"]
    assert [each.sigma for each in found] == [1, 2, 3, 4]


def test_sefa_has_its_directions_in_columns(tmp_path: Path) -> None:
    np.savez(tmp_path / "sefa.npz", eigvec=UNIT[:, :3] * 2)
    found = read_directions(tmp_path / "sefa.npz", SHAPE)
    assert [int(each.vector.argmax()) for each in found] == [0, 1, 2]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"direction": np.ones((1, 100))}, "has the shape 1x100; a direction is 512 numbers"),
        ({"direction": np.ones((1, 512)), "layers": np.array([12])}, "more than 10 layers"),
        ({"x": np.ones(100)}, "directions of 100 numbers; this model's w has 512"),
        ({"x": np.ones(512), "y": np.ones(512)}, "holds 2 arrays, not one"),
        ({"x": np.zeros(512)}, "leads nowhere"),
    ],
)
def test_what_is_no_direction_is_told(tmp_path: Path, arrays: dict, message: str) -> None:
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(InvalidArgument, match=message):
        read_directions(tmp_path / "x.npz", SHAPE)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps([1]))
    with pytest.raises(NotFound):
        read_directions(tmp_path / "none.npz", SHAPE)
    with pytest.raises(InvalidArgument):
        read_directions(tmp_path / "x.json", SHAPE)
