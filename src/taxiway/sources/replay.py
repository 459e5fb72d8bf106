"""A session that was kept as a file, played again: every change at its time."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from taxiway.core.datatypes import AnyDataType, Boolean, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.session_file import changes
from taxiway.core.source import Source


class Replay(Source):
    """Sets what was set, when it was; whoever moves the same inputs meanwhile moves them too."""

    title = "Replay"
    moves = True
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "path": Text(default=None, description="A file that the output 'Session' wrote."),
        "speed": Number(default=1, min=0.01, max=100, description="2 is twice as fast."),
        "loop": Boolean(description="Begin again at the end."),
    }

    def read(self) -> Iterator[Mapping[str, Any]]:
        path = Path(self.settings_given["path"]).expanduser()
        if not path.is_file():
            raise InvalidArgument(f"'path' takes a session; there is none at '{path}'.", "path")
        while True:
            began = time.monotonic()
            for change in changes(path):
                due = began + change.t / self.settings_given["speed"]
                if self.wait(due - time.monotonic()):
                    return
                yield change.set
            if not self.settings_given["loop"] or self.wait(0):
                return


SLOT = Replay
