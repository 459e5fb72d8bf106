"""A training in a folder: what it leaves there as it goes, for people and for going on later."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from taxiway.core.files import write_whole
from taxiway.training import snapshots
from taxiway.training.card import card
from taxiway.training.config import STATE, TrainingConfig
from taxiway.training.cost import check_disk
from taxiway.training.given import measured, sampled
from taxiway.training.loop import Schedule, begin, train
from taxiway.training.metrics_log import MetricsLog, Record
from taxiway.training.plot import curves
from taxiway.training.sheets import save_sheet
from taxiway.training.trainer import Stop, Trainer

RECORD_SECONDS = 10.0

Report = Callable[[Record], None]


class Session:
    """One training, new or gone on with; `told` may be set to hear the records of figures.

    The folder gets training.json, state.pt, stats.jsonl, progress.svg, a sheet in samples/ for
    every snapshot, and the models, each with its card: model.safetensors (newest),
    best.safetensors (lowest by the trainer's first figure) and those of snapshots/.
    """

    report: Report

    def __init__(self, trainer: Trainer, config: TrainingConfig[Any], folder: Path) -> None:
        self.trainer, self.config, self.folder = trainer, config, folder
        self.report = lambda record: None
        begin(trainer, folder, config.stages)
        check_disk(folder, trainer.state_bytes())
        for name in ("samples", snapshots.FOLDER):
            (folder / name).mkdir(exist_ok=True)
        config.write(folder)
        self.records = MetricsLog(folder / "stats.jsonl", trainer.seen / 1000)
        self._heard = list[Mapping[str, float]]()
        self._since, self._from, self._shown = time.monotonic(), trainer.seen, -1
        real = trainer.real()
        if real is not None and not (folder / "real.jpg").exists():
            save_sheet(folder / "real.jpg", real)

    def run(self, stop: Stop, snapshot_kimg: float, state_seconds: float = 90.0) -> Trainer:
        """Train until the config is fulfilled or `stop` is set, then save and export."""
        schedule = Schedule(self.config.stages, state_seconds, snapshot_kimg)
        trainer = self.trainer
        if not trainer.seen:
            trainer.save(self.folder / STATE)  # so that no model is ever without its state
            if self.config.start:
                self.snapshot(trainer)  # what the training begins with, to be compared with
        self._since = time.monotonic()
        train(trainer, self.folder, schedule, stop, self)
        self.stepped(trainer, None)
        if self._shown != trainer.seen:
            self.snapshot(trainer)
        return trainer

    def stepped(self, trainer: Trainer, losses: Mapping[str, float] | None) -> None:
        """Gather the losses of a step; every ten seconds make a record of them."""
        if losses is not None:
            self._heard.append(losses)
        now = time.monotonic()
        if not self._heard or (losses is not None and now - self._since < RECORD_SECONDS):
            return
        record = self._record(trainer, now - self._since)
        self._heard, self._since, self._from = [], now, trainer.seen
        self._keep(record)

    def _record(self, trainer: Trainer, seconds: float) -> Record:
        """The figures since the last record."""
        names = self._heard[0]
        means = {name: float(np.mean([one[name] for one in self._heard])) for name in names}
        shown = max(trainer.seen - self._from, 1) / 1000
        return {
            "kimg": trainer.seen / 1000,
            "size": trainer.size,
            "seconds_per_kimg": seconds / shown,
            **means,
            **trainer.figures(),
        }

    def snapshot(self, trainer: Trainer) -> None:
        """Show, measure and export what the model makes now."""
        kimg, name = trainer.seen / 1000, snapshots.name_of(trainer.seen / 1000)
        self._show(name)
        judged = trainer.measures[0]
        best = min((r[judged] for r in self.records.all if self._counts(r)), default=np.inf)
        record = {"kimg": kimg, "size": trainer.size, **measured(trainer)}
        self._keep(record)
        self._export(self.folder / "model")
        if record[judged] < best and self._counts(record):
            self._export(self.folder / "best")
        self._export(self.folder / snapshots.FOLDER / name)
        snapshots.thin(self.folder)
        drawn = curves(self.records.all, trainer.panels)
        write_whole(self.folder / "progress.svg", drawn.encode())
        self._since, self._shown = time.monotonic(), trainer.seen

    def _show(self, name: str) -> None:
        """Keep samples, as a sheet or as text."""
        made, path = sampled(self.trainer), self.folder / "samples" / name
        if isinstance(made, str):
            write_whole(path.with_name(f"{name}.txt"), made.encode(errors="replace"))
        else:
            save_sheet(path.with_name(f"{name}.jpg"), made)

    def _counts(self, record: Record) -> bool:
        """Whether a record is of a snapshot at the finished model's size."""
        return self.trainer.measures[0] in record and record.get("size") == self.config.size

    def _keep(self, record: Record) -> None:
        warnings: Sequence[str] = self.trainer.warnings(record)
        record = {**record, "warnings": list(warnings)} if warnings else record
        self.records.add(record)
        self.report(record)

    def _export(self, path: Path) -> None:
        """Write a model to run, and its card before it: none is without one."""
        made = card(self.config, path.name, self.trainer, self.records.all)
        text: Any = msgspec.json.format(msgspec.json.encode(made))
        write_whole(path.with_name(f"{path.name}.json"), text)
        # Of those on the way, what training on takes would be the larger half.
        whole = path.parent == self.folder
        self.trainer.export(path.with_name(f"{path.name}.safetensors"), whole)
