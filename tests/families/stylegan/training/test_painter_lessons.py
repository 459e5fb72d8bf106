from pathlib import Path
from threading import Event

import numpy as np
import pytest
import torch

from taxiway.checkpoint import Checkpoint, read_checkpoint
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.training import painter_lessons as lessons
from taxiway.families.stylegan.training.discriminator import Discriminator
from taxiway.families.stylegan.training.distilling import Distillation, Distilling, Pairs
from taxiway.families.stylegan.training.export import write_model
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.stylegan2 import new_generator
from taxiway.families.stylegan.training.transfer import fill
from taxiway.painting import paint

SIZE = 16
FEW = ((2, 1, Distilling(alone=1, batch=4)), (1, 3, Distilling(batch=4, edge=1.0)))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "STAGES", FEW)


def test_pairs_are_painted_once_and_belong_together(tmp_path: Path) -> None:
    given = lessons.pairs(tmp_path, 5, SIZE)
    assert np.array_equal(given.pictures[3], paint(np.random.RandomState(3).randn(512), SIZE))
    [file] = tmp_path.iterdir()
    written = file.stat().st_mtime_ns
    assert np.array_equal(lessons.pairs(tmp_path, 5, SIZE).pictures, given.pictures)
    assert file.stat().st_mtime_ns == written
    assert (given.z.shape, given.factors.shape[0]) == ((5, 512), 5)


@pytest.mark.usefixtures("short")
def test_a_model_goes_through_all_stages_and_on_from_where_it_stopped(tmp_path: Path) -> None:
    write_model(tmp_path / "model.safetensors", new_generator(SIZE, Settings()), 1000)
    start = read_checkpoint(tmp_path / "model.safetensors")
    given, stop = lessons.pairs(tmp_path, 8, SIZE), Event()
    whole = lessons.taught(tmp_path, (start, {}), given, stop)
    assert (whole.steps, whole.size) == (3, SIZE)
    assert lessons.taught(tmp_path, (start, {}), given, stop).steps == 3  # nothing is left to do
    assert_goes_on_bit_for_bit(whole, start, given, tmp_path)
    made = lessons.finished(start, whole)
    assert made.tensors.keys() == start.tensors.keys()
    z = torch.from_numpy(given.z)
    model = build_generator(made)
    with torch.no_grad():
        assert torch.allclose(model.mapping(z), whole.average.mapping(z), atol=1e-5)
        mean = model.mapping(torch.randn(4000, 512)).mean(dim=0)
    assert (model.w_avg - mean).abs().mean() < 0.1 * model.w_avg.abs().mean() + 0.02


def assert_goes_on_bit_for_bit(whole: Distillation, start: Checkpoint, given: Pairs,
                               folder: Path) -> None:  # fmt: skip
    """Ended within the last stage and gone on with, a lesson is the one that never ended."""
    shorter = (*FEW[:-1], (FEW[-1][0], FEW[-1][1] - 1, FEW[-1][2]))
    (folder / lessons.STATE).unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lessons, "STAGES", shorter)
        assert lessons.taught(folder, (start, {}), given, Event()).steps == 2
    again = lessons.taught(folder, (start, {}), given, Event())
    for name, tensor in whole.average.state_dict().items():
        assert torch.equal(tensor, again.average.state_dict()[name]), name


def test_a_judge_without_factors_says_the_mean_of_what_it_says_with_them() -> None:
    lesson = Distillation(SIZE, 7, Distilling())
    plain = Discriminator(SIZE, 2048, 256)
    fill(plain, lessons.plain_judge(lesson))
    images, factors = torch.randn(4, 3, SIZE, SIZE), torch.randn(100, 7)
    with torch.no_grad():
        each = images.repeat(100, 1, 1, 1)  # a group of four is compared with each other
        told = factors.repeat_interleave(4, 0)
        said = lesson.d(each, 1.0, told).reshape(100, 4)
        assert (plain(images) - said.mean(dim=0)).abs().max() < 0.5 * said.std(dim=0).mean()
