"""Who wants a model's newest output: those who are there, and those who asked a moment ago."""

import time
from collections.abc import Callable

ASKED_SECONDS = 5.0
"""For so long after a question (`GET /data`) the next one is expected."""
UNWANTED_SECONDS = 1.0
"""Between two looks, while there is nobody, at whether someone reads unannounced, as over OSC."""


class Readers:
    """Decides whether a change is worth rendering where no viewer has joined the broadcast.

    `on_come` is called when the first of them comes.
    """

    def __init__(
        self,
        on_come: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_come = on_come
        self._clock = clock
        self._asked_at = -ASKED_SECONDS
        self._groups: list[Callable[[], bool]] = []

    @property
    def wanted(self) -> bool:
        """Whether anyone would read an output."""
        lately = self._clock() - self._asked_at < ASKED_SECONDS
        return lately or any(is_there() for is_there in self._groups)

    def ask(self) -> None:
        """Somebody read the current output and may come again."""
        was_wanted = self.wanted
        self._asked_at = self._clock()
        if not was_wanted:
            self._on_come()

    def come(self) -> None:
        """Somebody joined one of the groups."""
        self._on_come()

    def add(self, is_there: Callable[[], bool]) -> Callable[[], None]:
        """Count a group of readers, such as a protocol's clients, while `is_there` says so.

        The result stops that.
        """
        self._groups.append(is_there)
        self.come()
        return lambda: self._groups.remove(is_there)
