"""Backends that end their process when they are tried, as a library does on a processor that it was
not built for: what Python notes of that in its last moment, the next start finds."""

import faulthandler
import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

DAYS = 30
"""So long a backend is left out that ended a process, if nothing changes on the machine."""
SHOWN = 200
FATAL = re.compile("(?:Fatal Python error|Windows fatal exception): ([ -~]+)")
"""How a note of Python's begins; anything else is none."""


class Deaths:
    """Notes in a folder, each of a process that tries a backend; those of this `machine` count.

    One that was ended by somebody else has an empty note, which says nothing.
    """

    def __init__(self, folder: Path, machine: dict[str, Any]) -> None:
        self.folder, self.machine = folder, machine

    @contextmanager
    def noted(self, name: str) -> Iterator[None]:
        """Leaves a note if a backend ends the process within the block, where that can be."""
        with ExitStack() as after:
            if not faulthandler.is_enabled():  # by somebody, who wants to read it elsewhere
                with suppress(OSError):
                    self._write(after, self.folder / f"{self._key(name)}-{os.getpid()}.died")
            yield

    def _write(self, after: ExitStack, path: Path) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        after.callback(removed, path)
        note = after.enter_context(path.open("wb"))
        faulthandler.enable(note, all_threads=False)
        after.callback(faulthandler.disable)

    def of(self, name: str) -> str:
        """Why a backend is left out, in a sentence; "" if it ended no process lately."""
        causes = [self._cause(path) for path in self.folder.glob(f"{self._key(name)}-*.died")]
        for cause in filter(None, causes):
            return (
                f"{name} ended the process at an earlier start ({cause}); "
                "after 'taxiway disk --clear measured' it is tried again."
            )
        return ""

    def _cause(self, path: Path) -> str:
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > DAYS * 86400:
                removed(path)
            else:
                with path.open("rb") as file:
                    found = FATAL.match(file.read(SHOWN).decode("ascii", "replace"))
                return found[1].strip() if found else ""
        return ""

    def _key(self, name: str) -> str:
        text = msgspec.json.encode([name, self.machine], order="deterministic")
        return hashlib.sha256(text).hexdigest()[:32]


def removed(path: Path) -> None:
    """Delete a file where that can be."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
