import numpy as np
import pytest

from taxiway.training.pictures import painted
from taxiway.training.rainbow import report


@pytest.fixture(scope="module")
def found() -> dict[str, float]:
    real = painted(range(5000, 5160), 64)
    twins = painted(range(6000, 6080), 64, with_bow=False)
    return report(real[:80], real[80:], twins)


def test_a_report_knows_the_painter_from_its_twins(found) -> None:
    assert found["bow_pass_rate"] > 0.85
    assert found["bow_pass_rate_without_bow"] <= 0.06
    assert found["kid"] < found["kid_without_bow"] / 5
    assert found["variety"] == pytest.approx(1, abs=0.15)
    assert all(np.isfinite(list(found.values())))
