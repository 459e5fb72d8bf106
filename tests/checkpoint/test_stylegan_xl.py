"""StyleGAN-XL's classes: a table of features, and a centre for each."""

from pathlib import Path

import numpy as np
import pytest

from paths import FIXTURES
from taxiway.checkpoint import read_checkpoint, write_checkpoint
from taxiway.checkpoint.limits import Broken
from taxiway.checkpoint.stylegan_xl import label_rows
from taxiway.families.stylegan.rendering.opening import open_generator

FILE = FIXTURES / "stylegan-xl_32-stem_labels10.pkl"


def test_it_is_the_same_as_safetensors(tmp_path: Path) -> None:
    original = read_checkpoint(FILE)
    write_checkpoint(tmp_path / "converted.safetensors", original)
    converted = read_checkpoint(tmp_path / "converted.safetensors")
    assert converted.config == original.config
    assert converted.tensors["mapping.class_w_avg"].shape == (10, 96)


def test_truncation_goes_to_the_centre_of_the_class() -> None:
    renderer = open_generator(str(FILE), "cpu")
    z = np.random.RandomState(0).randn(1, 64)
    centres = read_checkpoint(FILE).tensors["mapping.class_w_avg"]
    for label in (0, 7):
        np.testing.assert_array_equal(renderer.ws(z, 0.0, label=label)[0, 0], centres[label])
    elsewhere = np.ones(96, np.float32)
    np.testing.assert_array_equal(renderer.ws(z, 0.0, centre=elsewhere, label=7)[0, 0], elsewhere)


def test_a_table_that_does_not_fit_is_refused() -> None:
    tensors = {
        "mapping.embed.weight": np.zeros((3, 5), np.float32),
        "mapping.embed_proj.weight": np.zeros((4, 6), np.float32),
        "mapping.embed_proj.bias": np.zeros(4, np.float32),
    }
    with pytest.raises(Broken, match="5 features where 6 fit"):
        label_rows(tensors)
