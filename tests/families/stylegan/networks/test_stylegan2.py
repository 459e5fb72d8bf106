"""StyleGAN2 as it is made fresh: names, sizes, architectures, noise, gradients."""

import re

import pytest
import torch

from taxiway.families.stylegan.networks.generator import Generator, truncate
from taxiway.families.stylegan.networks.stylegan2 import SynthesisNetwork, new_stylegan2


def small(resolution: int = 16, **options: object) -> Generator:
    torch.manual_seed(0)
    return new_stylegan2(resolution, 128, 16, 2, z_dim=16, w_dim=16, **options)  # type: ignore[arg-type]


def ws_of(g: Generator, count: int = 2) -> torch.Tensor:
    return truncate(g.mapping(torch.randn(count, g.z_dim)), g.w_avg, num_ws=g.num_ws)


def test_tensors_have_the_published_names() -> None:
    names = list(small(8).state_dict())
    assert names[:3] == ["mapping.w_avg", "mapping.fc0.weight", "mapping.fc0.bias"]
    assert "synthesis.b4.const" in names
    assert [name for name in names if "b8.conv0" in name] == [
        "synthesis.b8.conv0.weight",
        "synthesis.b8.conv0.bias",
        "synthesis.b8.conv0.noise_strength",
        "synthesis.b8.conv0.noise_const",
        "synthesis.b8.conv0.affine.weight",
        "synthesis.b8.conv0.affine.bias",
    ]
    assert not [name for name in small(8, use_noise=False).state_dict() if "noise" in name]


@pytest.mark.parametrize(("resolution", "num_ws"), [(8, 4), (64, 10), (256, 14), (1024, 18)])
def test_two_ws_for_each_doubling(resolution: int, num_ws: int) -> None:
    with torch.device("meta"):
        g = new_stylegan2(resolution, 1024, 16)
    assert g.num_ws == num_ws
    assert g.resolution == (resolution, resolution)


def test_channels_follow_the_base_and_stop_at_the_maximum() -> None:
    shapes = {name: tuple(value.shape) for name, value in small(32).state_dict().items()}
    channels = [shapes[f"synthesis.b{size}.conv1.weight"][0] for size in (4, 8, 16, 32)]
    assert channels == [16, 16, 8, 4]
    assert shapes["synthesis.b16.conv0.weight"] == (8, 16, 3, 3)


def test_images_are_float32_of_the_declared_size() -> None:
    g = small(32, img_channels=1)
    images = g.synthesis(ws_of(g))
    assert images.shape == (2, 1, 32, 32)
    assert images.dtype == torch.float32


@pytest.mark.parametrize("use_noise", [True, False])
def test_gradients_reach_every_parameter(use_noise: bool) -> None:
    g = small(16, use_noise=use_noise, conv_clamp=256.0, c_dim=2)
    ws = truncate(g.mapping(torch.randn(2, 16), torch.eye(2)), g.w_avg, num_ws=g.num_ws)
    g.synthesis(ws, noise="random").square().mean().backward()
    for name, parameter in g.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_each_w_reaches_its_own_layers() -> None:
    g = small(16)
    ws = ws_of(g, 1).detach().requires_grad_()
    g.synthesis(ws).square().sum().backward()
    assert ws.grad is not None
    assert (ws.grad.abs().sum(dim=2) > 0).all()


def test_noise_is_fixed_fresh_or_absent() -> None:
    g = small()
    ws = ws_of(g)
    with torch.no_grad():
        for name, parameter in g.named_parameters():
            if name.endswith("noise_strength"):
                parameter.fill_(0.5)
        const, again, none, first, second = (
            g.synthesis(ws, noise) for noise in ("const", "const", "none", "random", "random")
        )
    assert torch.equal(const, again)
    assert not torch.allclose(const, none)
    assert not torch.allclose(first, second)
    assert not torch.allclose(first[0] - none[0], first[1] - none[1], atol=1e-3)


def test_the_clamp_bounds_what_a_layer_hands_on() -> None:
    g = small(8, conv_clamp=0.125)
    assert isinstance(g.synthesis, SynthesisNetwork)
    block = g.synthesis.blocks()[0]
    features, image = block(None, None, ws_of(g) * 100, "none")
    assert features.abs().max() == 0.125
    assert image.abs().max() == 0.125


@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
@pytest.mark.parametrize("const", [(4, 4), (8, 4), (3, 5)])
def test_every_architecture_takes_constants_of_any_shape(
    architecture: str, const: tuple[int, int]
) -> None:
    config = small(16).config | {"architecture": architecture}
    synthesis = SynthesisNetwork(config, {"b4": 6, "b8": 5, "b16": 7}, const)
    images = synthesis(torch.randn(2, 6, 16))
    assert images.shape == (2, 3, 4 * const[0], 4 * const[1])
    rgbs = [name for name in synthesis.state_dict() if re.search(r"torgb\.weight", name)]
    assert len(rgbs) == (3 if architecture == "skip" else 1)
    skips = [name for name in synthesis.state_dict() if "skip" in name]
    assert skips == (["b8.skip.weight", "b16.skip.weight"] if architecture == "resnet" else [])
