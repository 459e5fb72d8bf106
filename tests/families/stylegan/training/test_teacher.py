from pathlib import Path

import numpy as np
import pytest
import torch

from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.training.export import write_model
from taxiway.families.stylegan.training.samples import samples
from taxiway.families.stylegan.training.teacher import FACTORS, Teacher


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(2)
    file = tmp_path_factory.mktemp("teacher") / "large.safetensors"
    write_model(file, new_stylegan2(32, 64, 16, z_dim=64, w_dim=64), 1000)
    return file


def test_it_draws_each_z_once_and_as_everywhere(path: Path, monkeypatch) -> None:
    teacher, asked = Teacher(path, 16, 12), []
    plain = teacher.pictures
    monkeypatch.setattr(teacher, "pictures", lambda seeds: asked.append(seeds) or plain(seeds))
    first = teacher.drawn(np.array([5, 3, 5]))
    again = teacher.drawn(np.array([3, 7]))
    assert asked == [[3, 5], [7]]
    assert np.array_equal(first.z[0], np.random.RandomState(5).randn(64).astype(np.float32))
    assert np.array_equal(first.pictures[0], first.pictures[2])
    assert np.array_equal(first.pictures[1], again.pictures[0])
    whole = samples(teacher.generator, [7], 1.0)[0].reshape(16, 2, 16, 2, 3).mean((1, 3))
    assert np.abs(again.pictures[1] - whole).max() <= 1


def test_factors_are_spread_evenly_and_of_its_w(path: Path) -> None:
    teacher = Teacher(path, None, 2000)
    assert teacher.size == 32
    assert teacher.factors.shape == (2000, FACTORS)
    assert np.abs(teacher.factors.mean(axis=0)).max() < 0.15
    assert np.abs(teacher.factors.var(axis=0) - 1).max() < 0.25
    with torch.no_grad():
        w = teacher.generator.mapping(torch.from_numpy(teacher.z)).double().numpy()
    w = np.column_stack([w, np.ones(len(w))])
    line, *_ = np.linalg.lstsq(w, teacher.factors, rcond=None)
    assert np.abs(w @ line - teacher.factors).max() < 1e-3


@pytest.mark.parametrize(
    ("shape", "size", "said"),
    [
        ({"c_dim": 3}, None, "makes 16 x 16 pixels of 3, of 3 classes."),
        ({"img_channels": 1}, None, "makes 16 x 16 pixels of 1, of 0 classes."),
        ({}, 32, "'resolution' takes at most 16, the pixels of 'odd.safetensors', got 32."),
        ({}, 12, "12"),
    ],
)
def test_what_cannot_teach_is_told(tmp_path: Path, shape, size, said) -> None:
    file = tmp_path / "odd.safetensors"
    write_model(file, new_stylegan2(16, 64, 16, z_dim=16, w_dim=16, **shape), 1000)
    with pytest.raises(InvalidArgument) as caught:
        Teacher(file, size, 16)
    assert said in str(caught.value)
