"""What a model takes along to another machine: its files, each by its SHA-256 and once.

Messages as in `pipe`: what the model is, with its files; which of them are missing; the missing
ones in pieces; an empty one.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import msgspec
from msgspec import Struct

from taxiway.core import declaration
from taxiway.core.datatypes import File
from taxiway.core.errors import ModelFailed
from taxiway.core.files import whole_file
from taxiway.core.model import ModelSpec
from taxiway.engine.pipe import WorkersEnd

PIECE = 2**20
MOST_FILES, MOST_BYTES = 200_000, 64 * 2**30


class Taken(Struct, frozen=True):
    """A file that goes along: for which option, where below it ("" for a file), and what it is."""

    option: str
    path: str
    name: str
    sha256: str
    size: int


class Wanted(Struct, frozen=True):
    """The SHA-256 of the files that are missing, or why nothing is taken."""

    missing: list[str] = []
    refused: str = ""


class Bag(Struct, frozen=True):
    """What a model is, and the files that it needs."""

    spec: ModelSpec
    files: list[Taken]


def luggage(spec: ModelSpec) -> tuple[Bag, dict[str, Path]]:
    """A model's bag, and where its files are by SHA-256. Raises what is wrong with its family."""
    files, places = list[Taken](), dict[str, Path]()
    for option, field in declaration.family(spec.family).options.items():
        if not isinstance(field, File) or not spec.options.get(option):
            continue
        root = Path(spec.options[option])
        inside = sorted(path for path in root.rglob("*") if path.is_file())
        for path in inside if root.is_dir() else [root]:
            digest = sha256_of(path)
            below = path.relative_to(root).as_posix() if root.is_dir() else ""
            files.append(Taken(option, below, root.name, digest, path.stat().st_size))
            places[digest] = path
    if len(files) > MOST_FILES:
        raise ModelFailed(f"'{spec.name}' has {len(files)} files, {MOST_FILES} can go along.")
    return Bag(msgspec.structs.replace(spec, on=""), files), places


def sha256_of(path: Path) -> str:
    """A file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def carry_files(
    pipe: WorkersEnd, bag: Bag, places: dict[str, Path], progress: Callable[[int, int], None]
) -> None:
    """Give the other side the model, and those of its files that it lacks.

    `progress` is called with the bytes that went and all that are to go. Raises ModelFailed where
    the files are not taken, or ServerGone.
    """
    pipe.send(msgspec.msgpack.encode(bag))
    wanted = msgspec.msgpack.decode(pipe.receive(), type=Wanted)
    if wanted.refused:
        raise ModelFailed(wanted.refused)
    went, total = 0, sum(places[digest].stat().st_size for digest in wanted.missing)
    for digest in wanted.missing:
        with places[digest].open("rb") as file:
            while piece := file.read(PIECE):
                pipe.send(piece)
                went += len(piece)
                progress(went, total)
    pipe.send(b"")  # nothing comes before it, so that nothing can have been read ahead


def missing_of(bag: Bag, folder: Path) -> dict[str, Taken]:
    """The files that are not here yet, by SHA-256. Raises ModelFailed for what is not taken."""
    for each in bag.files:
        for part in (each.name, *PurePosixPath(each.path).parts):
            plain(part)
    missing = {each.sha256: each for each in bag.files if not _kept(folder, each).is_file()}
    size = sum(each.size for each in missing.values())
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if size > min(free, MOST_BYTES):
        raise ModelFailed(f"{size / 1e6:.0f} MB are to come, {free / 1e6:.0f} MB are free there.")
    return missing


def unpacked(pipe: WorkersEnd, bag: Bag, missing: dict[str, Taken], folder: Path) -> ModelSpec:
    """The model with its files as they lie here, once the missing ones have come.

    Raises ModelFailed for a file that is another one than was announced.
    """
    for each in missing.values():
        _receive(pipe, each, _kept(folder, each))
    options = dict(bag.spec.options)
    for option in {each.option for each in bag.files}:
        options[option] = str(_placed([e for e in bag.files if e.option == option], folder))
    return msgspec.structs.replace(bag.spec, options=options)


def _kept(folder: Path, taken: Taken) -> Path:
    """Where a file is kept; under a name of ours, whatever the other side calls it."""
    if len(taken.sha256) != 64 or not set(taken.sha256) <= set("0123456789abcdef"):
        raise ModelFailed(f"A file came with {taken.sha256[:70]!r} as its SHA-256.")
    return folder / taken.sha256 / "file"


def _receive(pipe: WorkersEnd, taken: Taken, path: Path) -> None:
    digest, come = hashlib.sha256(), 0
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with whole_file(path) as file:
        while come < taken.size:
            piece = pipe.receive()
            come += len(piece)
            digest.update(piece)
            file.write(piece)
        if come != taken.size or digest.hexdigest() != taken.sha256:
            raise ModelFailed(f"'{taken.name}' came as another file than was announced.")


def _placed(files: list[Taken], folder: Path) -> Path:
    """A file, or a folder of links to files, under the name that it had."""
    names = {(each.path, each.sha256) for each in files}
    digest = hashlib.sha256(repr(sorted(names)).encode()).hexdigest()
    root = folder / digest / files[0].name
    for each in files:
        parts = PurePosixPath(each.path).parts
        path = root.joinpath(*parts) if each.path else root
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _link(_kept(folder, each), path)
    return root


def plain(name: str) -> str:
    """A part of a path that stays where it is put."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ModelFailed(f"A file cannot be called {name[:70]!r}.")
    return name


def _link(kept: Path, path: Path) -> None:
    try:
        os.link(kept, path)
    except FileExistsError:
        pass
    except OSError:  # sticks and shares have no second names
        with kept.open("rb") as source, whole_file(path) as file:
            shutil.copyfileobj(source, file)
