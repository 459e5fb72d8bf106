"""What a training's folder tells of it: how far it is, its figures, its sheets and its models."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from taxiway.core.datatypes import names
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.files import write_whole
from taxiway.core.locks import held, is_held
from taxiway.core.parsing import Malformed, from_json
from taxiway.training import snapshots
from taxiway.training.metrics_log import Record, figures_of, read
from taxiway.training.plot import points_of
from taxiway.training.progress import (
    Warned,
    last_record,
    newest,
    seconds_left,
    tail,
    warnings,
)
from taxiway.training.snapshots import Snapshot
from taxiway.training.time_lapse import write_footage

ORDER, STATS = "training.json", "stats.jsonl"
LOG, TROUBLE = "log.txt", "errors.txt"
"""What its process says, where the studio started it."""
LOCK, PROCESS = "training.lock", "training.pid"
REAL = "real.jpg"
FILM = "progress.mp4"
MODELS = ("model", "best")
"""What can be played: the newest snapshot, and the one nearest to the dataset."""

_SHEET = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)kimg\.(?:jpg|png|txt)", re.ASCII)
_ENDED_WELL = b"kimg seen"
_WARNINGS = 20

State = Literal["waiting", "starting", "running", "stopping", "stopped", "done", "failed"]


class About(Struct, frozen=True):
    """What the order says for the card."""

    title: str = ""


class Plan(Struct):
    """As much of `config.TrainingConfig` as is told here, whatever trainer it is of."""

    dataset: str
    stages: list[tuple[int, float]]
    start: str = ""
    about: About = About()
    unit: str = "pictures"


class Summary(Struct, kw_only=True, rename="camel"):
    """A training in a list; `kimg` of `total` thousand pictures were shown."""

    name: str
    title: str
    state: State
    message: str
    kimg: float
    total: float


class Sheet(Struct):
    """A contact sheet, by the name of its file."""

    name: str
    kimg: float


class Detail(Summary, kw_only=True, rename="camel"):
    """Everything; `curves` are of (kimg, value), thinned to what can be drawn.

    `models` are those of MODELS that there are, `snapshots` the kept ones, oldest first.
    """

    dataset: str
    start: str
    resolution: int
    unit: str
    seconds_left: float | None
    figures: dict[str, float]
    curves: dict[str, list[tuple[float, float]]]
    warnings: list[Warned]
    sheets: list[Sheet]
    models: list[Snapshot]
    snapshots: list[Snapshot]


@contextmanager
def working(folder: Path) -> Iterator[None]:
    """Be the only training of a folder within the block, known by the number of our process.

    The folder is made where there is none. Raises InvalidArgument if another trains in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder / LOCK) as ours:
        if not ours:
            raise InvalidArgument(f"A training works in '{folder}' already; stop it first.")
        write_whole(folder / PROCESS, f"{os.getpid()} {_size(folder / STATS)}".encode())
        try:
            yield
        finally:
            (folder / PROCESS).unlink(missing_ok=True)


