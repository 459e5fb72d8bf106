"""The mapping network: labels, scales and its fast form."""

import copy

import pytest
import torch

from taxiway.families.stylegan.networks.mapping import MappingNetwork, fast_mapping


@pytest.fixture
def mapping() -> MappingNetwork:
    torch.manual_seed(0)
    return MappingNetwork(z_dim=16, c_dim=3, widths=[24, 32, 20])


def test_w_has_its_own_width(mapping: MappingNetwork) -> None:
    assert mapping(torch.randn(5, 16), torch.eye(3)[[0, 1, 2, 0, 1]]).shape == (5, 20)


def test_the_length_of_z_does_not_matter(mapping: MappingNetwork) -> None:
    z = torch.randn(2, 16)
    torch.testing.assert_close(mapping(z), mapping(z * 100), atol=1e-5, rtol=1e-5)


def test_a_label_changes_w(mapping: MappingNetwork) -> None:
    z = torch.randn(1, 16)
    first, second = (mapping(z, torch.eye(3)[i : i + 1]) for i in (0, 1))
    assert (first - second).abs().max() > 0.1


def test_no_label_is_a_label_of_zeros(mapping: MappingNetwork) -> None:
    z = torch.randn(2, 16)
    assert torch.equal(mapping(z), mapping(z, torch.zeros(2, 3)))


def test_z_may_come_in_float64(mapping: MappingNetwork) -> None:
    z = torch.randn(2, 16)
    assert mapping(z.double()).dtype == torch.float32
    assert torch.equal(mapping(z.double()), mapping(z))


def test_fresh_parameters_are_stored_large_and_used_small(mapping: MappingNetwork) -> None:
    layer = mapping.layers()[0]
    assert layer.weight.std().item() == pytest.approx(100, rel=0.1)
    assert (layer.weight * layer.weight_gain).std().item() == pytest.approx(24**-0.5, rel=0.1)


def test_the_fast_form_agrees_and_is_a_snapshot(mapping: MappingNetwork) -> None:
    z = torch.randn(4, 16)
    wanted, quick = mapping(z), fast_mapping(mapping)
    torch.testing.assert_close(quick(z), wanted, atol=1e-6, rtol=1e-5)
    with torch.no_grad():
        mapping.layers()[0].weight.mul_(2)
    torch.testing.assert_close(quick(z), wanted, atol=1e-6, rtol=1e-5)
    assert not torch.equal(mapping(z), wanted)


def test_gradients_reach_every_parameter(mapping: MappingNetwork) -> None:
    mapping(torch.randn(3, 16), torch.eye(3)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in mapping.parameters())


def test_a_copy_is_independent(mapping: MappingNetwork) -> None:
    z = torch.randn(1, 16)
    assert torch.equal(copy.deepcopy(mapping)(z), mapping(z))
