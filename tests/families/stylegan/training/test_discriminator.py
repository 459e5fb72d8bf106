import numpy as np
import pytest
import torch

from paths import FIXTURES
from taxiway.checkpoint.discriminator import read_discriminator
from taxiway.families.stylegan.training.discriminator import Discriminator, LabelMapping
from taxiway.families.stylegan.training.transfer import fill, tensors_of

CONDITIONAL = FIXTURES / "stylegan2-ada_32_labels5_mapping8.pkl"


def one_hot(*classes: int, count: int = 5) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.tensor(classes), count).float()


@pytest.mark.parametrize(
    ("name", "c_dim"), [("stylegan2-ada_32.pkl", 0), (CONDITIONAL.name, 5)]
)  # fmt: skip
def test_a_discriminator_of_nvidias_is_taken_whole(name, c_dim) -> None:
    tensors = tensors_of(read_discriminator(FIXTURES / name))
    tensors = {name: t for name, t in tensors.items() if not name.endswith("resample_filter")}
    network = Discriminator(32, 256, 16, c_dim)
    assert sorted(fill(network, tensors)) == sorted(tensors)  # every name, every shape
    fresh = set(network.state_dict()) - set(tensors)
    assert all("fromrgb" in name for name in fresh), fresh  # those are for growing only


def test_the_verdict_is_of_the_features_along_the_label() -> None:
    network = Discriminator(32, 256, 16, 5)
    fill(network, tensors_of(read_discriminator(CONDITIONAL)))
    images = torch.from_numpy(np.random.RandomState(0).randn(4, 3, 32, 32)).float()
    labels = one_hot(0, 1, 4, 4)
    heard: list[torch.Tensor] = []
    network.b4.register_forward_hook(lambda module, given, features: heard.append(features))
    verdict = network(images, c=labels)
    assert isinstance(network.mapping, LabelMapping)
    expected = torch.einsum("nc,nc->n", heard[0], network.mapping(labels)) / 4
    torch.testing.assert_close(verdict, expected)
    assert not torch.allclose(verdict[:3], network(images, c=one_hot(3, 3, 3, 4))[:3])
    assert torch.equal(verdict[3], network(images, c=one_hot(3, 3, 3, 4))[3])


def test_a_fresh_label_mapping_keeps_labels_apart_and_of_unit_size() -> None:
    torch.manual_seed(0)
    mapped = LabelMapping(5, 64)(torch.eye(5)).detach()
    assert mapped.square().mean().sqrt() == pytest.approx(1, abs=0.5)
    assert torch.linalg.matrix_rank(mapped) == 5


def test_bfloat16_judges_labels_in_float32() -> None:
    network = Discriminator(8, 64, 16, 3)
    images, labels = torch.randn(4, 3, 8, 8), one_hot(0, 1, 2, 2, count=3)
    with torch.autocast("cpu", torch.bfloat16):
        rough = network(images, c=labels)
    assert rough.dtype == torch.float32
    torch.testing.assert_close(rough, network(images, c=labels), rtol=0.1, atol=0.1)
