"""What a model does while nobody asks it anything: step by step, so that a call waits for one."""

import logging
import time
from collections.abc import Callable, Iterator

from taxiway.core.errors import TaxiwayError
from taxiway.core.faults import words_of
from taxiway.core.model import Model

log = logging.getLogger("taxiway.worker")

LULL = 0.003
"""Seconds without a call after which a step is taken."""
BUSY = 2.0
"""Of a model that is asked all the time a step takes as long as before, divided by this."""


class SpareTime:
    """The `spare_work` of a model, if it has such; `learn` is called when it found something."""

    def __init__(
        self,
        model: Model,
        learn: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        begin = getattr(model, "spare_work", None)
        self._steps: Iterator[bool | None] | None = None
        self._begin: Callable[[], Iterator[bool | None]] | None = begin
        self._learn, self._clock = learn, clock
        self._due = 0.0

    def use(self, waits: Callable[[float], bool]) -> None:
        """Take steps until `waits(seconds)` says that a call comes and it is its turn.

        A model that is asked without a pause gives its calls two thirds of its time meanwhile.
        """
        while self._begin is not None and not (waits(LULL) and self._clock() < self._due):
            began = self._clock()
            self._step()
            self._due = self._clock() + BUSY * (self._clock() - began)

    def _step(self) -> None:
        try:
            if self._steps is None:
                assert self._begin is not None
                self._steps = iter(self._begin())
            if next(self._steps):
                self._learn()
        except StopIteration:
            self._begin = None
        except Exception as error:
            # What it answers does not depend on it.
            self._begin = None
            said = str(error) if isinstance(error, TaxiwayError) else words_of(error)
            log.warning("What the model did in its spare time failed: %s", said)
            log.debug("In spare time", exc_info=error)
