"""What the pages at /output were sent is counted, whichever of them it was."""

import numpy as np
import pytest

from taxiway.core.frame import Frame
from taxiway.live.screens import Screen, Screens


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def frame(index: int, time: float) -> Frame:
    return Frame(pixels=np.zeros((2, 2, 3), np.uint8), index=index, time=time)


def test_two_pages_are_counted_together() -> None:
    clock = Clock()
    screens = Screens(clock)
    first, second = Screen(screens), Screen(screens)
    first.sent(frame(7, 99.98))
    first.sent(frame(8, 99.99))
    second.sent(frame(8, 99.99))
    first.sent(frame(11, 99.996))
    assert (screens.receivers, screens.sent, screens.dropped) == (2, 4, 2)
    assert screens.rate() == 2.0
    assert screens.age_ms == pytest.approx(4)
    second.close()
    clock.now += 1
    assert (screens.receivers, screens.sent, screens.rate()) == (1, 4, 0.0)


def test_a_picture_at_rest_is_no_old_one() -> None:
    screens = Screens(Clock())
    Screen(screens).sent(frame(3, 20.0))
    assert screens.sent == 1
    assert screens.age_ms is None
