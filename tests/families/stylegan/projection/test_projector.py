"""Projection: it finds the model's own pictures, comes near to others, and goes on exactly."""

import functools
from pathlib import Path

import numpy as np
import pytest
import torch

from paths import FIXTURES
from taxiway.catalog import catalog
from taxiway.checkpoint import read_checkpoint
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.build import fresh
from taxiway.families.stylegan.networks.fast import fast
from taxiway.families.stylegan.networks.generator import Generator, to_uint8
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.projection.loss import distance, psnr, pyramid
from taxiway.families.stylegan.projection.projector import Projection, Search, to_target
from taxiway.families.stylegan.projection.pti import Tuning, read_difference, write_difference
from taxiway.families.stylegan.projection.sampling import sample_w
from taxiway.families.stylegan.training.transfer import without_upscaler
from taxiway.painting import paint

FAMILIES = ["stylegan2-ada_32.pkl", "stylegan2-ada_32_resnet.pkl", "stylegan3-t_32.pkl"]


@functools.cache
def rainbow() -> Generator:
    """The model that ships before it is upscaled, which takes a third of the time."""
    options = catalog.spec(catalog.card("rainbow")).options
    return build_generator(without_upscaler(read_checkpoint(options["checkpoint"])))


def tiny() -> Generator:
    torch.manual_seed(0)
    g = new_stylegan2(16, 128, 16, 2, z_dim=16, w_dim=16)
    return g.eval().requires_grad_(False)


def upscaled(g: Generator) -> Generator:
    """The generator with an upscaler that has learnt nothing."""
    config = g.config | {"upscaler": {"width": 4, "deep": 4, "depth": 1}}
    larger = fresh(g.family, config, {name: part.shape for name, part in g.state_dict().items()})
    larger.load_state_dict(g.state_dict(), strict=False)
    return larger.eval().requires_grad_(False)


def made(g: Generator, count: int, seed: int = 5) -> torch.Tensor:
    """Pictures of the model's own, as a file would have them."""
    ws = sample_w(g, count, seed)[:, None].expand(-1, g.num_ws, -1)
    return to_target(to_uint8(g.synthesis(ws)).numpy())


def descend(g: Generator, targets: torch.Tensor, search: Search) -> Projection:
    projection = Projection(g, targets, search)
    for _ in range(search.steps):
        projection.step()
    return projection


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_fast_form_gives_the_plain_ones_gradients(name: str, dtype: torch.dtype) -> None:
    g = build_generator(read_checkpoint(FIXTURES / name))
    ws = sample_w(g, 2)[:, None].expand(-1, g.num_ws, -1)
    gradients = []
    for synthesis in (g.synthesis, fast(g, dtype).synthesis):
        moved = ws.clone().requires_grad_()
        torch.autograd.backward(synthesis(moved).square().mean())
        assert moved.grad is not None
        gradients.append(moved.grad)
    error = (gradients[1] - gradients[0]).norm() / gradients[0].norm()
    # Wider registers sum in another order: 2e-4 on some processors.
    assert error < (5e-4 if dtype == torch.float32 else 0.05)


@pytest.mark.slow
def test_pictures_that_rainbow_made_are_found_again() -> None:
    targets = made(rainbow(), 2)
    found = descend(rainbow(), targets, Search(steps=40, candidates=200))
    near = psnr(rainbow().synthesis(found.ws), targets)
    start = psnr(rainbow().synthesis(rainbow().w_avg.expand(2, rainbow().num_ws, -1)), targets)
    assert near.mean() > 27
    assert (near - start).min() > 10
    assert (found.ws == found.ws[:, :1]).all()


def test_a_search_starts_nearby_where_pictures_are_upscaled() -> None:
    g = upscaled(tiny())
    targets = pyramid(made(g, 2))
    start = Projection(g, targets[0], Search(candidates=50)).start
    near, centre = (
        distance(g.synthesis(ws.expand(2, g.num_ws, -1)), targets) for ws in (start, g.w_avg)
    )
    assert (near < centre).all()


