"""The fast form against the plain one, where the reference checkpoints do not reach."""

import pytest
import torch
from torch import Tensor

from paths import FIXTURES
from taxiway.checkpoint import read_checkpoint
from taxiway.families.stylegan.networks import build_generator, fast_stylegan2
from taxiway.families.stylegan.networks.fast import fast
from taxiway.families.stylegan.networks.generator import Generator, truncate
from taxiway.families.stylegan.networks.stylegan2 import SynthesisNetwork, new_stylegan2


def generator(**options: object) -> Generator:
    """A small fresh generator with noise and biases that matter."""
    torch.manual_seed(0)
    g = new_stylegan2(32, 256, 32, 2, z_dim=16, w_dim=16, conv_clamp=256.0, **options)  # type: ignore[arg-type]
    with torch.no_grad():
        for name, parameter in g.named_parameters():
            if name.endswith(("noise_strength", ".bias")) and "affine" not in name:
                parameter.normal_(std=0.3)
    return g.requires_grad_(False)


def ws_of(g: Generator, count: int) -> Tensor:
    return truncate(g.mapping(torch.randn(count, g.z_dim)), g.w_avg, num_ws=g.num_ws)


def assert_same(images: Tensor, wanted: Tensor) -> None:
    assert (images - wanted).abs().max() <= 2e-5 * wanted.abs().max()


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
@pytest.mark.parametrize("activation", ["lrelu", "relu", "linear", "tanh", "swish"])
@torch.inference_mode()
def test_every_architecture_and_activation_agrees(
    architecture: str, activation: str, count: int
) -> None:
    g = generator()
    layers = {
        name: options | ({"activation": activation, "act_gain": 1.3} if "conv" in name else {})
        for name, options in g.config["layers"].items()
    }
    config = g.config | {"architecture": architecture, "layers": layers}
    g.synthesis = SynthesisNetwork(config, {"b4": 12, "b8": 9, "b16": 16}, (4, 6))
    ws = ws_of(g, count)
    assert_same(fast(g).synthesis(ws), g.synthesis(ws))
    assert_same(fast(g).synthesis(ws, "none"), g.synthesis(ws, "none"))


@torch.inference_mode()
def test_a_batch_too_big_for_the_cache_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    g = generator()
    ws = ws_of(g, 5)
    for limit in (0, 40_000, 200_000):
        monkeypatch.setattr(fast_stylegan2, "CHUNK_BYTES", limit)
        assert_same(fast(g).synthesis(ws), g.synthesis(ws))


@torch.inference_mode()
def test_random_noise_is_fresh_for_each_call_and_sample() -> None:
    g = fast(generator())
    ws = ws_of(g, 1).expand(2, -1, -1)
    first, second = g.synthesis(ws, "random"), g.synthesis(ws, "random")
    assert not torch.allclose(first, second)
    assert not torch.allclose(first[0], first[1])


@torch.inference_mode()
def test_the_fast_form_is_a_snapshot() -> None:
    g = generator()
    quick, ws = fast(g), ws_of(g, 2)
    before = quick.synthesis(ws)
    for parameter in g.parameters():
        parameter.normal_()
    assert torch.equal(quick.synthesis(ws), before)


@torch.inference_mode()
def test_neither_ws_nor_the_network_is_written_to() -> None:
    quick = fast(generator())
    ws = ws_of(quick, 2)
    before = ws.clone()
    first = quick.synthesis(ws)
    assert torch.equal(ws, before)
    assert torch.equal(quick.synthesis(ws), first)


@torch.inference_mode()
def test_large_styles_do_not_overflow_half_precision() -> None:
    g = generator()
    ws = ws_of(g, 2) * 3000
    images = fast(g, torch.float16).synthesis(ws)
    assert torch.isfinite(images).all()


def test_a_fast_generator_keeps_its_description() -> None:
    g = generator(c_dim=4)
    quick = fast(g)
    for name in ("family", "z_dim", "w_dim", "c_dim", "num_ws", "resolution", "img_channels"):
        assert getattr(quick, name) == getattr(g, name)
    assert torch.equal(quick.w_avg, g.w_avg)


@torch.inference_mode()
def test_what_is_normalised_afterwards_does_not_overflow_half_precision() -> None:
    g = build_generator(read_checkpoint(FIXTURES / "stylegan1_64.pkl"))
    layer = g.synthesis.get_submodule("b64.conv1")
    for name in ("weight", "bias", "noise_strength"):
        layer.get_parameter(name).mul_(1e6)  # which the normalisation after it takes back
    torch.manual_seed(0)
    ws = ws_of(g, 2)
    assert_near(fast(g, torch.float16).synthesis(ws), g.synthesis(ws))


@torch.inference_mode()
def test_fastgan_is_the_same_in_half_precision() -> None:
    g = build_generator(read_checkpoint(FIXTURES / "projected-gan_fastgan_128.pkl"))
    torch.manual_seed(0)
    ws = torch.randn(2, 1, g.z_dim)
    assert_near(fast(g, torch.float16).synthesis(ws), g.synthesis(ws))


def assert_near(images: Tensor, wanted: Tensor) -> None:
    """A tenth of a level off, and a few at most."""
    off = (images - wanted).abs() * 127.5
    assert off.mean() <= 0.1
    assert off.max() <= 5
