import numpy as np

from taxiway.checkpoint import read_checkpoint
from taxiway.families.stylegan.networks.build import build
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.training.export import write_model
from taxiway.families.stylegan.training.samples import samples
from taxiway.training.sheets import sheet


def test_a_written_model_makes_the_same_pictures(tmp_path) -> None:
    generator = new_stylegan2(16, 128, 16, mapping_layers=2, use_noise=False)
    write_model(tmp_path / "g.safetensors", generator, seen=1000)
    checkpoint = read_checkpoint(tmp_path / "g.safetensors")
    again = samples(build(checkpoint), range(4), psi=0.7)
    apart = np.abs(again.astype(int) - samples(generator, range(4), psi=0.7))
    assert apart.max() <= 2
    assert "1000 pictures" in str(checkpoint.source)


def test_samples_are_those_of_their_seeds() -> None:
    generator = new_stylegan2(16, 128, 16, mapping_layers=2, use_noise=False)
    many = samples(generator, range(40), psi=0.7)
    np.testing.assert_allclose(many[35], samples(generator, [35], psi=0.7)[0], atol=1)
    assert not (many[0] == many[1]).all()


def test_a_sheet_is_square_and_leaves_the_rest_out() -> None:
    pictures = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    assert sheet(pictures).shape == (4, 4, 3)
    np.testing.assert_array_equal(sheet(pictures)[::2, ::2, 0], [[0, 1], [2, 3]])
