import numpy as np
import pytest

from paths import FIXTURES
from taxiway.checkpoint import read_checkpoint
from taxiway.families.stylegan.networks.build import build
from taxiway.families.stylegan.training.samples import in_rows, samples

LABELS = FIXTURES / "stylegan2-ada_32_labels5_mapping8.pkl"


def test_pictures_are_of_the_classes_asked_for_or_of_one_after_the_other() -> None:
    generator = build(read_checkpoint(LABELS))
    made = samples(generator, [7, 7, 7], 1.0, [2, 3, 2])
    assert (made[0] == made[2]).all()
    assert (made[0] != made[1]).any()
    np.testing.assert_array_equal(made[0], samples(generator, [7], 1.0)[0])
    assert len(samples(generator, range(40), 1.0, 20 * [0, 1])) == 40


@pytest.mark.parametrize("classes", [1, 2, 3, 4, 5, 6])
def test_each_class_has_rows_of_its_own_while_there_are_enough(classes) -> None:
    rows = np.reshape(in_rows(36, classes), (6, 6))
    assert (rows == rows[:, :1]).all()
    assert sorted(set(rows[:, 0])) == list(range(classes))


@pytest.mark.parametrize("classes", [7, 12, 36, 1000])
def test_more_classes_share_rows(classes) -> None:
    shown = in_rows(36, classes)
    assert shown == sorted(shown)
    assert len(set(shown)) == min(classes, 36)
    assert max(shown) < classes
