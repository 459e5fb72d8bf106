"""A training in a folder: what it leaves there as it goes, for people and for going on later."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from taxiway.checkpoint.discriminator import write_discriminator
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.core.files import write_whole
from taxiway.families.stylegan.networks.fast import fast
from taxiway.families.stylegan.training.config import TrainingConfig
from taxiway.families.stylegan.training.export import arrays_of, write_model
from taxiway.families.stylegan.training.health import Health
from taxiway.families.stylegan.training.loop import (
    STATE,
    Schedule,
    Stages,
    lost,
    resumed,
    save_state,
    train,
)
from taxiway.families.stylegan.training.painted_pictures import Pictures, reduced
from taxiway.families.stylegan.training.samples import in_rows, samples, save_sheet
from taxiway.families.stylegan.training.speed import check_disk
from taxiway.families.stylegan.training.stylegan2 import Players
from taxiway.families.stylegan.training.transfer import Start
from taxiway.training import snapshots
from taxiway.training.card import card
from taxiway.training.datasets.pictures.crops import check_resolution
from taxiway.training.datasets.pictures.labels import Classes
from taxiway.training.distributed import ALONE, Group, Stop
from taxiway.training.metrics import SIZE, compare
from taxiway.training.metrics_log import MetricsLog, Record
from taxiway.training.plot import curves

SHOWN = range(36)
"""Seeds of the pictures on the sheets; the same in all, so that they can be watched changing."""
MEASURED = range(10_000, 10_200)
"""Seeds of the pictures that are measured."""
HELD_AGAINST = 500
RECORD_SECONDS = 10.0
SNAPSHOTS = (0.5, 1, 2, 4, 5, 10, 20, 40, 50, 100)
"""kimg between two snapshots, as it suits the speed."""
SNAPSHOT_SECONDS = 240.0

Told = Callable[[Record], None]


class Session:
    """One training, new or gone on with; `told` may be set to hear the records of figures.

    The folder gets training.json, state.pt, stats.jsonl, progress.svg, a sheet in samples/ for
    every snapshot, and the models, each with its card: model.safetensors (newest),
    best.safetensors (nearest to the dataset by KID), both with their discriminators beside them,
    and those of snapshots/. `classes` are those of the pictures, where it learns them.
    """

    told: Told

    def __init__(
        self,
        order: TrainingConfig,
        folder: Path,
        pictures: Pictures,
        group: Group = ALONE,
        classes: Classes | None = None,
    ) -> None:
        self.order, self.folder, self.pictures, self.classes = order, folder, pictures, classes
        self.told = lambda record: None
        self.players = begun(order, folder, group, classes)
        check_disk(folder, self.players)
        for name in ("samples", snapshots.FOLDER):
            (folder / name).mkdir(exist_ok=True)
        order.write(folder)
        self.records = MetricsLog(folder / "stats.jsonl", self.players.seen / 1000)
        self.health, self._heard = Health(), list[dict[str, float]]()
        self._since, self._from, self._shown = time.monotonic(), self.players.seen, -1
        self.real = some(pictures, HELD_AGAINST)
        if not (folder / "real.jpg").exists():
            save_sheet(folder / "real.jpg", shown(pictures, classes))

    def run(self, stop: Stop, snapshot_kimg: float) -> Players:
        """Train until the order is fulfilled or `stop` is set, then save and export."""
        schedule = Schedule(self.order.stages, snapshot_kimg=snapshot_kimg)
        if not self.players.seen:
            save_state(self.players, self.folder)  # so that no model is ever without its state
            if self.order.start:
                self.snapshot(self.players)  # what the training begins with, to be compared with
        self._since = time.monotonic()
        self.players = train(self.players, self.pictures, self.folder, schedule, stop, self)
        self.stepped(self.players, None)
        if self._shown != self.players.seen:
            self.snapshot(self.players)
        return self.players

    def stepped(self, players: Players, losses: dict[str, float] | None) -> None:
        """Gather the losses of a step; every ten seconds make a record of them."""
        if losses is not None:
            self._heard.append(losses)
        now = time.monotonic()
        if not self._heard or (losses is not None and now - self._since < RECORD_SECONDS):
            return
        record = self._record(players, now - self._since)
        self._heard, self._since, self._from = [], now, players.seen
        warnings = self.health.hear(record["kimg"], record)
        self._keep(record, warnings)

    def _record(self, players: Players, seconds: float) -> Record:
        """The figures since the last record."""
        names = self._heard[0]
        means = {name: float(np.mean([one[name] for one in self._heard])) for name in names}
        shown = max(players.seen - self._from, 1) / 1000
        broken, players.broken = players.broken, 0
        return {
            "kimg": players.seen / 1000,
            "size": players.size,
            "seconds_per_kimg": seconds / shown,
            **means,
            "p": players.p,
            "augmented": bool(self.order.settings.augment),
            "broken": broken,
        }

    def snapshot(self, players: Players) -> None:
        """Show, measure and export what the kept average makes now."""
        kimg = players.seen / 1000
        generator = fast(players.average)
        sheet = self.folder / "samples" / f"{snapshots.name_of(kimg)}.jpg"
        rows = in_rows(len(SHOWN), max(generator.c_dim, 1))
        save_sheet(sheet, samples(generator, SHOWN, 0.7, rows))
        size = min(SIZE, players.size)
        alike = self.classes.alike(len(MEASURED)) if self.classes else None
        made = reduced(samples(generator, MEASURED, 1.0, alike), size)
        figures = compare(made, reduced(self.real, size), ["kid", "variety"])
        best = min((r["kid"] for r in self.records.all if _whole(r, self.order)), default=np.inf)
        record = {"kimg": kimg, "size": players.size, **figures}
        self._keep(record, self.health.see(kimg, figures["variety"]))
        self._export(self.folder / "model", players)
        if figures["kid"] < best and _whole(record, self.order):
            self._export(self.folder / "best", players)
        self._export(self.folder / snapshots.FOLDER / snapshots.name_of(kimg), players)
        snapshots.thin(self.folder)
        write_whole(self.folder / "progress.svg", curves(self.records.all).encode())
        self._since, self._shown = time.monotonic(), players.seen

    def _keep(self, record: Record, warnings: Sequence[str]) -> None:
        record = {**record, "warnings": list(warnings)} if warnings else record
        self.records.add(record)
        self.told(record)

    def _export(self, path: Path, players: Players) -> None:
        """Write the average as a model to run, and its card before it: none is without one."""
        names = self.classes.names if self.classes else ()
        made = card(self.order, path.name, players.size, self.pictures, self.records.all, names)
        text: Any = msgspec.json.format(msgspec.json.encode(made))
        write_whole(path.with_name(f"{path.name}.json"), text)
        model = path.with_name(f"{path.name}.safetensors")
        if path.parent == self.folder:  # of those on the way it would be the larger half
            write_discriminator(model, arrays_of(players.d))
        write_model(model, players.average, players.seen, names)


def begun(
    order: TrainingConfig, folder: Path, group: Group = ALONE, classes: Classes | None = None
) -> Players:
    """The players as last saved; else from a trained model; else from nothing.

    Raises InvalidArgument where the pictures have other classes than it learns.
    """
    if order.start and not (folder / STATE).exists():
        players = Start(Path(order.start)).players(order.size, order.settings)
    else:
        players = resumed(folder, order.settings, Schedule(order.stages))
    players.group = group
    if classes:
        players.labels = known(classes, order)
    return players


def known(classes: Classes, order: TrainingConfig) -> NDArray[np.int64]:
    """The classes as this training learns them; InvalidArgument where it learns others."""
    there = order.settings.c_dim if order.settings.labels else 0
    if classes.count != there:
        raise InvalidArgument(
            f"The dataset has {classes.count} classes, and this training learns "
            f"{there or 'without'}; begin another."
        )
    return classes.of


def _whole(record: Record, order: TrainingConfig) -> bool:
    """Whether a record is of a snapshot at the finished model's size."""
    return "kid" in record and record.get("size") == order.size


