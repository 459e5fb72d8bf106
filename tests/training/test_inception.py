from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from painted_sets import landscapes
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.training import inception
from taxiway.training.metrics import frechet_distance

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    """Random ones that neither fade nor explode, under the names of the well-known file."""
    dice, made = torch.Generator().manual_seed(0), {}
    for name, x in inception.inception().state_dict().items():
        if x.ndim == 4:
            spread = (2 / x[0].numel()) ** 0.5
            made[name] = (torch.randn(x.shape, generator=dice) * spread).half()
        else:
            made[name] = x
    return made | {"fc.weight": torch.zeros(1008, 2048).half(), "fc.bias": torch.zeros(1008)}


@pytest.fixture(scope="module")
def file(weights, tmp_path_factory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("inception") / "pt_inception.pth"
    torch.save(weights, path, _use_new_zipfile_serialization=False)
    yield path
    path.unlink()


@pytest.fixture(scope="module")
def network(file) -> nn.Module:
    return inception.read_inception(file)


def features(network: nn.Module, pictures: np.ndarray) -> torch.Tensor:
    return inception.averages(network, pictures, CPU, lambda more: None)


def test_the_network_has_as_many_weights_as_is_published(weights) -> None:
    """27,161,264 with another head of 1000 classes and its helper (Szegedy et al. 2015)."""
    helper = 768 * 128 + 128 * 2 + 128 * 768 * 25 + 768 * 2 + 768 * 1000 + 1000
    ours = sum(x.numel() for x in inception.inception().parameters())
    assert ours + helper + 2048 * 1000 + 1000 == 27_161_264
    assert weights["Mixed_5b.branch1x1.conv.weight"].shape == (64, 192, 1, 1)
    assert weights["Mixed_7c.branch3x3dbl_3b.bn.running_var"].shape == (384,)


def test_blur_moves_pictures_away_the_more_the_blurrier(network) -> None:
    real = landscapes(range(7000, 7002))
    seen = [features(network, pictures) for pictures in (real, blurred(real, 3), blurred(real, 7))]
    assert seen[0].shape == (2, 2048)
    assert seen[0].dtype == torch.float64
    assert (seen[0] >= 0).all()
    equal, little, much = (frechet_distance(seen[0], other) for other in seen)
    assert abs(equal) < 1e-9 * seen[0].square().sum()
    assert 0 < little < much
    assert torch.equal(features(network, real[:2]), features(network, real[:2]))


def blurred(pictures: np.ndarray, width: int) -> np.ndarray:
    x = torch.from_numpy(pictures.copy()).permute(0, 3, 1, 2).float()
    soft = nn.functional.avg_pool2d(x, width, 1, width // 2, count_include_pad=False)
    return soft.permute(0, 2, 3, 1).to(torch.uint8).numpy()


def test_averages_at_an_edge_count_no_padding() -> None:
    network = inception.inception()
    ones = torch.ones(1, 2, 5, 5)
    assert torch.equal(network.get_submodule("Mixed_6b.pool")(ones), ones)
    assert torch.equal(network.get_submodule("Mixed_7b.pool")(ones), ones)
    assert isinstance(network.get_submodule("Mixed_7c.pool"), nn.MaxPool2d)


def test_pictures_are_resized_without_the_shift_of_half_a_pixel() -> None:
    slope = torch.arange(8.0).expand(1, 3, 8, 8)
    row = inception.resized(slope)[0, 0, 0]
    assert row.shape == (299,)
    expected = (torch.arange(299) * 8 / 299).clamp(max=7)
    torch.testing.assert_close(row, expected, atol=1e-4, rtol=0)
    columns = inception.resized(slope.mT.contiguous())[0, 0, :, 0]
    torch.testing.assert_close(columns, expected, atol=1e-4, rtol=0)
    same = torch.rand(1, 3, 299, 299)
    assert torch.equal(inception.resized(same), same)


def test_distance_is_told_with_every_picture_looked_at(network) -> None:
    little = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten())
    looked = list[int]()
    pictures = landscapes(range(20), 32)
    assert abs(inception.fid(little, pictures, pictures, CPU, looked.append)) < 1e-9
    assert sum(looked) == 40


def test_safetensors_hold_the_same_network(weights, network, tmp_path) -> None:
    kept = {name: x for name, x in weights.items() if x.is_floating_point()}
    save_file(kept, tmp_path / "inception.safetensors")
    again = inception.read_inception(tmp_path / "inception.safetensors")
    for name, x in network.state_dict().items():
        assert torch.equal(x, again.state_dict()[name]), name


def test_a_wrong_file_is_one_sentence(weights, tmp_path) -> None:
    some = {name: weights[name] for name in list(weights)[:12]}
    later = {"fc.weight": torch.zeros(1000, 2048)}
    only_verdicts = some | {"fc.weight": weights["fc.weight"]}
    for wrong, name, size in (
        (some, "fc.weight", "1008x2048"),
        (some | later, "fc.weight", "1008x2048"),
        (only_verdicts, "Conv2d_2b_3x3.conv.weight", "64x32x3x3"),
    ):
        torch.save(wrong, tmp_path / "wrong.pth")
        with pytest.raises(InvalidArgument) as caught:
            inception.read_inception(tmp_path / "wrong.pth")
        message = f"'wrong.pth' is no {inception.EXPECTED}: '{name}' is to be {size}."
        assert str(caught.value) == message
    (tmp_path / "wrong.pth").write_bytes(b"no network")
    told = r"no Inception .*pt_inception-2015-12-05.* it is of no format that is known\.$"
    with pytest.raises(InvalidArgument, match=told):
        inception.read_inception(tmp_path / "wrong.pth")
    with pytest.raises(NotFound, match=r"none.pth"):
        inception.read_inception(tmp_path / "none.pth")