@pytest.mark.slow
def test_w_plus_comes_nearer_than_w_and_w_nearer_than_a_sample() -> None:
    size = rainbow().resolution[0]
    targets = to_target(paint(np.random.RandomState(1_000_000).randn(512), size)[None])
    w, more = (
        descend(rainbow(), targets, Search(steps=40, candidates=100, space=s)) for s in ("w", "w+")
    )  # type: ignore[arg-type]
    start = psnr(rainbow().synthesis(w.start.expand(-1, rainbow().num_ws, -1)), targets).mean()
    near, nearest = (psnr(rainbow().synthesis(p.ws), targets).mean() for p in (w, more))
    assert start + 3 < near
    assert near + 0.5 < nearest


@pytest.mark.parametrize("space", ["w", "w+"])
@pytest.mark.smoke
def test_a_search_goes_on_exactly_from_its_state(space: str) -> None:
    search = Search(steps=12, candidates=20, space=space)  # type: ignore[arg-type]
    targets = made(tiny(), 2)
    whole = descend(tiny(), targets, search)
    first, second = Projection(tiny(), targets, search), Projection(tiny(), targets, search)
    for _ in range(5):
        first.step()
    state = first.state()
    first.step()  # what it does later is no part of its state
    second.restore(state)
    for _ in range(7):
        second.step()
    assert second.done == 12
    assert torch.equal(second.ws, whole.ws)
    assert second.history == whole.history


def test_a_state_before_the_first_step_can_be_gone_on_from() -> None:
    search = Search(steps=3, candidates=0)
    first, second = (Projection(tiny(), made(tiny(), 1), search) for _ in range(2))
    second.restore(first.state())
    first.step(), second.step()
    assert torch.equal(first.here(), second.here())


def test_the_best_is_kept_though_the_search_goes_astray() -> None:
    projection = Projection(tiny(), made(tiny(), 1), Search(steps=30, rate=5.0))
    for _ in range(30):
        projection.step()
    losses = [loss for [loss] in projection.history]
    assert projection.loss.item() == pytest.approx(min(losses))
    assert losses[-1] > min(losses)


def test_together_pictures_are_found_as_if_alone() -> None:
    search, targets = Search(steps=5, candidates=10), made(tiny(), 3)
    together = descend(tiny(), targets, search).ws
    alone = torch.cat([descend(tiny(), targets[i : i + 1], search).ws for i in range(3)])
    torch.testing.assert_close(together, alone, rtol=0.02, atol=0.05)


def test_steps_grow_and_shrink() -> None:
    search = Search(steps=100, rate=1.0)
    rates = [search.rate_at(step) for step in range(100)]
    assert rates[0] == pytest.approx(0.2)
    assert rates[50] == 1.0
    assert 0 < rates[99] < 0.01


def test_a_target_of_another_size_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="A target has the size 3x16x16, got 3x8x8"):
        Projection(tiny(), torch.zeros(1, 3, 8, 8))


def test_tuning_brings_the_picture_nearer_and_leaves_the_model_alone(tmp_path: Path) -> None:
    g, targets = tiny(), made(tiny(), 1, seed=8).flip(3)
    before = {name: value.clone() for name, value in g.state_dict().items()}
    ws = g.w_avg.expand(1, g.num_ws, -1)
    tuning = Tuning(g, ws, targets)
    losses = [tuning.step() for _ in range(30)]
    assert losses[-1] < 0.8 * losses[0]
    assert all(torch.equal(value, before[name]) for name, value in g.state_dict().items())
    tuned = tuning.finished()
    write_difference(tmp_path / "tuned.npz", tuned, g, "abc")
    again = read_difference(tmp_path / "tuned.npz", g, "abc")
    torch.testing.assert_close(again.synthesis(ws), tuned.synthesis(ws), atol=0.01, rtol=0)
    assert not torch.allclose(g.synthesis(ws), tuned.synthesis(ws), atol=0.01, rtol=0)


def test_the_tuning_of_another_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tuned.npz"
    write_difference(path, tiny(), tiny(), "abc")
    with pytest.raises(InvalidArgument, match="tuning of another model"):
        read_difference(path, tiny(), "xyz")
    with pytest.raises(InvalidArgument, match="tuning of another model"):
        read_difference(path, rainbow())
    np.savez(path, w=np.zeros(3))
    with pytest.raises(InvalidArgument, match="holds no tuning"):
        read_difference(path, tiny())
