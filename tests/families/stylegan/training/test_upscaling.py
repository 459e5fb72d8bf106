"""Lessons of an upscaler, and the flaws that it learns to mend."""

from copy import deepcopy
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import torch

from taxiway.checkpoint import Checkpoint
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.networks.upscaler import Upscaler
from taxiway.families.stylegan.training.export import arrays_of
from taxiway.families.stylegan.training.flaws import flawed, framed, grained, ringing
from taxiway.families.stylegan.training.painted_pictures import painted
from taxiway.families.stylegan.training.upscaling import (
    STATE,
    Lesson,
    Upscaling,
    finished,
    likeness,
    muted,
    taught,
)

TINY = Upscaling(width=8, deep=8, depth=1, plain=2, bf16=False)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return painted(range(6), 64)


def image_of(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1) / 127.5 - 1


def test_rings_come_beside_edges_and_nowhere_else() -> None:
    image = torch.ones(3, 64, 64)
    image[:, :, 32:] = -1
    change = (ringing(image, np.random.default_rng(1)) - image).abs()
    assert change[:, :, 24:40].max() > 0.1
    assert change[:, :, [0, -1]].max() < 0.02
    flat = torch.full((3, 64, 64), 0.5)
    torch.testing.assert_close(ringing(flat, np.random.default_rng(1)), flat)


def test_grain_is_faint_and_the_same_in_all_colours(pictures) -> None:
    image = image_of(pictures[0])
    grain = grained(image, np.random.default_rng(2)) - image
    assert 0 < grain.abs().mean() < 0.05
    torch.testing.assert_close(grain[0], grain[2], atol=1e-6, rtol=0)


def test_a_frame_is_at_one_side_only(pictures) -> None:
    image = image_of(pictures[0])
    sides = set()
    for seed in range(30):
        change = (framed(image, np.random.default_rng(seed)) - image).abs().sum(dim=0)
        assert change[4:-4, 4:-4].max() == 0
        edges = {"top": change[0], "left": change[:, 0], "low": change[-1], "right": change[:, -1]}
        sides.add(max(edges, key=lambda name: float(edges[name].mean())))
    assert len(sides) == 4


def test_some_are_spared_and_the_same_dice_give_the_same_flaws(pictures) -> None:
    images = torch.stack([image_of(picture) for picture in pictures]).repeat(5, 1, 1, 1)
    first, second = (flawed(images, np.random.default_rng(0)) for _ in range(2))
    assert torch.equal(first, second)
    spared = [torch.equal(one, image) for one, image in zip(first, images, strict=True)]
    assert 0 < sum(spared) < 12
    assert first.abs().max() <= 1.1001


def test_it_learns_and_its_average_follows(pictures) -> None:
    lesson = Lesson(TINY)
    before = deepcopy(lesson.average.state_dict())
    losses = [lesson.step(pictures) for _ in range(30)]
    assert np.isfinite(losses).all()
    assert lesson.steps == 30
    after = lesson.average.state_dict()
    assert all(not torch.equal(before[name], after[name]) for name in before)


def test_flawed_pictures_come_closer_to_their_pairs(pictures) -> None:
    lesson = Lesson(Upscaling(width=8, deep=8, depth=1, plain=0, bf16=False, rate=3e-3))
    losses = [lesson.step(pictures) for _ in range(80)]
    assert np.mean(losses[-30:]) < np.mean(losses[:30])


def test_a_saved_state_goes_on_bit_for_bit(pictures) -> None:
    lesson = Lesson(TINY)
    for _ in range(3):
        lesson.step(pictures)
    again = Lesson(TINY)
    again.restore(deepcopy(lesson.state()))
    assert lesson.step(pictures) == again.step(pictures)
    for name, tensor in lesson.average.state_dict().items():
        assert torch.equal(tensor, again.average.state_dict()[name]), name


def test_likeness_counts_pixels_and_slopes() -> None:
    image = torch.zeros(1, 3, 4, 4)
    assert likeness(image, image) == 0
    assert likeness(image + 1, image) == 1
    image[..., 2] = 1
    assert likeness(image, torch.zeros_like(image)) > 0.25 + 0.5


def test_lessons_go_on_with_what_is_in_the_folder(pictures, tmp_path: Path) -> None:
    assert taught(tmp_path, TINY, 2, pictures, Event()).steps == 2
    assert (tmp_path / STATE).exists()
    parts, whole = taught(tmp_path, TINY, 5, pictures, Event()), Lesson(TINY)
    for _ in range(5):
        whole.step(pictures)
    assert torch.equal(parts.average.last.weight, whole.average.last.weight)
    stop = Event()
    stop.set()
    assert taught(tmp_path, TINY, 9, pictures, stop).steps == 5


def test_a_finished_model_makes_larger_pictures(pictures) -> None:
    g = new_stylegan2(16, 64, 16, 2, z_dim=8, w_dim=8)
    lesson = Lesson(TINY)
    made = finished(Checkpoint(g.family, g.config, arrays_of(g), {}), lesson.average)
    assert build_generator(made).resolution == (64, 64)
    assert "upscaler" not in g.config


def test_muted_it_adds_less_colour_and_the_same_brightness() -> None:
    torch.manual_seed(0)
    upscaler, images = Upscaler(3, 8, 8, 1), torch.randn(1, 3, 16, 16)
    with torch.no_grad():
        full, half = upscaler.detail(images), muted(upscaler, 0.5).detail(images)
    grey = full.mean(dim=1, keepdim=True)
    assert torch.allclose(half, grey + 0.5 * (full - grey), atol=1e-5)
