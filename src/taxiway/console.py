"""A job on a terminal: a bar with the time that is left, and Ctrl-C to stop."""

import shutil
import sys
import threading
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any

from tqdm import tqdm

from taxiway.core.files import guarding
from taxiway.core.images import Pixels
from taxiway.core.tool import Stopped

COUNT = "{n:.0f}/{total_fmt}"

# tqdm's own lock is one for several processes, for which Python may start another one.
tqdm.set_lock(threading.RLock())


def bar(title: str, total: float | None = None, count: str = COUNT, **more: Any) -> "tqdm[Any]":
    """A bar on the error stream with the time that is left, which nobody gets who does not see it.

    `count` is how it says how far it is, `more` are tqdm's own words for the rest.
    """
    columns, rows = shutil.get_terminal_size()  # tqdm takes a terminal that tells 0 for that small
    return tqdm(
        desc=title,
        total=total,
        disable=not (sys.stderr.isatty() or "ipykernel" in sys.modules),
        ncols=columns - 1,
        nrows=rows,
        bar_format=f"{{desc}} {{bar}} {count} {{remaining}}",
        **more,
    )


class ConsoleJob(AbstractContextManager["ConsoleJob"]):
    """Shows a tool's progress while it is open. Ctrl-C becomes Stopped: what is done stays done.

    What others made in the folder is written over only by `force`. `begins_anew` says that the tool
    keeps nothing that it could go on from.
    """

    def __init__(
        self, folder: Path, title: str, force: bool = False, begins_anew: bool = False
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.force = folder, force
        self._guard = guarding(folder, force)
        self._title, self._begins_anew = title, begins_anew
        self._bar: tqdm[Any] | None = None
        self._done, self._total = 0.0, 0.0

    def progress(
        self, done: float, total: float, message: str = "", preview: Pixels | None = None
    ) -> None:
        if self._bar is None:  # not sooner: what is wrong with the inputs is said without a bar
            self._bar = bar(self._title, round(total) or None)
        self._bar.total = round(total) or None
        self._bar.set_description_str(message or self._title, refresh=False)
        self._bar.update(done - self._done)
        self._done, self._total = done, total

    def _at(self) -> str:
        """How far it was, of what counts as more than done or not."""
        if self._total == 1:
            return ""
        return f" at {self._done:g}{f' of {self._total:g}' if self._total else ''}"

    def __enter__(self) -> "ConsoleJob":
        self._guard.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._guard.__exit__(None, None, None)
        if self._bar is not None:
            self._bar.close()
        if isinstance(error, KeyboardInterrupt):
            after = "begins anew" if self._begins_anew else "goes on from there"
            raise Stopped(f"Stopped{self._at()}; the same command {after}.") from None
