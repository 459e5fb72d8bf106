import pytest

from taxiway.training.health import Health

WELL = {"d": 1.0, "g": 1.5, "sign": 0.6, "p": 0.2, "augmented": True, "broken": 0}


def heard(health: Health, kimgs: range, **figures: float) -> list[str]:
    return [said for kimg in kimgs for said in health.hear(kimg, {**WELL, **figures})]


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


def test_pictures_growing_alike_are_noticed_when_they_should_not_be() -> None:
    health = Health()
    assert health.see(5, variety=0.3) == []
    (said,) = health.see(25, variety=0.3)
    assert "30% of the dataset's variety" in said
    assert health.see(26, variety=0.3) == []


def test_gradients_that_are_no_numbers_are_counted() -> None:
    (said,) = Health().hear(1, {**WELL, "broken": 3})
    assert said.startswith("3 gradients were no numbers")
