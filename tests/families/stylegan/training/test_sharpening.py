"""An upscaler that is taught on a generator's own pictures, by judges of detail."""

from copy import deepcopy
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from taxiway.families.stylegan.networks.generator import truncate
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.networks.upscaler import Upscaler
from taxiway.families.stylegan.training import sharpening
from taxiway.families.stylegan.training.painted_pictures import painted, reduced
from taxiway.families.stylegan.training.sharpening import (
    CROP,
    FREE,
    MARGIN,
    RIM,
    WINDOW,
    Sharpening,
    SharpLesson,
    crop,
    own_frame,
    own_images,
    sharpened,
)

FEW = Sharpening(batch=3, pairs=1, bf16=False)
SIZE = 64


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return painted(range(3), 4 * SIZE)


@pytest.fixture(scope="module")
def small(pictures: np.ndarray) -> np.ndarray:
    return reduced(pictures, SIZE).transpose(0, 3, 1, 2) / np.float16(127.5) - np.float16(1)


def lesson(small: np.ndarray, pictures: np.ndarray, settings: Sharpening = FEW) -> SharpLesson:
    torch.manual_seed(0)
    return SharpLesson(Upscaler(3, 8, 8, 1), small, pictures, settings)


def test_windows_lie_within_what_a_crop_knows() -> None:
    dice, starts = np.random.default_rng(0), set[int]()
    rows = np.arange(CROP)
    for _ in range(300):
        found = crop(128, dice)
        starts.add(found.start)
        first, last = found.start == 0, found.start == 128 - CROP
        assert 0 <= found.start <= 128 - CROP
        assert found.window >= (0 if first else 4 * MARGIN)
        assert found.window + WINDOW <= 4 * (CROP if last else CROP - MARGIN)
        stays = set(rows[found.staying()])
        ends = (FREE if first else MARGIN), (FREE if last else MARGIN)
        assert (min(stays), CROP - 1 - max(stays)) == ends
        rims = set(rows[found.known()]) - set(rows[found.inside()])
        wanted = {*(range(RIM) if first else ()), *(range(CROP - RIM, CROP) if last else ())}
        assert rims == wanted
        turned = found.turned()
        assert turned.turned() == found
        assert turned.window + WINDOW == 4 * CROP - found.window
    assert {0, 128 - CROP} < starts


def test_pairs_belong_together_turned_or_not(small, pictures) -> None:
    taught, dice = lesson(small, pictures), np.random.default_rng(1)
    for _ in range(8):
        given, wanted, *_ = taught._pair(dice)
        inside = (given - F.avg_pool2d(wanted[None], 4)[0])[:, 8:-8, 8:-8]
        other = (given.flip(2) - F.avg_pool2d(wanted[None], 4)[0])[:, 8:-8, 8:-8]
        assert inside.abs().mean() < other.abs().mean()


def test_a_frame_is_found_where_there_is_one() -> None:
    slope = torch.linspace(-1, 1, 64)[None, :, None].expand(3, 64, 64)
    assert own_frame(slope).abs().max() < 1e-5
    framed = slope.clone()
    framed[:, 60:] += torch.tensor([0.1, 0.2, 0.3, 0.4])[:, None]
    frame = own_frame(framed)
    assert torch.allclose(frame[:, 60:, 8:-8], (framed - slope)[:, 60:, 8:-8], atol=1e-5)
    assert frame[:, :56, 8:-8].abs().max() < 1e-5


def test_every_weight_learns_and_the_average_follows(small, pictures) -> None:
    taught = lesson(small, pictures)
    before = deepcopy(taught.state())
    told = [taught.step() for _ in range(3)]
    assert all(np.isfinite(list(losses.values())).all() for losses in told)
    for part in ("upscaler", "average", "judges"):
        for name, tensor in taught.state()[part].items():
            assert not torch.equal(tensor, before[part][name]), (part, name)


def test_without_judges_what_the_generator_said_comes_back(small, pictures) -> None:
    plain = Sharpening(batch=2, pairs=1, bf16=False, judged=0.0, even=0.0, paired=0.0,
                       strong=0.0, rate=6e-3)  # fmt: skip
    taught = lesson(small, pictures, plain)
    torch.nn.init.normal_(taught.upscaler.last.weight, std=0.3)
    kept = [taught.step()["kept"] for _ in range(12)]
    assert np.mean(kept[-2:]) < 0.7 * np.mean(kept[:2])


def test_a_frame_goes_where_it_costs(small, pictures) -> None:
    framed = small.copy()
    framed[:, :, :2] -= np.float16(0.3)
    framed[:, :, :, -2:] += np.float16(0.3)
    plain = Sharpening(batch=3, pairs=1, bf16=False, judged=0.0, kept=0.0, paired=0.0,
                       strong=0.0, rate=6e-3)  # fmt: skip
    taught = lesson(framed, pictures, plain)
    even = [taught.step()["even"] for _ in range(20)]
    assert np.mean(even[-5:]) < 0.8 * np.mean(even[:5])


def test_detail_comes_to_be_as_strong_as_it_should(small, pictures) -> None:
    plain = Sharpening(batch=3, pairs=1, bf16=False, judged=0.0, kept=0.0, paired=0.0, even=0.0,
                       rate=6e-3)  # fmt: skip
    taught = lesson(small, pictures, plain)
    strong = [taught.step()["strong"] for _ in range(12)]
    assert strong[-1] < 0.7 * np.mean(strong[:3])


def test_judges_learn_to_tell_soft_from_sharp(small, pictures) -> None:
    taught = lesson(small, pictures, Sharpening(batch=2, pairs=1, bf16=False, judged=0.0))
    told = [taught.step()["judges"] for _ in range(12)]
    assert np.mean(told[-3:]) < np.mean(told[:3])


def test_own_images_are_those_of_their_seeds() -> None:
    g = new_stylegan2(16, 64, 16).eval()
    found = own_images(g, range(4, 8))
    assert (found.shape, found.dtype) == ((4, 3, 16, 16), np.float16)
    z = torch.from_numpy(np.random.RandomState(7).randn(1, 512).astype(np.float32))
    with torch.no_grad():
        ws = truncate(g.mapping(z), g.w_avg, 0.8, num_ws=g.num_ws)
        assert np.allclose(found[3], g.synthesis(ws, "none")[0].numpy(), atol=1e-2)


def test_it_goes_on_bit_for_bit_with_what_is_in_the_folder(small, pictures, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole = sharpened(tmp_path / "a", lesson(small, pictures), 4, Event())
    sharpened(tmp_path / "b", lesson(small, pictures), 2, Event())
    assert (tmp_path / "b" / sharpening.STATE).exists()
    parts = sharpened(tmp_path / "b", lesson(small, pictures), 4, Event())
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, parts.state_dict()[name]), name
    stop = Event()
    stop.set()
    stopped = lesson(small, pictures)
    sharpened(tmp_path / "b", stopped, 9, stop)
    assert stopped.steps == 4
