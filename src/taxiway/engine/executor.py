"""The seam between the engine and where a model runs: what a member of `executors` does."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from taxiway.core.command import Values
from taxiway.core.errors import ModelFailed, TaxiwayError
from taxiway.core.model import ModelSpec, Progress
from taxiway.engine.cluster.address import Cluster, is_cluster
from taxiway.engine.messages import News, Predict, Ready
from taxiway.engine.places import place_of

Result = Values | TaxiwayError

OnPart = Callable[[list[Result | None], Progress | None], bool]
"""Takes, on the event loop, what there is of a batch's answers so far, and how far the batch is.

There is one entry per call, None where nothing came. False if nobody waits for the rest.
"""


HERE, FILE = "here", "file:"
"""As a machine: this one. Before a path: the machines that stand in that file."""


class Died(Exception):
    """What the model ran in ended without being told to; the message says how."""


class Hung(Died):
    """It gave neither an answer nor a part of one for as long as it may take."""


class Away(Died):
    """It was reached, and is not any more; it may be again."""


class Unreachable(ModelFailed):
    """What it would run on does not answer."""


def kind_for(on: str, here: str) -> str:
    """The member of `executors` that runs a model on such machines; `here` for those of none."""
    if not on:
        return here
    if "," in on or on == HERE or on.startswith(FILE):
        return "pool"
    return "ray" if is_cluster(on) else "remote"


def check_machine(on: str) -> None:
    """Raise InvalidArgument for an address that is none of one machine, or of a cluster."""
    if is_cluster(on):
        Cluster.of(on)
    elif on != HERE:
        place_of(on)


class Executor(Protocol):
    """Runs one model: on a process, a thread, another machine. Used from one event loop.

    `died` turns true, and `on_death` is called once, when it has ended by itself. `pid` is that of
    its process, None where it has none of its own. `at_once` is how many batches it takes before
    it has answered the first, `live_at_once` how many of a live session; both may change.

    Whoever made it may set `on_news`, which is called with what a model found in its spare time,
    `on_words`, with what goes on, such as "is sent to box, 3 of 12 MB", or "" once it runs, and
    `on_facts`, with those of its facts that have changed: `on`, where it runs, and `played_as`,
    what moving pictures are sent as where that is less than one that rests.
    """

    died: bool
    hold_seconds: float
    on_news: Callable[[News], None]
    on_words: Callable[[str], None]
    on_facts: Callable[[dict[str, Any]], None]

    def __init__(self, spec: ModelSpec, on_death: Callable[[], None]) -> None: ...

    @property
    def pid(self) -> int | None: ...

    @property
    def at_once(self) -> int: ...

    @property
    def live_at_once(self) -> int: ...

    async def start(self) -> Ready:
        """Set the model up. Raises ModelFailed with the model's own words, or Died."""

    async def predict(self, request: Predict, on_part: OnPart) -> list[Result]:
        """Answer a batch, one result per call; the parts that a model yields come by `on_part`.

        Up to `at_once` batches at a time. Once `on_part` returns False a model that yields is
        stopped there, and what it gave so far is the result. Raises Died, or ModelFailed for an
        unreadable answer.
        """

    async def death(self) -> Died:
        """How it ended, once `died`."""

    async def stop(self) -> None:
        """End it, also where it does not answer; its memory is free when this returns."""


class Gone(Exception):
    """A stand-in does not answer any more, or answers wrongly; the message says which."""


class StandIn(Protocol):
    """Answers in a running model's place, for as long as it does: the model stays ready."""

    async def answer(
        self, request: Predict, ask: Callable[[Predict], Awaitable[list[Result]]]
    ) -> list[Result] | None:
        """One result per call, or None for what only the model itself can do.

        `ask` asks the model meanwhile. Raises Gone: then the model answers, now and from here on.
        """
