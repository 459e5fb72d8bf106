"""From a checkpoint to a generator and back."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from taxiway.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from taxiway.core.errors import UnreadableCheckpoint
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.generator import Generator, truncate
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2


def checkpoint_of(g: Generator) -> Checkpoint:
    tensors = {name: value.numpy() for name, value in g.requires_grad_(False).state_dict().items()}
    return Checkpoint(g.family, g.config, tensors, {"notes": "fresh"})


@pytest.fixture
def checkpoint() -> Checkpoint:
    torch.manual_seed(0)
    g = new_stylegan2(16, 64, 8, 3, z_dim=12, w_dim=10, c_dim=2)
    return checkpoint_of(g)


def test_a_generator_survives_the_way_through_a_file(tmp_path: Path) -> None:
    g = new_stylegan2(16, 64, 8, 2, z_dim=12, w_dim=10)
    write_checkpoint(tmp_path / "g.safetensors", checkpoint_of(g))
    again = build_generator(read_checkpoint(tmp_path / "g.safetensors"))
    z = torch.randn(2, 12)
    with torch.no_grad():
        ws, ws_again = (truncate(n.mapping(z), n.w_avg, num_ws=n.num_ws) for n in (g, again))
        assert torch.equal(ws, ws_again)
        assert torch.equal(g.synthesis(ws), again.synthesis(ws))


def test_a_built_generator_is_for_calling_not_for_training(checkpoint: Checkpoint) -> None:
    g = build_generator(checkpoint)
    assert not g.training
    assert not any(parameter.requires_grad for parameter in g.parameters())
    assert g.device.type == "cpu"


def test_a_generator_does_not_share_memory_with_its_checkpoint(checkpoint: Checkpoint) -> None:
    g = build_generator(checkpoint)
    checkpoint.tensors["mapping.w_avg"][:] = 7
    assert not (g.w_avg == 7).any()


def test_non_square_and_uneven_networks_load_from_their_shapes() -> None:
    tensors: dict[str, Any] = dict(checkpoint_of(new_stylegan2(8, 64, 8, 2, 8, 8)).tensors)
    tensors["synthesis.b4.const"] = np.ones((8, 8, 4), np.float32)
    for name, size in [("b4.conv1", (8, 4)), ("b8.conv0", (16, 8)), ("b8.conv1", (16, 8))]:
        tensors[f"synthesis.{name}.noise_const"] = np.ones(size, np.float32)
    config = new_stylegan2(8, 64, 8, 2, 8, 8).config | {"img_resolution": [16, 8]}
    g = build_generator(Checkpoint("stylegan2", config, tensors, {}))
    assert g.resolution == (16, 8)
    assert g.synthesis(torch.randn(1, 4, 8)).shape == (1, 3, 16, 8)


def test_an_unknown_family_is_named(checkpoint: Checkpoint) -> None:
    with pytest.raises(UnreadableCheckpoint, match=r"stylegan2, stylegan3, .* is biggan\."):
        build_generator(replace(checkpoint, family="biggan"))


@pytest.mark.parametrize("name", ["mapping.fc1.weight", "synthesis.b8.conv1.weight"])
def test_a_missing_tensor_that_gives_a_size_is_named(checkpoint: Checkpoint, name: str) -> None:
    tensors = {key: value for key, value in checkpoint.tensors.items() if key != name}
    with pytest.raises(UnreadableCheckpoint, match=name):
        build_generator(replace(checkpoint, tensors=tensors))


@pytest.mark.parametrize("name", ["synthesis.b8.conv0.bias", "mapping.w_avg"])
def test_any_missing_tensor_is_named(checkpoint: Checkpoint, name: str) -> None:
    tensors = {key: value for key, value in checkpoint.tensors.items() if key != name}
    with pytest.raises(UnreadableCheckpoint, match=name):
        build_generator(replace(checkpoint, tensors=tensors))


def test_a_tensor_that_nothing_uses_is_named(checkpoint: Checkpoint) -> None:
    tensors = checkpoint.tensors | {"synthesis.b8.extra": np.zeros(3, np.float32)}
    with pytest.raises(UnreadableCheckpoint, match=r"b8\.extra"):
        build_generator(replace(checkpoint, tensors=tensors))


def test_a_tensor_of_another_shape_is_named(checkpoint: Checkpoint) -> None:
    tensors = checkpoint.tensors | {"synthesis.b8.conv0.bias": np.zeros(3, np.float32)}
    with pytest.raises(UnreadableCheckpoint, match=r"b8\.conv0\.bias"):
        build_generator(replace(checkpoint, tensors=tensors))
