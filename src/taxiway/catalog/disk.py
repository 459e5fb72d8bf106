"""What takes the room in the data folder, what bounds it, and what of it may go."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from taxiway.core.errors import InvalidArgument

OTHER = "other"


class Kind(Struct, frozen=True):
    """A part of the folder: what it is, how it may go; whether it is made anew where it is gone."""

    about: str
    removal: str
    is_remade: bool = False


REMADE = "May be deleted: it is made anew when it is needed."
KINDS = {
    "store": Kind("Fetched models", "Remove models you do not need: taxiway models remove NAME."),
    "models": Kind("Models that were opened in the studio", "Delete the files you do not need."),
    "trainings": Kind("Trainings, with the models they made", "Delete them in the studio's Train."),
    "jobs": Kind(
        "What tools made, and what was sent for it",
        "Delete them in the studio's Jobs, or run with --keep-jobs 30.",
    ),
    "annotations": Kind("Pictures to annotate", "Remove sets in the studio's Annotate."),
    "recordings": Kind("What was recorded", "Delete the files you do not need."),
    "live": Kind("Presets, movements and histories", "A hundred states of each model are kept."),
    "mappings": Kind("What hardware is mapped to", "Small, and yours."),
    "hosted.db": Kind("Hosted models, tokens and counts", "Do not delete it."),
    "hosted-before": Kind(
        "What was there before a backup was restored", "Delete the files once all is well."
    ),
    "carried": Kind(
        "Files of models that run here for other machines",
        "Delete the folder while none of them runs; they are sent again.",
    ),
    "trainings-for-others": Kind(
        "Trainings for other machines", "Delete those whose models have been fetched."
    ),
    "compiled": Kind("Networks as this machine computes them, 268 MB at most", REMADE, True),
    "measured": Kind("Which settings are fastest here", REMADE, True),
    "dials": Kind("Directions that were found in checkpoints", REMADE, True),
    OTHER: Kind("Small files: settings, logs, secrets", "Leave them."),
}


class Part(Struct, frozen=True, kw_only=True, rename="camel"):
    """A part that is there, and its size in bytes."""

    name: str
    bytes: int
    about: str
    removal: str
    is_remade: bool


class Use(Struct, frozen=True, kw_only=True):
    """All parts, the largest first; `free` bytes are left on the disk, at the folder `path`."""

    path: str
    free: int
    parts: list[Part]


def use(folder: Path) -> Use:
    """What a data folder takes; one that is not there yet takes nothing."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    sizes: dict[str, int] = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        name = _part(path.name)
        sizes[name] = sizes.get(name, 0) + size(path)
    ordered = sorted(sizes, key=lambda name: (-sizes[name], name))
    parts = [_told(name, sizes[name]) for name in ordered]
    return Use(path=str(folder), free=shutil.disk_usage(there).free, parts=parts)


def clear(folder: Path, name: str) -> int:
    """Delete a part that is made anew when it is needed; the bytes that it took.

    Raises InvalidArgument for any other.
    """
    if name not in KINDS or not KINDS[name].is_remade:
        may = ", ".join(name for name, kind in KINDS.items() if kind.is_remade)
        raise InvalidArgument(f"'{name}' is not made anew by itself; these are: {may}.", "name")
    freed = 0
    for path in _files(folder / name):
        with contextlib.suppress(OSError):
            taken = path.lstat().st_size
            path.unlink()
            freed += taken
    return freed


def size(path: Path) -> int:
    """Bytes of a file, or of all in a folder; what cannot be looked at counts nothing."""
    total = 0
    for each in _files(path):
        with contextlib.suppress(OSError):
            total += each.lstat().st_size
    return total


def _files(path: Path) -> Iterator[Path]:
    for each in [path] if path.is_file() else path.rglob("*"):
        with contextlib.suppress(OSError):
            if not each.is_symlink() and each.is_file():
                yield each


def _part(name: str) -> str:
    if name.startswith("hosted-before-"):
        return "hosted-before"
    known = name.removesuffix("-wal").removesuffix("-shm")
    return known if known in KINDS else OTHER


def _told(name: str, taken: int) -> Part:
    kind = KINDS[name]
    about, removal = kind.about, kind.removal
    return Part(name=name, bytes=taken, about=about, removal=removal, is_remade=kind.is_remade)
