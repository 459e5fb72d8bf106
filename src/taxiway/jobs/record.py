"""A job's record: what its folder says of it, and how that is read without believing it."""

import os
import re
import shutil
import stat
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from taxiway.core.datatypes import Wire
from taxiway.core.errors import NotFound, TaxiwayError, Unavailable
from taxiway.core.files import write_whole
from taxiway.core.parsing import Malformed, from_json

RECORD = "job.json"
INPUTS = "inputs"
"""The folder, in a job's own, of the files that its caller gave it."""
PREVIEW = ".preview.jpg"
MOST_BYTES = 4 * 2**20
"""Of a record; larger inputs are files beside it."""
MOST_FILES = 20_000
"""Names of made files that a record lists."""

Kind = Literal["tool", "training", "dataset"]
State = Literal["waiting", "running", "stopping", "stopped", "done", "failed"]
ENDED: tuple[State, ...] = ("stopped", "done", "failed")
"""The states from which a job does not go on by itself."""

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}", re.ASCII)
_NAME = re.compile(r"[^\x00-\x1f\x7f/\\:]{1,200}")

Short = Annotated[str, Meta(max_length=200)]
Count = Annotated[float, Meta(ge=0, le=1e15)]


class JobRecord(Struct, kw_only=True, frozen=True, rename="camel"):
    """One job: `done` of `total` in `unit`, times in seconds since 1970, files by name.

    `attached` are the inputs that are files of INPUTS, by input; `other` names a second model.
    A record that could not be read `is_broken`: its message says why.
    """

    id: Short
    kind: Kind = "tool"
    tool: Short
    title: Short = ""
    model: Short = ""
    inputs: dict[str, Wire] = {}
    attached: dict[str, list[str]] = {}
    state: State = "waiting"
    done: Count = 0
    total: Count = 0
    unit: Short = "steps"
    message: Annotated[str, Meta(max_length=4000)] = ""
    seconds_left: Count | None = None
    created: Count = 0
    started: Count | None = None
    ended: Count | None = None
    outputs: dict[str, Wire] | None = None
    files: list[str] = []
    is_broken: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether it goes on only when resumed."""
        return self.state in ENDED


class Broken(TaxiwayError):
    """A record that cannot be believed; the message is the reason, without a full stop."""


def is_id(text: str) -> bool:
    """Whether a job's folder may be called so."""
    return _ID.fullmatch(text) is not None


def is_file_name(text: str) -> bool:
    """Whether a file in a job's folder may be called so: `a.png`, `frames/000001.png`."""
    parts = PurePosixPath(text).parts
    return (
        1 <= len(parts) <= 8
        and PurePosixPath(*parts).as_posix() == text
        and all(_NAME.fullmatch(part) and not part.startswith(".") for part in parts)
    )


def read_record(folder: Path) -> JobRecord:
    """What the folder of a job says. Raises Broken, and nothing else, whatever lies there."""
    try:
        return parse_record(_read(folder), folder.name)
    except OSError as error:
        raise Broken(f"it cannot be read ({error.strerror})") from None


def parse_record(data: bytes, name: str) -> JobRecord:
    """A record of the job `name` from its bytes. Raises Broken."""
    try:
        record: JobRecord = from_json(data, JobRecord)
    except Malformed as reason:
        raise Broken(f"it is not a job's ({reason})") from None
    attached = [name for names in record.attached.values() for name in names]
    if record.id != name:
        raise Broken(f"it is that of another job, {record.id[:80]!r}")
    if len(record.files) > MOST_FILES:
        raise Broken(f"it lists more than {MOST_FILES} files")
    for file in (*record.files, *attached):
        if not is_file_name(file):
            raise Broken(f"it names a file outside of its folder, {file[:80]!r}")
    return msgspec.structs.replace(record, is_broken=False)


def broken_record(name: str, reason: Broken) -> JobRecord:
    """What is shown in place of a record that cannot be believed."""
    message = f"Its record is damaged: {reason}. It can only be deleted."
    return JobRecord(id=name, tool="", state="failed", message=message[:4000], is_broken=True)


def kept_records(folder: Path) -> list[JobRecord]:
    """Every job of a folder, oldest first; what ran when the server ended is stopped now."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if not is_id(path.name) or not (path.is_dir() or path.is_symlink()):
            continue
        try:
            record = read_record(path)
        except Broken as reason:
            record = broken_record(path.name, reason)
        if not record.has_ended:
            record = msgspec.structs.replace(
                record, state="stopped", message="The server ended; it can go on from here."
            )
        found.append(record)
    return sorted(found, key=lambda record: (record.created, record.id))


def write_record(folder: Path, record: JobRecord) -> None:
    """Keep a record, whole. Raises Unavailable, in a sentence, where the disk cannot take it."""
    try:
        own_folder(folder)
        write_whole(folder / RECORD, msgspec.json.encode(record))
    except OSError as error:
        raise Unavailable(
            f"The record of '{record.id}' cannot be written to '{folder}': {error.strerror}. "
            "Nothing was lost; free some room and try again."
        ) from None


def own_folder(folder: Path) -> None:
    """Make a folder for its owner alone, and what it lies in. Raises OSError."""
    for each in (*reversed(folder.parents), folder):
        if not each.is_dir():
            each.mkdir(mode=0o700)


def remove(folder: Path) -> None:
    """Delete a job's folder; of a link only the link. Raises OSError."""
    if not is_id(folder.name):
        raise NotFound(f"There is no job '{folder.name}'.")
    if folder.is_symlink():
        folder.unlink()
    else:
        shutil.rmtree(folder)


def listed_files(folder: Path) -> list[str]:
    """The files a job made, by name; not hidden ones, links, its record or what it was given."""
    found = []
    for parent, folders, names in os.walk(folder):
        inside = Path(parent).relative_to(folder)
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and not (inside == Path() and name == INPUTS)
        ]
        found += [(inside / name).as_posix() for name in names]
    there = (name for name in sorted(found) if name != RECORD and is_file_name(name))
    return [name for name in there if not (folder / name).is_symlink()][:MOST_FILES]


def plain_file(folder: Path, name: str) -> Path:
    """A file of a folder by a name without links on its way. Raises NotFound."""
    path = folder / name
    if is_file_name(name):
        resolved = path.resolve()
        if resolved == folder.resolve() / name and resolved.is_file():
            return resolved
    raise NotFound(f"'{folder.name}' has no file '{name[:80]}'.")


def _read(folder: Path) -> bytes:
    """The bytes of a plain record of moderate size. Raises Broken or OSError."""
    if folder.is_symlink():
        raise Broken("its folder is a link to somewhere else")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(folder / RECORD, flags), "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise Broken("it is no plain file")
        if about.st_size > MOST_BYTES:
            raise Broken(f"it is larger than {MOST_BYTES // 2**20} MB")
        return file.read(MOST_BYTES)