class TrainingFolder:
    """One training as its folder tells it; nothing of it is kept in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, folder.name

    @property
    def is_there(self) -> bool:
        """Whether there was ever a training, or one was tried."""
        return (self.folder / ORDER).is_file() or (self.folder / LOG).is_file()

    @property
    def is_worked_in(self) -> bool:
        """Whether a process trains there now."""
        return is_held(self.folder / LOCK)

    @property
    def process(self) -> int:
        """The number of the process that trains there. Raises NotFound."""
        try:
            return int((self.folder / PROCESS).read_text().split()[0])
        except (OSError, ValueError, IndexError):
            raise NotFound(f"'{self.name}' has no process that is known.") from None

    @property
    def plan(self) -> Plan | None:
        """What was asked for; None before it was understood."""
        try:
            found: Plan = from_json((self.folder / ORDER).read_bytes(), Plan)
        except (OSError, Malformed):
            return None
        return found

    @property
    def title(self) -> str:
        """What its maker calls it, else its name."""
        return (self.plan.about.title if self.plan else "") or self.name

    def summary(self, alive: bool, told: bool) -> Summary:
        """In short; `alive` is whether a process trains, `told` whether it was told to stop."""
        return self._summary(last_record(self.folder / STATS), alive, told)

    def detail(self, alive: bool, told: bool) -> Detail:
        """At length."""
        records, plan = read(self.folder / STATS), self.plan or Plan("", [])
        short = self._summary(records[-1:], alive, told)
        return Detail(
            **msgspec.structs.asdict(short),
            dataset=self._shown(plan.dataset),
            start=plan.start,
            resolution=plan.stages[-1][0] if plan.stages else 0,
            unit=plan.unit,
            seconds_left=seconds_left(records, plan.stages) if alive else None,
            figures=newest(records),
            curves={
                key: points for key in figures_of(records) if (points := points_of(records, key))
            },
            warnings=warnings(records)[-_WARNINGS:],
            sheets=self.sheets(),
            models=self.models(),
            snapshots=snapshots.kept(self.folder),
        )

    def sheets(self) -> list[Sheet]:
        """The contact sheets, or texts, oldest first."""
        found = [
            Sheet(path.name, float(match[1]))
            for path in (self.folder / "samples").glob("*kimg.*")
            if (match := _SHEET.fullmatch(path.name)) and path.is_file() and not path.is_symlink()
        ]
        return sorted(found, key=lambda sheet: sheet.kimg)

    def sheet(self, name: str) -> Path:
        """The file of a sheet, or of the dataset's own pictures. Raises NotFound."""
        if name == REAL and (self.folder / REAL).is_file():
            return self.folder / REAL
        if name not in [sheet.name for sheet in self.sheets()]:
            raise NotFound(f"'{self.name}' has no sheet '{name}'.")
        return self.folder / "samples" / name

    def model(self, name: str) -> Path:
        """The checkpoint of a snapshot, by its name of the list or in MODELS. Raises NotFound."""
        places = {model.name: self.folder for model in self.models()}
        kept = snapshots.kept(self.folder)
        places |= {snapshot.name: self.folder / snapshots.FOLDER for snapshot in kept}
        if name not in places:
            there_are = f"There are: {names(list(places))}."
            raise NotFound(f"'{self.name}' has no model '{name[:80]}'. {there_are}")
        return places[name] / f"{name}.safetensors"

    @property
    def has_model(self) -> bool:
        """Whether it has made something that can be played."""
        return bool(self.models())

    def hold(self, name: str) -> None:
        """Keep a snapshot of the list for good, for somebody plays it."""
        if name not in MODELS:
            snapshots.hold(self.folder, name)

    def film(self) -> Path:
        """All sheets as an MP4, in the folder. Raises NotFound or MissingDependency."""
        paths = self.pictures()
        if not paths:
            raise NotFound(f"'{self.name}' has no sheets yet; the first snapshot makes one.")
        write_footage(self.folder / FILM, paths)
        return self.folder / FILM

    def pictures(self) -> list[Path]:
        """The files of those sheets that are pictures, oldest first."""
        names = [sheet.name for sheet in self.sheets()]
        return [self.folder / "samples" / name for name in names if not name.endswith(".txt")]

    def _summary(self, records: Sequence[Record], alive: bool, told: bool) -> Summary:
        plan = self.plan
        kimg = float(records[-1]["kimg"]) if records else 0.0
        total = plan.stages[-1][1] if plan and plan.stages else 0.0
        state = self._running(told) if alive else self._ended(kimg, total, told)
        message = self._message(state, kimg, total)
        return Summary(
            name=self.name,
            title=self.title,
            state=state,
            message=message,
            kimg=kimg,
            total=total,
        )

    def _running(self, told: bool) -> State:
        if told:
            return "stopping"
        return "running" if self.is_worked_in and self._has_told() else "starting"

    def _has_told(self) -> bool:
        """Whether there are figures since its process began; by their size, not by a clock."""
        try:
            _, *before = (self.folder / PROCESS).read_text().split()
        except (OSError, ValueError):
            return False
        return before != [str(_size(self.folder / STATS))]

    def _ended(self, kimg: float, total: float, told: bool) -> State:
        if total and kimg >= total - 1e-6:
            return "done"
        failed = (self.folder / LOG).exists() and _ENDED_WELL not in tail(self.folder / LOG)
        if self.plan is None and self._trouble():
            return "failed"
        return "failed" if failed and not told else "stopped"

    def _message(self, state: State, kimg: float, total: float) -> str:
        unit = self.plan.unit if self.plan else "pictures"
        far = f"{kimg:.4g} of {total:.4g} thousand {unit} shown"
        if self.plan is None and state in ("stopped", "failed"):
            return self._trouble() or "It was ended before it began, and can be begun again."
        return {
            "waiting": "Waits for its turn.",
            "starting": "Reads the dataset and times a few steps.",
            "running": f"{far}.",
            "stopping": "Finishes its step, saves, and writes the model.",
            "stopped": f"Stopped: {far}; it can go on from there.",
            "done": f"Done: {kimg:.4g} thousand {unit} shown.",
            "failed": self._trouble() or "Its process was ended; it can go on from what was saved.",
        }[state]

    def _trouble(self) -> str:
        """The last line of its complaints."""
        lines = tail(self.folder / TROUBLE).decode(errors="replace").strip().splitlines()
        return self._shown(lines[-1].strip())[:300] if lines else ""

    def _shown(self, words: str) -> str:
        """Words without the place of what was sent for it, which nobody chose."""
        return re.sub(re.escape(str(self.folder)) + r"[\\/]sent-[0-9a-f]{8}[\\/]", "", words)

    def models(self) -> list[Snapshot]:
        """Those of MODELS that there are, the newest before the best."""
        there = [name for name in MODELS if (self.folder / f"{name}.safetensors").is_file()]
        found = {name: snapshots.figures(self.folder / f"{name}.json") for name in there}
        return [Snapshot(name, told.get("kimg", 0.0), told) for name, told in found.items()]


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
