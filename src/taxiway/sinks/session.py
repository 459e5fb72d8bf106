"""What is played as a file, to be played again or filmed: every change of an input, with its time.

The frames are not in it; they only say that somebody plays, and when to write.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, ClassVar

from taxiway.catalog.folder import recording_path
from taxiway.core.command import Values
from taxiway.core.datatypes import AnyDataType, Text
from taxiway.core.errors import InvalidArgument, Unavailable
from taxiway.core.files import GrowingFile
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
        "path": Text(default="", description=f"A file {ENDING}; else one in the data folder."),
    }

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, settings: Values) -> None:
        super().__init__(settings)
        self._waiting: deque[tuple[float, Mapping[str, Any]]] = deque()
        self._state: dict[str, Any] = {}
        self._began = 0.0
        self._growing: GrowingFile | None = None
        self._command = ""
        self._written = ""

    @property
    def address(self) -> str:
        growing = self._growing
        return self._written or str(growing.path if growing else self.settings_given["path"])

    @property
    def result(self) -> str:
        return f"The session is {self._written}." if self._written else ""

    def play(self, command: str) -> None:
        self._command = command

    def change(self, values: Mapping[str, Any], time: float) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append((time, values))

    def open(self, width: int, height: int, fps: int) -> None:
        path = recording_path(self.settings_given["path"], ENDING)
        if path.suffix != ENDING:
            raise InvalidArgument(
                f"'path' takes a file whose name ends in {ENDING}, got '{path}'.", "path"
            )
        self._growing = GrowingFile(path)
        self._growing.file.write(head_line(self._command))
        # What was set before the first frame is how it begins.
        for _ in self._changes():
            pass
        self._began = self.clock()
        self._growing.file.write(change_line(0.0, self._state))

    def send(self, frame: Frame) -> None:
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("More is changed than this disk can write.")
        assert self._growing is not None
        try:
            self._write(self._growing.file)
        except OSError as error:
            growing, self._growing = self._growing, None
            raise growing.left(error) from None

    def _changes(self) -> Iterator[tuple[float, Mapping[str, Any]]]:
        while self._waiting:
            at, values = self._waiting.popleft()
            self._state |= values
            yield at, values

    def _write(self, file: IO[bytes]) -> None:
        for at, values in self._changes():
            file.write(change_line(max(at - self._began, 0.0), values))

    def close(self) -> None:
        growing, self._growing = self._growing, None
        if growing is None:
            return
        try:
            self._write(growing.file)
            growing.file.write(change_line(self.clock() - self._began, {}))
        except OSError as error:
            raise growing.left(error) from None
        except BaseException:
            # What there is stays hidden, for whoever wants to rescue it.
            growing.file.close()
            raise
        self._written = str(growing.finish())


SLOT = Session
