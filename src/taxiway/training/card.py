"""The card of a trained model: what it was made from and how, and what nobody has said."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from taxiway.families.stylegan.training.config import TrainingConfig
from taxiway.training.features import Pictures
from taxiway.training.metrics_log import Record
from taxiway.training.run_folder import MODELS
from taxiway.training.snapshots import kimg_of

UNSAID = "Not stated by its maker."
LIMITS = (
    "Nobody has looked for biases. What is rare in the pictures is rarer, or missing, in what "
    "it makes; what it makes may come close to single pictures of the dataset."
)


def card(
    order: TrainingConfig,
    name: str,
    size: int,
    pictures: Pictures,
    records: Sequence[Record],
    classes: Sequence[str] = (),
) -> dict[str, Any]:
    """The card's fields (those of the library's cards) for the model `name` of a training."""
    about, settings = order.about, order.settings
    measured = [record for record in records if "kid" in record and "variety" in record]
    best = min(measured, key=lambda record: float(record["kid"]), default=None)
    shown = best if name == "best" else measured[-1] if measured else None
    title = about.title or "A model without a title"
    begun = f", from {origin(order.start)}" if order.start else ", from nothing"
    kimg = max((record["kimg"] for record in records), default=0.0)
    slug = re.sub(r"[^a-z0-9._-]+", "-", title.lower()).strip("-._")[:64] or "model"
    return {
        "name": slug,
        "family": "stylegan",
        "title": title,
        "summary": f"A {kind(order)} trained on {len(pictures):,} pictures of {size} pixels"
        f"{of_classes(order, classes)}.",
        "checkpoint": f"{name}.safetensors",
        "resolution": size,
        "licence": about.licence or UNSAID,
        "made": f"{kimg:.1f} thousand pictures shown{begun}; batch {settings.batch}, "
        f"gamma {settings.gamma:g} times the usual, {told(order)}.",
        "data": about.data or UNSAID,
        "metrics": {} if shown is None else {k: shown[k] for k in ("kid", "variety", "kimg")},
        "limits": about.limits or LIMITS,
        "command": about.command or command(order, slug),
    }


def command(order: TrainingConfig, name: str) -> str:
    """What trains such a model, into a folder of that name; files by their names only."""
    words = ["taxiway", "train", Path(order.dataset).name, "--out", name]
    words += ["--from", origin(order.start)] if order.start else []
    words += ["--kimg", f"{order.kimg:g}", "--resolution", f"{order.size}"]
    return shlex.join([*words, *(["--labels"] if order.settings.labels else [])])


def origin(start: str) -> str:
    """What a training started from, with the training's name where it is one's model."""
    path = Path(start)
    place = 3 if kimg_of(path.stem) is not None else 2 if path.stem in MODELS else 1
    return "/".join(path.parts[-place:])


def kind(order: TrainingConfig) -> str:
    """Which of the two families the model is of."""
    network = order.settings.network
    return "StyleGAN3" if network and network["family"] == "stylegan3" else "StyleGAN2"


def of_classes(order: TrainingConfig, names: Sequence[str]) -> str:
    """How many classes it learns, and their names where they are known."""
    if not order.settings.labels:
        return ""
    return f" in {order.settings.c_dim} classes{': ' if names else ''}{', '.join(names)}"


def told(order: TrainingConfig) -> str:
    """What the discriminator saw instead of the bare pictures."""
    augment = order.settings.augment
    words = [word for word in ("moves", "turns", "hues") if getattr(augment, word)]
    mirror = "mirrored" if augment.mirror else "not mirrored"
    return f"augmented by {' and '.join(words) or 'nothing'}, {mirror}"
