import numpy as np
import pytest
import torch

from painted_sets import landscapes
from taxiway.core.errors import InvalidArgument
from taxiway.training import metrics
from taxiway.training.features import features


@pytest.fixture(scope="module")
def real() -> np.ndarray:
    return landscapes(range(5000, 5160))


@pytest.fixture(scope="module")
def spoilt(real) -> dict[str, np.ndarray]:
    """80 pictures spoilt in one way each, to be held against the other 80."""
    other = real[:80]
    soft = torch.nn.functional.avg_pool2d(torch.from_numpy(other.copy()).permute(0, 3, 1, 2) / 1.0,
                                          3, 1, 1).permute(0, 2, 3, 1)  # fmt: skip
    grain = np.random.RandomState(0).normal(0, 8, other.shape)
    return {
        "equal": other,
        "blurred": soft.to(torch.uint8).numpy(),
        "grainy": np.clip(other + grain, 0, 255).astype(np.uint8),
        "exchanged": other[..., ::-1].copy(),
        "upside down": other[:, ::-1].copy(),
        "no bow": landscapes(range(5000, 5080), with_bow=False),
        "repeated": np.repeat(other[:8], 10, axis=0),
        "half-way": ((other.astype(int) + other.mean(axis=0).astype(int)) // 2).astype(np.uint8),
    }


@pytest.fixture(scope="module")
def found(real, spoilt) -> dict[str, dict[str, float]]:
    names = list(metrics.METRICS)
    return {kind: metrics.compare(made, real[80:], names) for kind, made in spoilt.items()}


def test_equal_sources_are_near_zero_apart(found) -> None:
    equal = found["equal"]
    assert abs(equal["kid"]) < 0.01
    assert equal["precision"] > 0.6
    assert equal["recall"] > 0.6
    assert equal["variety"] == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(
    "kind", ["blurred", "grainy", "exchanged", "upside down", "no bow", "repeated", "half-way"]
)
def test_whatever_is_spoilt_is_farther_by_kid_and_frechet(found, kind) -> None:
    assert found[kind]["kid"] > 3 * max(found["equal"]["kid"], 0.002)
    assert found[kind]["frechet"] > 1.3 * found["equal"]["frechet"]


@pytest.mark.parametrize("kind", ["blurred", "grainy", "no bow", "half-way"])
def test_patches_tell_of_texture(found, kind) -> None:
    assert found[kind]["sliced_wasserstein"] > 1.5 * found["equal"]["sliced_wasserstein"]


def test_recall_tells_of_repetition_and_precision_of_strangeness(found) -> None:
    assert found["repeated"]["recall"] < 0.35
    assert found["repeated"]["precision"] > 0.5
    assert found["upside down"]["precision"] < 0.4
    assert found["grainy"]["recall"] < 0.2


def test_variety_is_the_mean_distance_of_pairs(found) -> None:
    black, white = np.zeros((1, 32, 32, 3), np.uint8), np.full((1, 32, 32, 3), 255, np.uint8)
    assert metrics.spread(np.concatenate([black, white])) == pytest.approx(255, rel=1e-5)
    assert metrics.spread(np.concatenate([white, white])) == 0
    assert found["half-way"]["variety"] == pytest.approx(found["equal"]["variety"] / 2, rel=0.15)


def test_the_figures_follow_from_the_pictures_alone(real, found) -> None:
    again = metrics.compare(real[:80], real[80:], ["swd", "kid"])
    assert again == {name: found["equal"][name] for name in again}


def test_a_metric_that_there_is_not_is_refused(real) -> None:
    with pytest.raises(InvalidArgument, match="'metrics' takes kid, fd, swd, pr, variety, got 'x'"):
        metrics.compare(real, real, ["kid", "x"])


@pytest.mark.smoke
def test_features_are_finite_for_flat_pictures() -> None:
    flat = np.full((2, 64, 64, 3), 127, np.uint8)
    assert features(flat).shape == (2, 3 * 64 + 3 * 8 * 48)
    assert np.isfinite(features(flat)).all()


def test_sets_of_other_sizes_are_compared_too(real) -> None:
    small = real[:, ::2, ::2]
    figures = metrics.compare(small[:100], small[100:], list(metrics.METRICS))
    assert all(np.isfinite(list(figures.values())))


@pytest.mark.parametrize(("rows", "width"), [(30, 512), (400, 16)])
def test_frechet_distance_is_exact_also_for_few_rows(rows, width) -> None:
    """Of x and 3 x + 5: |5 + 2 mean|^2 + (3 - 1)^2 times the total variance."""
    x = torch.randn(rows, width, generator=torch.Generator().manual_seed(0)).double()
    expected = (5 + 2 * x.mean(dim=0)).square().sum() + 4 * x.var(dim=0).sum()
    assert metrics.frechet_distance(x, 3 * x + 5) == pytest.approx(float(expected), rel=1e-9)
    assert abs(metrics.frechet_distance(x, x.flip(0))) < 1e-9 * width
