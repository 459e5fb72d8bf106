import pytest

from taxiway.families.stylegan.training.health import Health

WELL = {"d": 1.0, "g": 1.5, "sign": 0.6, "p": 0.2, "augmented": True, "broken": 0}


def heard(health: Health, kimgs: range, **figures: float) -> list[str]:
    return [said for kimg in kimgs for said in health.record(kimg, {**WELL, **figures})]


def test_a_healthy_training_is_left_in_peace() -> None:
    health = Health()
    assert heard(health, range(50)) == []
    assert health.see(30, variety=0.9) == []


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"sign": 0.95, "p": 0.9}, "learning the pictures by heart (sure of 95% of them)"),
        ({"sign": 0.95, "augmented": False}, "learning the pictures by heart"),
        ({"g": 9.5}, "the generator's loss is 9.5"),
    ],
)
def test_what_lasts_is_said_once(figures, words) -> None:
    health = Health()
    assert heard(health, range(5), **figures) == []
    (said,) = heard(health, range(5, 40), **figures)
    assert words in said
    heard(health, range(40, 41))
    assert len(heard(health, range(41, 60), **figures)) == 1


def test_a_sure_discriminator_may_be_helped_by_augmentation_yet() -> None:
    assert heard(Health(), range(20), sign=0.95, p=0.3) == []


def test_a_bad_moment_is_not_a_trend() -> None:
    health = Health()
    for first in range(0, 40, 4):
        assert heard(health, range(first, first + 3), g=9.0) == []
        heard(health, range(first + 3, first + 4))


def seen(*varieties: float, every: int = 5) -> list[str]:
    health = Health()
    return [said for i, v in enumerate(varieties) for said in health.see(i * every, v)]


@pytest.mark.parametrize(
    "varieties",
    [
        (0.66, 0.69, 0.68, 0.70, 0.77, 0.83, 0.91),  # rainbow from nothing
        (0.57, 0.74, 0.90),  # a model of faces from rainbow
        (2.8, 0.5, 0.3, 0.2, 0.35, 0.4),  # noise, then sameness, then pictures
        (0.05, 0.15, 0.25, 0.30, 0.34, 0.40, 0.45, 0.48),  # slow to spread
        (1.8, 1.5, 0.9, 0.8, 0.7),  # from a model that knows more than the dataset
        (0.9, 0.8, 0.4, 0.8, 0.9),  # one bad snapshot
    ],
)
def test_a_training_that_spreads_is_left_in_peace(varieties) -> None:
    assert seen(*varieties) == []


@pytest.mark.parametrize(
    "varieties",
    [
        (0.6, 0.6, 0.7, 0.7, 0.8, 0.7, 0.45, 0.40, 0.3),  # a fall
        (0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.2),  # never any
    ],
)
def test_pictures_growing_alike_are_said_once(varieties) -> None:
    (said,) = seen(*varieties)
    assert "% of the dataset's variety" in said


def test_a_second_fall_is_said_again() -> None:
    assert len(seen(0, 0.8, 0.3, 0.3, 0.8, 0.3, 0.3, every=30)) == 2


def test_gradients_that_are_no_numbers_are_counted() -> None:
    (said,) = Health().record(1, {**WELL, "broken": 3})
    assert said.startswith("3 gradients were no numbers")
