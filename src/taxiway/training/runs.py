"""The trainings of a data folder: begun, watched and ended, each in a process of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Literal

from msgspec import Struct

from taxiway.core.errors import InvalidArgument, MissingDependency, NotFound
from taxiway.training.run_folder import LOG, ORDER, TROUBLE, Detail, Summary, TrainingFolder

COMMAND = [sys.executable, "-u", "-m", "taxiway", "train"]
"""What trains, and says at once what it says."""

END_SECONDS = 20.0
"""How long a server that ends waits for a training to save; after that it saves by itself."""
LONGEST = 1e6
"""kimg"""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)


class Wanted(Struct, kw_only=True):
    """A training to begin; `start` is the file or the training's folder that it starts from.

    `kimg` is how many thousand pictures are shown, or None for what suits the start; with `labels`
    the dataset's classes are learnt.
    """

    name: str
    dataset: str
    start: str = ""
    kimg: float | None = None
    quality: Literal["draft", "good"] = "draft"
    labels: bool = False
    title: str = ""
    licence: str = ""
    data: str = ""


class Runs:
    """Every training in `folder`, also those that were begun by hand; one works at a time.

    Those begun here are told to save and stop when the server ends.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._told: set[str] = set()
        # A look at a training's lock holds it for a moment, which another look must not see.
        self._lock = Lock()

    def all(self) -> list[Summary]:
        """Every training, by name."""
        with self._lock:
            return [self._summary(training) for training in self._trainings()]

    def one(self, name: str) -> Detail:
        """All of one. Raises NotFound."""
        with self._lock:
            training = self.find(name)
            return training.detail(self._is_alive(training), name in self._told)

    def find(self, name: str) -> TrainingFolder:
        """The training of that name. Raises NotFound."""
        training = TrainingFolder(self.folder / name)
        if not _NAME.fullmatch(name) or not training.is_there:
            raise NotFound(f"There is no training '{name}'.")
        return training

    def start(self, wanted: Wanted) -> Summary:
        """Begin one; what is found out only later is told by its state.

        Raises InvalidArgument naming the field, or MissingDependency.
        """
        check(wanted)
        with self._lock:
            training = TrainingFolder(self.folder / wanted.name)
            if (training.folder / ORDER).exists():
                raise InvalidArgument(f"There is a training '{wanted.name}' already.", "name")
            self._begin(training, arguments(wanted))
            return self._summary(training)

    def resume(self, name: str, kimg: float | None = None) -> Summary:
        """Go on, up to `kimg` if that is said. Raises NotFound or InvalidArgument."""
        check_kimg(kimg)
        with self._lock:
            training = self.find(name)
            if training.plan is None:
                raise InvalidArgument(f"'{name}' never began; start it anew under this name.")
            more = [] if kimg is None else [f"--kimg={kimg:g}"]
            self._begin(training, [training.plan.dataset, "--resume", *more])
            return self._summary(training)

    def stop(self, name: str) -> Summary:
        """Tell it to finish its step, save and export. Raises NotFound or InvalidArgument."""
        with self._lock:
            training = self.find(name)
            if not self._is_alive(training):
                raise InvalidArgument(f"'{name}' does not train now; there is nothing to stop.")
            self._tell(training)
            return self._summary(training)

    def close(self) -> None:
        """Tell those that were begun here to save and stop, and wait a while for them."""
        with self._lock:
            working = {name for name, process in self._processes.items() if process.poll() is None}
            for name in working:
                print(f"The training '{name}' finishes its step and saves.", flush=True)
                self._tell(self.find(name))
            for name in working:
                try:
                    self._processes[name].wait(END_SECONDS)
                except subprocess.TimeoutExpired:
                    print(f"The training '{name}' saves by itself.", flush=True)

    def _trainings(self) -> list[TrainingFolder]:
        folders = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        found = [TrainingFolder(path) for path in folders if _NAME.fullmatch(path.name)]
        return [training for training in found if training.is_there]

    def _summary(self, training: TrainingFolder) -> Summary:
        return training.summary(self._is_alive(training), training.name in self._told)

    def _is_alive(self, training: TrainingFolder) -> bool:
        process = self._processes.get(training.name)
        return (process is not None and process.poll() is None) or training.is_worked_in

    def _begin(self, training: TrainingFolder, words: Sequence[str]) -> None:
        """Start the process that `taxiway train` would be; Ctrl-C is for the server only."""
        if find_spec("torch") is None:
            raise MissingDependency("Training takes PyTorch: pip install 'taxiway[train]'.")
        for other in self._trainings():
            if self._is_alive(other):
                raise InvalidArgument(f"'{other.name}' trains now; stop it first.")
        training.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._told.discard(training.name)
        with (
            (training.folder / LOG).open("wb") as log,
            (training.folder / TROUBLE).open("wb") as no,
        ):
            self._processes[training.name] = subprocess.Popen(
                [*COMMAND, *words, f"--out={training.folder}"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=no,
                start_new_session=True,
                creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
            )

    def _tell(self, training: TrainingFolder) -> None:
        """Once: the second time would end it without saving."""
        if training.name in self._told:
            return
        self._told.add(training.name)
        process = self._processes.get(training.name)
        if process is not None and process.poll() is None:
            process.terminate()
        else:
            os.kill(training.process, signal.SIGTERM)


def check(wanted: Wanted) -> None:
    """Raises InvalidArgument naming the field that is wrong."""
    if not _NAME.fullmatch(wanted.name):
        raise InvalidArgument(
            "'name' takes up to 64 small letters, digits and . _ -, beginning with a letter or "
            f"digit, got {wanted.name[:80]!r}.",
            "name",
        )
    for name in ("dataset", "start", "title", "licence", "data"):
        if len(getattr(wanted, name)) > 2000 or "\0" in getattr(wanted, name):
            raise InvalidArgument(f"'{name}' takes up to 2000 characters of text.", name)
    if not wanted.dataset or not os.path.exists(_place(wanted.dataset)):
        raise InvalidArgument(f"There is no dataset '{wanted.dataset}' on the server.", "dataset")
    check_kimg(wanted.kimg)


def check_kimg(kimg: float | None) -> None:
    """Raises InvalidArgument."""
    if kimg is not None and not 0 < kimg <= LONGEST:
        raise InvalidArgument(f"'kimg' takes a number above 0, got {kimg:g}.", "kimg")


def arguments(wanted: Wanted) -> list[str]:
    """What `taxiway train` is given; no word of a person's becomes an option by itself."""
    said = {
        "from": wanted.start,
        "kimg": "" if wanted.kimg is None else f"{wanted.kimg:g}",
        "quality": wanted.quality,
    }
    told = {name: getattr(wanted, name) for name in ("title", "licence", "data")}
    options = [f"--{name}={text}" for name, text in said.items() if text]
    options += ["--labels"] if wanted.labels else []
    return [str(_place(wanted.dataset)), *options, *(f"--{k}={v}" for k, v in told.items())]


def _place(path: str) -> Path:
    return Path(os.path.abspath(os.path.expanduser(path)))
