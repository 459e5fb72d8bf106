"""The pages of a session that show its picture and nothing else: how they do, all together."""

import time
from collections import deque
from collections.abc import Callable

from taxiway.core.frame import Frame
from taxiway.live.output_status import LOOK_SECONDS, OutputStatus

PAGE = "page"
"""What they are called among the outputs, though no sink serves them but the studio's socket."""
MOST_SENT = 4096
"""Pictures of the last second that are counted, those of all pages."""


class Screens:
    """`receivers` are the pages that are open; `sent` and `dropped` count pictures of all that
    were, and `age_ms` is from the moment the newest was ready until it was sent."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.receivers = self.sent = self.dropped = 0
        self.age_ms: float | None = None
        self._times: deque[float] = deque(maxlen=MOST_SENT)
        self._clock = clock

    def rate(self) -> float:
        """Pictures that a page was sent in the last second."""
        now = self._clock()
        return sum(now - at < LOOK_SECONDS for at in self._times) / max(self.receivers, 1)

    def status(self) -> OutputStatus:
        """How they do."""
        return OutputStatus(
            name=PAGE,
            title="Page",
            needs="",
            seen="The picture and nothing else: "
            "for a second screen, and as a Browser Source in OBS.",
            always=True,
            state="on",
            address="/output",
            rate=self.rate(),
            age_ms=self.age_ms,
            sent=self.sent,
            dropped=self.dropped,
            receivers=self.receivers,
        )

    def note(self, frame: Frame, skipped: int) -> None:
        """A page was sent a frame, `skipped` after the one before."""
        now = self._clock()
        self._times.append(now)
        self.sent += 1
        self.dropped += skipped
        if now - frame.time < LOOK_SECONDS:  # a picture at rest is no late one
            self.age_ms = (now - frame.time) * 1000


class Screen:
    """One such page, until `close`."""

    def __init__(self, screens: Screens) -> None:
        self._screens, self._newest = screens, 0
        screens.receivers += 1

    def sent(self, frame: Frame) -> None:
        """It was sent a frame."""
        skipped = frame.index - self._newest - 1 if self._newest else 0
        self._newest = frame.index
        self._screens.note(frame, skipped)

    def close(self) -> None:
        """It has gone."""
        self._screens.receivers -= 1
