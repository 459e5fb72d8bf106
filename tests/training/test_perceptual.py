"""Perceptual distance, with random weights of VGG16's shapes: the true ones are the user's."""

import functools
from pathlib import Path

import numpy as np
import pytest
import torch

from paths import FIXTURES
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.families.stylegan.projection.loss import Likeness, distance, pyramid
from taxiway.training.perceptual import Perceptual, read_perceptual


@functools.cache
def network(weight: float = 1.0) -> Perceptual:
    torch.manual_seed(0)
    return Perceptual(weight).eval().requires_grad_(False)


def images(count: int = 2, size: int = 32) -> torch.Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as torchvision has it, with something besides."""
    path = tmp_path_factory.mktemp("vgg") / "vgg16.pth"
    state = {k: v for k, v in network().state_dict().items() if k.startswith("features.")}
    torch.save({**state, "classifier.0.bias": torch.zeros(4)}, path)
    return path


def linear(path: Path, width: int = 64) -> Path:
    widths = (width, 128, 256, 512, 512)
    names = [f"lin{i}.model.1.weight" for i in range(5)]
    torch.save({n: torch.zeros(1, w, 1, 1) for n, w in zip(names, widths, strict=True)}, path)
    return path


def test_equal_pictures_have_no_distance_and_each_other_one_its_own() -> None:
    see, a, b = network(), images(), images().flip(0, 3)
    assert see(a, see.features_of(a)).abs().max() == 0
    together = see(a, see.features_of(b))
    assert together.min() > 0.01
    alone = torch.cat([see(a[i : i + 1], see.features_of(b[i : i + 1])) for i in range(2)])
    torch.testing.assert_close(together, alone)


def test_it_is_a_sum_over_five_blocks_of_vectors_of_length_one() -> None:
    features = network().features_of(images())
    assert [each.shape[1:] for each in features] == [
        (64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4), (512, 2, 2)
    ]  # fmt: skip
    for each in features:
        torch.testing.assert_close(each.norm(dim=1), torch.ones_like(each[:, 0]))


def test_a_gradient_flows_to_the_picture() -> None:
    a = images(1).requires_grad_()
    network()(a, network().features_of(torch.zeros(1, 3, 32, 32))).sum().backward()
    assert a.grad is not None
    assert a.grad.isfinite().all()
    assert (a.grad != 0).float().mean() > 0.9


@pytest.mark.parametrize("shape", [(1, 1, 8, 8), (1, 4, 4, 4), (1, 3, 300, 150)])
def test_pictures_of_all_kinds_are_seen(shape: tuple[int, ...]) -> None:
    seen = network().features_of(torch.zeros(shape))
    assert max(seen[0].shape[2:]) == min(256, shape[2])
    assert network()(torch.zeros(shape), seen) == 0


def test_it_adds_to_the_distance_with_its_weight() -> None:
    a, b = images(), images().flip(3)
    plain = distance(a, pyramid(b))
    torch.testing.assert_close(Likeness(b)(a), plain)
    seen = network()(a, network().features_of(b))
    torch.testing.assert_close(Likeness(b, network(2.0))(a), plain + 2 * seen)


def test_a_file_is_read_and_linear_weights_count(weights: Path, tmp_path: Path) -> None:
    a, b = images(), images().flip(3)
    read = read_perceptual(weights, weight=0.5)
    seen = network()(a, network().features_of(b))
    torch.testing.assert_close(read(a, read.features_of(b)), seen / 2)
    silent = read_perceptual(weights, linear(tmp_path / "vgg.pth"))
    assert silent(a, silent.features_of(b)).abs().max() == 0
    assert len({each.fingerprint() for each in (read, silent, network())}) == 3
    assert not any(parameter.requires_grad for parameter in read.parameters())


def test_another_file_is_refused_in_a_sentence(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        read_perceptual(tmp_path / "none.pth")
    with pytest.raises(InvalidArgument, match=r"vgg.pth' is no VGG16: 'features.0.weight'"):
        read_perceptual(linear(tmp_path / "vgg.pth"))
    with pytest.raises(InvalidArgument, match=r"lin0.model.1.weight' is to be 1x64x1x1"):
        read_perceptual(weights, linear(tmp_path / "narrow.pth", width=63))
    with pytest.raises(InvalidArgument, match="no VGG16"):
        read_perceptual(FIXTURES / "stylegan2-ada_32.pkl")
    for weight in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InvalidArgument, match="weight is above 0, got"):
            read_perceptual(weights, weight=weight)
    (tmp_path / "text.pth").write_text("no weights")
    with pytest.raises(
        InvalidArgument, match=r"'text.pth' is no VGG16: it is of no format that is known\.$"
    ):
        read_perceptual(tmp_path / "text.pth")
    broken = tmp_path / "cut.pth"
    broken.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(InvalidArgument, match=r"'cut.pth' is no VGG16: it "):
        read_perceptual(broken)


def test_the_stream_of_torchs_first_years_is_read(weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.pth"
    state = torch.load(weights, weights_only=True)
    torch.save(state, path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes().replace(b"_rebuild_tensor_v2\n", b"_rebuild_tensor\n"))
    assert read_perceptual(path).fingerprint() == read_perceptual(weights).fingerprint()


def test_numbers_that_are_none_are_refused(weights: Path, tmp_path: Path) -> None:
    state = torch.load(weights, weights_only=True)
    state["features.28.bias"][3] = float("nan")
    torch.save(state, tmp_path / "nan.pth")
    with pytest.raises(InvalidArgument, match=r"not finite in 'features.28.bias'"):
        read_perceptual(tmp_path / "nan.pth")


def test_safetensors_are_read_too(weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "vgg16.safetensors"
    state = {k: v for k, v in network().state_dict().items() if k.startswith("features.")}
    path.write_bytes(safetensors(state))
    read = read_perceptual(path)
    assert read.fingerprint() == read_perceptual(weights).fingerprint()


def safetensors(state: dict[str, torch.Tensor]) -> bytes:
    """A safetensors file, put together by hand."""
    entries, bodies, reached = [], [], 0
    for name, tensor in state.items():
        bodies.append(np.ascontiguousarray(tensor.numpy()).tobytes())
        places = [reached, reached + len(bodies[-1])]
        shape = list(tensor.shape)
        entries.append(f'"{name}": {{"dtype": "F32", "shape": {shape}, "data_offsets": {places}}}')
        reached = places[1]
    header = ("{" + ", ".join(entries) + "}").encode()
    return len(header).to_bytes(8, "little") + header + b"".join(bodies)
