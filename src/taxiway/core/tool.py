"""A tool: one thing to do with a generator that takes a while, tells how far it is and can stop."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from taxiway.core.command import Command, Values
from taxiway.core.errors import TaxiwayError
from taxiway.core.images import Pixels

OTHER = "other"
"""The input of a tool that takes a second model: text, its name, until whoever runs the tool puts
what `run` takes as `generator` in its place. No file is opened by a client's word."""


class Stopped(TaxiwayError):
    """The user stopped a job; what was finished is kept, and the same call goes on from there."""


class Job(Protocol):
    """One run of a tool: where its files go, and whom it tells how far it is."""

    folder: Path

    def progress(
        self, done: float, total: float, message: str = "", preview: Pixels | None = None
    ) -> None:
        """Say that `done` of `total` is done; `preview` is uint8 [H, W, 3]. Call it often.

        Raises Stopped once the user has stopped the job.
        """


class Tool(Protocol):
    """A member of the slot `tools`: typed inputs and outputs like a model's, one call at a time.

    `run` writes its files whole into `job.folder`, keeps there what it needs to go on after a
    stop, and returns small outputs: file names, numbers, pictures. `generator` is a
    `networks.generator.Generator` as `build_generator` makes it (core knows no torch), or what
    `discovery.instrument` offers in its place. Raises TaxiwayError.
    """

    command: Command

    def run(self, generator: Any, inputs: Values, job: Job) -> Values: ...


@dataclass
class QuietJob:
    """A job that tells nobody, for tests and notebooks; it stops once `stop_after` is done."""

    folder: Path
    stop_after: float | None = None

    def progress(
        self, done: float, total: float, message: str = "", preview: Pixels | None = None
    ) -> None:
        if self.stop_after is not None and done >= self.stop_after:
            raise Stopped(f"Stopped at {done:g} of {total:g}; run it again to go on.")
