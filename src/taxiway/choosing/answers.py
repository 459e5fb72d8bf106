"""What was found to be fastest, one small file for each question: safe to delete, all of them.

A file is believed as far as its fields go: that it answers the very question, and with a setting
that is there. What it says is never run.
"""

import hashlib
import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from taxiway.core.files import write_whole
from taxiway.core.parsing import Malformed, from_json

KEPT = 64
"""Answers in a folder, the oldest go first."""
BYTES = 1 << 16
"""A file that is larger is none of ours."""

Question = dict[str, Any]
"""The model, what was asked for, and the machine: plain JSON."""


class Setting(NamedTuple):
    """One way to run a network."""

    backend: str
    precision: str
    threads: int


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a question led to; `measured` are milliseconds, `whole` if all settings were tried."""

    question: Question
    taken: Setting
    device: str
    measured: list[tuple[Setting, float]]
    left_out: dict[str, str]
    whole: bool

    @property
    def is_sound(self) -> bool:
        """Whether the setting was measured, and times are times."""
        times = dict(self.measured)
        return self.taken in times and all(0 <= ms < math.inf for ms in times.values())


class Answers:
    """The answers in a folder, which is made, for its owner alone, when the first is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def compiled(self) -> Path:
        """The folder beside it for what is compiled."""
        return self.folder.with_name("compiled")

    def find(self, question: Question) -> Answer | None:
        """The answer to a question, if there is a sound one."""
        answer = read(self._path(question))
        return answer if answer is not None and answer.question == question else None

    def keep(self, answer: Answer) -> None:
        """Write an answer if that can be, and drop the oldest above KEPT."""
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._path(answer.question), msgspec.json.encode(answer))
            for path in sorted(self._files(), key=os.path.getmtime, reverse=True)[KEPT:]:
                path.unlink()

    def backends(self, machine: Question) -> set[str]:
        """The backends that were taken on this very machine."""
        answers = [answer for answer in map(read, self._files()) if answer is not None]
        return {each.taken.backend for each in answers if each.question.get("machine") == machine}

    def clear(self) -> None:
        """Forget everything."""
        for path in self._files():
            with suppress(OSError):
                path.unlink()

    def _files(self) -> Iterator[Path]:
        return self.folder.glob("*.json")

    def _path(self, question: Question) -> Path:
        text = msgspec.json.encode(question, order="deterministic")
        return self.folder / f"{hashlib.sha256(text).hexdigest()[:32]}.json"


def read(path: Path) -> Answer | None:
    """The sound answer in a file, if it is one."""
    try:
        with path.open("rb") as file:
            answer: Answer = from_json(file.read(BYTES + 1), Answer, BYTES)
    except (OSError, Malformed):
        return None
    return answer if answer.is_sound else None
