"""The upscaler: its sizes, its fast form, and the generator and checkpoint that have one."""

from pathlib import Path

import numpy as np
import pytest
import torch

from taxiway import backends
from taxiway.catalog import catalog
from taxiway.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from taxiway.core import slots
from taxiway.core.errors import UnreadableCheckpoint
from taxiway.families.stylegan.bending.surgery import stretched
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.build import described, fresh
from taxiway.families.stylegan.networks.fast import fast
from taxiway.families.stylegan.networks.generator import Generator, to_uint8, truncate
from taxiway.families.stylegan.networks.graphs import graphs_of
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.networks.upscaler import Upscaler, fast_upscaler
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.transfer import Start
from taxiway.latent.sample import z_of_seed

SHAPE = {"width": 4, "deep": 6, "depth": 2}


def checkpoint() -> Checkpoint:
    """A small StyleGAN2 of 16 pixels that makes pictures of 64."""
    torch.manual_seed(0)
    g = new_stylegan2(16, 128, 16, 2, z_dim=12, w_dim=12)
    tensors = {name: tensor.numpy() for name, tensor in g.state_dict().items()}
    upscaler = Upscaler(3, **SHAPE).state_dict()
    tensors |= {f"synthesis.upscaler.{name}": tensor.numpy() for name, tensor in upscaler.items()}
    return Checkpoint(g.family, g.config | {"upscaler": SHAPE}, tensors, {})


def ws_of(g: Generator) -> torch.Tensor:
    return truncate(g.mapping(torch.randn(3, g.z_dim)), g.w_avg, num_ws=g.num_ws)


@pytest.mark.parametrize(("channels", "size"), [(3, (8, 8)), (1, (6, 10))])
def test_pictures_become_four_times_as_large(channels: int, size: tuple[int, int]) -> None:
    made = Upscaler(channels)(torch.randn(2, channels, *size))
    assert made.shape == (2, channels, 4 * size[0], 4 * size[1])


def test_without_weights_it_enlarges_smoothly() -> None:
    upscaler = Upscaler(**SHAPE)
    for parameter in upscaler.last.parameters():
        torch.nn.init.zeros_(parameter)
    images = torch.randn(1, 3, 8, 8)
    enlarged = torch.nn.functional.interpolate(images, scale_factor=4, mode="bilinear")
    assert torch.equal(upscaler(images), enlarged)


@torch.inference_mode()
def test_the_fast_form_agrees_and_keeps_images_in_float32() -> None:
    upscaler, images = Upscaler(), torch.randn(2, 3, 16, 16)
    quick, half = (fast_upscaler(upscaler, dtype) for dtype in (torch.float32, torch.bfloat16))
    assert quick is not None
    assert half is not None
    torch.testing.assert_close(quick(images), upscaler(images))
    assert half(images).dtype == torch.float32
    assert (half(images) - upscaler(images)).abs().max() < 0.05
    assert fast_upscaler(None, torch.float32) is None


@torch.inference_mode()
def test_a_generator_ends_with_its_upscaler() -> None:
    g = build_generator(checkpoint())
    ws = ws_of(g)
    assert g.resolution == (64, 64)
    upscaler, g.synthesis.upscaler = g.synthesis.upscaler, None
    small = g.synthesis(ws)
    g.synthesis.upscaler = upscaler
    assert small.shape == (3, 3, 16, 16)
    assert isinstance(upscaler, Upscaler)
    assert torch.equal(g.synthesis(ws), upscaler(small))
    torch.testing.assert_close(fast(g).synthesis(ws), g.synthesis(ws), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", slots.members("backends"))
def test_every_backend_makes_the_same_pictures(name: str) -> None:
    backend: backends.Backend = slots.load("backends", name)("cpu")
    if (missing := backend.available()) is not None:
        pytest.skip(missing)
    it = checkpoint()
    graph, g = graphs_of(it)[0], build_generator(it)
    ws = ws_of(g)
    with torch.inference_mode():
        wanted = to_uint8(g.synthesis(ws)).numpy().astype(int)
    found = backend.compile(graph, "float32", 1).run({"ws": ws.detach().numpy()})["image"]
    assert found.shape == (3, 64, 64, 3)
    assert np.ptp(wanted) > 100
    assert np.abs(found - wanted).max() <= 1


@torch.inference_mode()
def test_edges_of_rainbow_stay_where_they_are_in_bfloat16() -> None:
    it = read_checkpoint(catalog.spec(catalog.choose("rainbow")).options["checkpoint"])
    g = build_generator(it)
    quick = fast(g, torch.bfloat16)
    for seed in (0, 19):  # which were 15 levels off while all of it was in bfloat16
        z = torch.from_numpy(z_of_seed(seed, g.z_dim))[None]
        ws = truncate(g.mapping(z), g.w_avg, 0.7, num_ws=g.num_ws)
        off = to_uint8(quick.synthesis(ws)).int() - to_uint8(g.synthesis(ws)).int()
        assert off.abs().max() <= 4
        assert off.abs().float().mean() < 0.2


def test_gradients_reach_ws_through_the_fast_form() -> None:
    g = build_generator(checkpoint())
    ws = ws_of(g).detach().requires_grad_()
    fast(g).synthesis(ws).square().mean().backward()
    assert ws.grad is not None
    assert ws.grad.abs().sum() > 0


def test_it_is_kept_in_the_checkpoint(tmp_path: Path) -> None:
    wanted = checkpoint()
    write_checkpoint(tmp_path / "it.safetensors", wanted)
    found = read_checkpoint(tmp_path / "it.safetensors")
    assert found.config == wanted.config
    assert found.tensors.keys() == wanted.tensors.keys()
    assert all(np.array_equal(found.tensors[name], wanted.tensors[name]) for name in wanted.tensors)
    again, built = fresh(**described(found)), build_generator(wanted)
    assert again.state_dict().keys() == built.state_dict().keys()


@pytest.mark.parametrize(
    "upscaler", [{"width": 5, "deep": 6, "depth": 2}, {"width": 4}, "large", {**SHAPE, "depth": 99}]
)
def test_a_config_that_cannot_be_is_refused(upscaler: object, tmp_path: Path) -> None:
    wrong = checkpoint()
    wrong.config["upscaler"] = upscaler
    with pytest.raises(UnreadableCheckpoint):
        write_checkpoint(tmp_path / "it.safetensors", wrong)


def test_pictures_that_would_be_too_large_are_refused(tmp_path: Path) -> None:
    wrong = checkpoint()
    wrong.config["img_resolution"] = [4096, 4096]
    with pytest.raises(UnreadableCheckpoint, match="cannot be"):
        write_checkpoint(tmp_path / "it.safetensors", wrong)


def test_a_missing_tensor_is_refused(tmp_path: Path) -> None:
    wrong = checkpoint()
    del wrong.tensors["synthesis.upscaler.last.bias"]
    with pytest.raises(UnreadableCheckpoint, match=r"synthesis\.upscaler\.last\.bias"):
        write_checkpoint(tmp_path / "it.safetensors", wrong)


def test_a_stretched_generator_is_enlarged_too() -> None:
    wide = build_generator(stretched(checkpoint(), across=1.5))
    assert wide.resolution == (64, 96)
    assert wide.synthesis(ws_of(wide)).shape == (3, 3, 64, 96)


def test_a_training_takes_what_is_enlarged(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "it.safetensors", checkpoint())
    start = Start(tmp_path / "it.safetensors")
    assert (start.size, start.plain) == (16, True)
    players = start.players(16, start.settings(16, Settings(batch=4, bf16=False)))
    assert players.g.resolution == (16, 16)
