"""What is played as a file, to be played again or filmed: every change of an input, with its time.

The frames are not in it; they only say that somebody plays, and when to write.
"""

import contextlib
import os
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, ClassVar

from taxiway.core.command import Values
from taxiway.core.datatypes import AnyDataType, Text
from taxiway.core.errors import InvalidArgument, Unavailable
from taxiway.core.files import place_free
from taxiway.core.frame import Frame
from taxiway.core.session_file import ENDING, change_line, head_line
from taxiway.core.sink import Sink

MOST_WAITING = 100_000
"""Changes that wait to be written."""


class Session(Sink):
    """`take.jsonl`: a line for each change, also for those between two frames.

    The file has its name from the moment that it is whole, and replaces none.
    """

    title = "Session"
    seen = "The source 'Replay' plays it again, and 'taxiway replay' makes a film of it."
    least_fps = 1
    end_seconds = 10.0
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "path": Text(default=None, description=f"A file whose name ends in {ENDING}."),
    }

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, settings: Values) -> None:
        super().__init__(settings)
        self._waiting: deque[tuple[float, Mapping[str, Any]]] = deque()
        self._state: dict[str, Any] = {}
        self._began = 0.0
        self._file: IO[bytes] | None = None
        self._command = ""
        self._written = ""

    @property
    def address(self) -> str:
        return self._written or str(self._path)

    @property
    def _path(self) -> Path:
        return Path(self.settings_given["path"]).expanduser().absolute()

    def play(self, command: str) -> None:
        self._command = command

    def change(self, values: Mapping[str, Any], time: float) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append((time, values))

    def open(self, width: int, height: int, fps: int) -> None:
        if self._path.suffix != ENDING:
            raise InvalidArgument(
                f"'path' takes a file whose name ends in {ENDING}, got '{self._path}'.", "path"
            )
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._temporary = self._path.with_name(f".{secrets.token_hex(4)}-{self._path.name}")
        self._file = self._temporary.open("xb")
        self._file.write(head_line(self._command))
        # What was set before the first frame is how it begins.
        for _ in self._changes():
            pass
        self._began = self.clock()
        self._file.write(change_line(0.0, self._state))

    def send(self, frame: Frame) -> None:
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("More is changed than this disk can write.")
        assert self._file is not None
        self._write(self._file)

    def _changes(self) -> Iterator[tuple[float, Mapping[str, Any]]]:
        while self._waiting:
            at, values = self._waiting.popleft()
            self._state |= values
            yield at, values

    def _write(self, file: IO[bytes]) -> None:
        for at, values in self._changes():
            file.write(change_line(max(at - self._began, 0.0), values))
        file.flush()

    def close(self) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        try:
            with file:
                self._write(file)
                file.write(change_line(self.clock() - self._began, {}))
                file.flush()
                os.fsync(file.fileno())
            self._written = str(place_free(self._temporary, self._path))
        finally:
            with contextlib.suppress(FileNotFoundError):
                self._temporary.unlink()


SLOT = Session
