"""A job on a terminal: a bar with the time that is left, and Ctrl-C to stop."""

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from taxiway.core.files import guarding
from taxiway.core.images import Pixels
from taxiway.core.tool import Stopped


class ConsoleJob(AbstractContextManager["ConsoleJob"]):
    """Shows a tool's progress while it is open. Ctrl-C becomes Stopped: what is done stays done.

    What others made in the folder is written over only by `force`.
    """

    def __init__(self, folder: Path, title: str, force: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.force = folder, force
        self._guard = guarding(folder, force)
        columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=Console(stderr=True))
        self._task = self._progress.add_task(title, total=None)
        self._title = title

    def progress(
        self, done: float, total: float, message: str = "", preview: Pixels | None = None
    ) -> None:
        self._progress.start()  # not sooner: what is wrong with the inputs is said without a bar
        self._progress.update(
            self._task, completed=done, total=total or None, description=message or self._title
        )

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
        if self._progress.live.is_started:
            self._progress.stop()
        if isinstance(error, KeyboardInterrupt):
            task = self._progress.tasks[0]
            raise Stopped(
                f"Stopped at {task.completed:g}{f' of {task.total:g}' if task.total else ''}; "
                "the same command goes on from there."
            ) from None
