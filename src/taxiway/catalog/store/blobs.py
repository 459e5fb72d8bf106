"""Files by what is in them: each is there once, under the hash of its contents, or not at all."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from taxiway.catalog.store.hashes import PIECE, sha256_of
from taxiway.core.errors import Unavailable
from taxiway.core.locks import held

SPARE_BYTES = 200 * 2**20
"""What is left free of a disk."""


class Blobs:
    """The files of `folder`; one that is being fetched is a part, and one process at a time's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where a file with those contents is, or would be."""
        return self.folder / sha256

    def part(self, key: str) -> Path:
        """Where a file grows: `key` is its hash, or a hash of where it is from."""
        return self.folder / f"{key}.part"

    def has(self, sha256: str) -> bool:
        """Whether a file is there with those very contents: it is read for that."""
        path = self.path(sha256)
        return bool(sha256) and path.is_file() and sha256_of(path) == sha256

    def take(self, part: Path, sha256: str) -> Path:
        """A part that is whole becomes the file of that hash, which nobody writes into."""
        path = self.path(sha256)
        with suppress(OSError):  # disks without permissions
            part.chmod(0o444)
        os.replace(part, path)
        part.with_suffix(".json").unlink(missing_ok=True)
        flush(self.folder)
        return path

    def adopt(self, file: Path, sha256: str) -> Path:
        """Keep a file that is somewhere on this machine, without taking room where that can be."""
        self.make()
        part = self.part(f"{sha256}.{os.getpid()}")
        place(file, part)
        return self.take(part, sha256)

    def keep(self, source: IO[bytes], most: int, sha256: str, report: Callable[[int], None]) -> str:
        """Keep what a stream holds; its hash. `report` takes how many bytes there are so far.

        Raises ValueError where it is longer than `most`, or has another hash than `sha256`, if one
        is given.
        """
        self.make()
        part = self.part(secrets.token_hex(8))
        digest, done = hashlib.sha256(), 0
        try:
            with part.open("xb") as file:
                while piece := source.read(PIECE):
                    done += len(piece)
                    if done > most:
                        raise ValueError(f"has more than {most} bytes")
                    digest.update(piece)
                    file.write(piece)
                    report(done)
                file.flush()
                os.fsync(file.fileno())
            if sha256 and digest.hexdigest() != sha256:
                raise ValueError("is damaged: its SHA-256 is another")
            self.take(part, digest.hexdigest())
        finally:
            part.unlink(missing_ok=True)
        return digest.hexdigest()

    def forget(self, sha256: str) -> None:
        """Remove a file."""
        with suppress(FileNotFoundError):
            self.path(sha256).chmod(0o644)  # Windows removes nothing that is read-only
            self.path(sha256).unlink()

    def make(self) -> None:
        """Make the folder. Raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def size(self) -> int:
        """Bytes of all that is there, parts too."""
        files = self.folder.iterdir() if self.folder.is_dir() else ()
        return sum(file.stat().st_size for file in files if file.is_file())

    def free(self) -> int:
        """Bytes that may be taken of its disk."""
        there = next(each for each in (self.folder, *self.folder.parents) if each.is_dir())
        return shutil.disk_usage(there).free - SPARE_BYTES

    def check_room(self, bytes: int) -> None:
        """Raises Unavailable where the disk has no room for so many more."""
        if bytes and bytes > self.free():
            raise Unavailable(
                f"This takes {megabytes(bytes)}, and {megabytes(max(0, self.free()))} may be taken "
                f"of the disk of {self.folder.parent}; free some room, or name a folder of another "
                "disk in TAXIWAY_DATA."
            )

    @contextmanager
    def alone(self, key: str, waits: Callable[[], None]) -> Iterator[None]:
        """The block runs in one process at a time for each key; `waits` is called meanwhile."""
        locks = self.folder.parent / "locks"
        locks.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            with held(locks / key) as is_ours:
                if is_ours:
                    yield
                    return
            waits()


def place(file: Path, path: Path) -> None:
    """Give a file a second name, or where the disk has none a copy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    try:
        os.link(file.resolve(), path)
    except OSError:
        shutil.copyfile(file, path)


def flush(folder: Path) -> None:
    """See that a renaming is on the disk, where the system lets one."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def megabytes(bytes: float) -> str:
    """A size in words that people know."""
    if bytes >= 1e9:
        return f"{bytes / 1e9:.1f} GB"
    if bytes < 1e5:
        return f"{bytes / 1e3:.0f} kB"
    return f"{bytes / 1e6:.1f} MB" if bytes < 1e8 else f"{bytes / 1e6:.0f} MB"