def some(pictures: Pictures, count: int) -> Pictures:
    """Up to `count` pictures, drawn evenly."""
    places = np.linspace(0, len(pictures) - 1, min(count, len(pictures))).astype(int)
    chosen: Pictures = pictures[places]
    return chosen


def shown(pictures: Pictures, classes: Classes | None) -> Pictures:
    """Real pictures for a sheet; those of a class in the rows that have samples of it."""
    if classes is None:
        return some(pictures, HELD_AGAINST)[: len(SHOWN)]
    return pictures[classes.places(in_rows(len(SHOWN), classes.count))]


def snapshot_kimg(seconds_per_kimg: float) -> float:
    """How many kimg about four minutes are, as a round number."""
    wanted = SNAPSHOT_SECONDS / max(seconds_per_kimg, 1e-6)
    return max([kimg for kimg in SNAPSHOTS if kimg <= wanted], default=SNAPSHOTS[0])


def fitted(pictures: Pictures, resolution: int | None) -> Pictures:
    """The pictures at the wanted resolution, or their own; TaxiwayError where they are smaller."""
    have = pictures.shape[1]
    if resolution is None or resolution == have:
        return pictures
    check_resolution(resolution)
    if resolution > have:
        raise TaxiwayError(
            f"The dataset has {have} pixels, so no model of {resolution} is made of it; "
            "prepare it again with another --resolution."
        )
    return reduced(pictures, resolution)


def check_free(folder: Path, resume: bool) -> None:
    """Raise TaxiwayError where a training in a folder would be overwritten, its model included."""
    if folder.exists() and not folder.is_dir():
        raise InvalidArgument(f"'{folder}' is a file; --out takes a folder.", "out")
    state, model = ((folder / name).exists() for name in (STATE, "model.safetensors"))
    if resume and model and not state:
        raise lost(folder)
    if not resume and (state or model):
        raise TaxiwayError(f"'{folder}' holds a training; add --resume or take another folder.")


def longer(stages: Stages, kimg: float | None) -> Stages:
    """The same stages with another end."""
    return stages if kimg is None else (*stages[:-1], (stages[-1][0], kimg))
