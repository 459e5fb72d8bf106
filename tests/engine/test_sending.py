"""How good the pictures are that a way gets, by how late they come."""

from taxiway.engine.sending import (
    JPEGS,
    LEAST_SECONDS,
    PATIENCE_SECONDS,
    VIDEO,
    WHOLE,
    Choice,
    Lateness,
    Sent,
)

AWAY = 100.0


class Played:
    """A choice that is told, twenty times a second, what comes over a way."""

    def __init__(self, choice: Choice) -> None:
        self.choice, self.now = choice, 0.0
        choice._clock = lambda: self.now
        self.seen: list[Sent | None] = []

    def through(self, seconds: float, late: dict[Sent | None, float], otherwise: float) -> None:
        """For so long pictures are so late, by how they were sent."""
        for _ in range(round(seconds * 20)):
            self.now += 0.05
            sent = self.choice.sent
            if self.choice.came(sent, late.get(sent, otherwise), AWAY):
                self.seen.append(self.choice.sent)


def test_pictures_get_smaller_until_they_are_in_time_and_larger_once_they_can() -> None:
    played = Played(Choice.on(is_far=True, has_video=True))
    assert (played.choice.sent, played.choice.words) == (WHOLE, "")
    played.through(5, {WHOLE: 150.0, VIDEO[0]: 90.0}, 5.0)
    assert played.seen == [VIDEO[0], VIDEO[1]]
    assert played.choice.words == "H.264"
    played.through(20, {}, 5.0)
    assert played.choice.sent == WHOLE
    # What was sent before the last change says nothing.
    assert not played.choice.came(VIDEO[3], 9999.0, AWAY)


def test_a_larger_size_that_fails_is_tried_less_and_less_often() -> None:
    played = Played(Choice.on(is_far=True, has_video=False))
    played.through(200, {WHOLE: 150.0}, 5.0)
    tries = sum(sent == WHOLE for sent in played.seen)
    assert 4 <= tries <= 8  # after 3, 6, 12, 24, 48, 60 seconds
    assert played.seen[0] == JPEGS[0]


def test_where_smaller_pictures_are_as_late_it_is_not_their_size() -> None:
    played = Played(Choice.on(is_far=False, has_video=False))
    assert played.choice.sent is None  # all pixels
    played.through(20, {}, 80.0)
    assert played.seen[-2:] == [JPEGS[-1], None]
    played.through(PATIENCE_SECONDS[1] / 2, {}, 80.0)
    assert played.choice.sent is None
    assert played.choice.words == ""


def test_video_begins_anew_where_a_picture_was_not_readable() -> None:
    choice = Choice((VIDEO[0],))
    before = choice.sent
    choice.begin_anew()
    assert choice.sent != before


def test_late_is_what_is_later_than_the_soonest_of_late() -> None:
    now = 5.0
    lateness = Lateness(lambda: now)
    assert lateness.of(900.0) == 0  # 4.1 s by clocks that do not agree
    assert lateness.of(800.0) == 100
    assert lateness.of(1000.0) == 0
    for _ in range(2):  # a longer way is, after a while, as long as it is
        now += LEAST_SECONDS + 1
        lateness.of(now * 1000 - 4300)
    assert lateness.of(now * 1000 - 4300) == 0
