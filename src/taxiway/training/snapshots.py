"""The models that a training keeps of its way: a few, spread evenly, however long it goes on."""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from taxiway.core.parsing import Malformed, from_json

FOLDER = "snapshots"
STEP, MOST = 0.5, 16
"""kimg from one to the next at first, and how many of them are kept beside the last."""

_NAME = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)kimg", re.ASCII)


class Snapshot(Struct):
    """A model to play, after how many thousand pictures it is, and the figures of its card."""

    name: str
    kimg: float
    metrics: dict[str, float]


def name_of(kimg: float) -> str:
    """What the files of a snapshot are called, without their endings."""
    return f"{kimg:08.1f}kimg"


def kimg_of(name: str) -> float | None:
    """How far a snapshot of that name is; None for any other name."""
    match = _NAME.fullmatch(name)
    return float(match[1]) if match else None


def kept(folder: Path) -> list[Snapshot]:
    """The snapshots of the training in `folder`, oldest first."""
    found = [
        Snapshot(path.stem, kimg, figures(path.with_suffix(".json")))
        for path in (folder / FOLDER).glob("*kimg.safetensors")
        if (kimg := kimg_of(path.stem)) is not None and path.is_file() and not path.is_symlink()
    ]
    return sorted(found, key=lambda snapshot: snapshot.kimg)


def thin(folder: Path) -> None:
    """Remove what `spread` does not keep; the best one stays, and what was played."""
    found = kept(folder)
    wanted = spread([snapshot.kimg for snapshot in found])
    best = figures(folder / "best.json").get("kimg")
    for snapshot in found:
        is_best = best is not None and snapshot.name == name_of(best)
        path = folder / FOLDER / snapshot.name
        if not (snapshot.kimg in wanted or is_best or _mark(path).exists()):
            _remove(path)


def spread(kimgs: Sequence[float]) -> set[float]:
    """Which of some snapshots to keep: the first within every step of kimg, and the last.

    The step doubles where it would make more than MOST; so whatever is kept of those that were
    kept before is what would have been kept of all that ever came.
    """
    step, last = STEP, max(kimgs, default=0.0)
    while last >= MOST * step:
        step *= 2
    firsts: dict[float, float] = {}
    for kimg in sorted(kimgs):
        firsts.setdefault(kimg // step, kimg)
    return {*firsts.values(), *(kimg for kimg in kimgs if kimg == last)}


def hold(folder: Path, name: str) -> None:
    """Keep a snapshot for good: somebody plays it."""
    with suppress(OSError):  # on a full disk it plays all the same
        _mark(folder / FOLDER / name).touch()


def figures(card: Path) -> dict[str, float]:
    """The figures that a card tells; none of one that is missing or not understood."""
    try:
        told: Any = from_json(card.read_bytes())
        return msgspec.convert(told.get("metrics", {}), dict[str, float])
    except (OSError, AttributeError, Malformed, msgspec.ValidationError):
        return {}


def _mark(path: Path) -> Path:
    return path.with_name(path.name + ".played")


def _remove(path: Path) -> None:
    """The model before its card; one that a system will not give up goes the next time."""
    with suppress(OSError):
        for ending in (".safetensors", ".json"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
