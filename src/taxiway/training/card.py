"""The card of a trained model: what it was made from and how, and what nobody has said."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from taxiway.training.config import TrainingConfig
from taxiway.training.given import described
from taxiway.training.metrics_log import Record
from taxiway.training.run_folder import MODELS
from taxiway.training.snapshots import kimg_of
from taxiway.training.trainer import Description, Trainer

UNSAID = "Not stated by its maker."
LIMITS = (
    "Nobody has looked for biases. What is rare in the {unit} is rarer, or missing, in what "
    "it makes; what it makes may come close to single {unit} of the dataset."
)


def card(
    config: TrainingConfig[Any], name: str, trainer: Trainer, records: Sequence[Record]
) -> dict[str, Any]:
    """The card's fields (those of the catalogue's cards) for the model `name` of a training."""
    about, said = config.about, described(trainer)
    figures = trainer.measures
    measured = [record for record in records if all(figure in record for figure in figures)]
    best = min(measured, key=lambda record: float(record[figures[0]]), default=None)
    shown = best if name == "best" else measured[-1] if measured else None
    title = about.title or "A model without a title"
    begun = f", from {origin(config.start)}" if config.start else ", from nothing"
    kimg = max((record["kimg"] for record in records), default=0.0)
    slug = re.sub(r"[^a-z0-9._-]+", "-", title.lower()).strip("-._")[:64] or "model"
    return {
        "name": slug,
        "family": said.family,
        "title": title,
        "summary": said.summary,
        "checkpoint": f"{name}.safetensors",
        "resolution": said.resolution,
        "licence": about.licence or UNSAID,
        "made": f"{kimg:.1f} thousand {config.unit} shown{begun}; {said.how}.",
        "data": about.data or UNSAID,
        "metrics": {} if shown is None else {k: shown[k] for k in (*figures, "kimg")},
        "limits": about.limits or LIMITS.format(unit=config.unit),
        "command": about.command or command(config, slug, said),
    }


def command(config: TrainingConfig[Any], name: str, described: Description) -> str:
    """What trains such a model, into a folder of that name; files by their names only."""
    words = ["taxiway", "train", *([config.trainer] if config.trainer else [])]
    words += [Path(config.dataset).name, "--out", name]
    words += ["--from", origin(config.start)] if config.start else []
    return shlex.join([*words, "--kimg", f"{config.kimg:g}", *described.options])


def origin(start: str) -> str:
    """What a training started from, with the training's name where it is one's model."""
    path = Path(start)
    place = 3 if kimg_of(path.stem) is not None else 2 if path.stem in MODELS else 1
    return "/".join(path.parts[-place:])
