"""The seam between the engine and where a model runs: what a member of `executors` does."""

from collections.abc import Callable
from typing import Protocol

from taxiway.core.command import Values
from taxiway.core.errors import ModelFailed, TaxiwayError
from taxiway.core.model import ModelSpec, Progress
from taxiway.engine.messages import News, Predict, Ready

Result = Values | TaxiwayError

OnPart = Callable[[list[Result | None], Progress | None], bool]
"""Takes, on the event loop, what there is of a batch's answers so far, and how far the batch is.

There is one entry per call, None where nothing came. False if nobody waits for the rest.
"""


class Died(Exception):
    """What the model ran in ended without being told to; the message says how."""


class Hung(Died):
    """It gave neither an answer nor a part of one for as long as it may take."""


class Away(Died):
    """It was reached, and is not any more; it may be again."""


class Unreachable(ModelFailed):
    """What it would run on does not answer."""


class Executor(Protocol):
    """Runs one model: on a process, a thread, another machine. Used from one event loop.

    `died` turns true, and `on_death` is called once, when it has ended by itself. `pid` is that of
    its process, None where it has none of its own. Where a model's spare time is used `on_news`,
    which whoever made it may set, is called with what it found.
    """

    died: bool
    on_news: Callable[[News], None]

    def __init__(self, spec: ModelSpec, on_death: Callable[[], None]) -> None: ...

    @property
    def pid(self) -> int | None: ...

    async def start(self) -> Ready:
        """Set the model up. Raises ModelFailed with the model's own words, or Died."""

    async def predict(self, request: Predict, on_part: OnPart) -> list[Result]:
        """Answer a batch, one result per call; the parts that a model yields come by `on_part`.

        One batch at a time. Once `on_part` returns False a model that yields is stopped there, and
        what it gave so far is the result. Raises Died, or ModelFailed for an unreadable answer.
        """

    async def death(self) -> Died:
        """How it ended, once `died`."""

    async def stop(self) -> None:
        """End it, also where it does not answer; its memory is free when this returns."""
