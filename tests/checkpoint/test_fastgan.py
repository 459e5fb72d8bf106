"""FastGAN's layers are read as plain weights; what would compute otherwise is refused."""

import numpy as np
import pytest

from paths import FIXTURES
from taxiway.checkpoint import inspect_checkpoint, read_checkpoint, schema
from taxiway.checkpoint.fastgan import Folder, check_layers
from taxiway.checkpoint.limits import Broken
from taxiway.checkpoint.modules import Network
from taxiway.checkpoint.reader import holds_generator
from taxiway.checkpoint.values import Module

FILE = FIXTURES / "projected-gan_fastgan_128_cond.pkl"


def test_it_says_what_it_is() -> None:
    assert holds_generator(FILE)
    report = inspect_checkpoint(FILE)
    assert report.format == "Projected GAN pickle (FastGAN)"
    assert report.problem is None
    text = report.text()
    assert "fastgan, 128 x 128 pixels, 3 channels, z of 64, no w, 6 labels" in text
    [note] = report.notes
    assert note.startswith("passed over, and not run: pg_modules.discriminator")


def test_spectral_normalisation_is_by_the_stored_vectors() -> None:
    stored = np.random.RandomState(0).randn(5, 3, 2, 2).astype(np.float32)
    u, v = np.ones(3, np.float32), np.ones(20, np.float32)
    arrays = {"x.weight_orig": stored, "x.weight_u": u, "x.weight_v": v}
    folder = Folder(Network(), arrays, set())
    np.testing.assert_allclose(
        folder.weight("x", output=1), stored.transpose(1, 0, 2, 3) / stored.sum(), rtol=1e-5
    )
    with pytest.raises(Broken, match="do not fit 'x'"):
        folder.weight("x")


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("Conv2d", {"stride": (2, 2)}),
        ("Conv2d", {"padding_mode": "reflect"}),
        ("Upsample", {"mode": "bilinear"}),
        ("AdaptiveAvgPool2d", {"output_size": 2}),
    ],
)
def test_layers_that_do_something_else_are_refused(kind: str, changed: dict) -> None:
    network = Network({"a.b": Module(f"torch.nn.modules.x.{kind}", "", changed)})
    with pytest.raises(Broken, match=f"a layer 'a.b' with '{next(iter(changed))}'"):
        check_layers(network)


def test_a_size_that_fastgan_does_not_make_is_refused() -> None:
    """64 pixels: which of its layers is the last one is nowhere told."""
    config = read_checkpoint(FILE).config
    with pytest.raises(Broken, match="128, 256, 512, 1024"):
        schema.check("fastgan", {**config, "img_resolution": [64, 64]})
