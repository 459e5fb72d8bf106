"""Files that a page sends for a job it is about to begin: bytes, under names of our own."""

import os
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError, Unavailable
from taxiway.jobs.record import own_folder

FOLDER = ".uploads"
MOST_FILES = 10_000
MOST_BYTES = 8 * 2**30
"""Of all files that wait for a job."""
KEPT_SECONDS = 3600.0
"""How long one waits for a job that takes it."""
GONE = "A file was not sent, or too long ago; send it once more."

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Upload(Struct):
    """A file that came: by `id` a job takes it, as `name`."""

    id: str
    name: str
    size: int


class Uploads:
    """The files in a hidden folder of `folder` until a job takes them; an hour at the most."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / FOLDER
        self._waiting: dict[str, tuple[Upload, float]] = {}
        shutil.rmtree(self.folder, ignore_errors=True)

    async def put(self, name: str, chunks: AsyncIterable[bytes]) -> Upload:
        """Keep a file, or its beginning, as its bytes come. Raises InvalidArgument, Unavailable."""
        self._forget()
        if len(self._waiting) >= MOST_FILES:
            raise InvalidArgument(f"{MOST_FILES} files wait for a job already, the most taken.")
        return await self._write(Upload(secrets.token_hex(16), safe_name(name), 0), chunks)

    async def more(self, id: str, chunks: AsyncIterable[bytes]) -> Upload:
        """Add bytes to a file: a long one comes in pieces. Raises as `put`, and NotFound."""
        self._forget()
        upload, _ = self._waiting.pop(id, (None, 0.0))  # nobody else adds meanwhile
        if upload is None:
            raise NotFound(GONE)
        return await self._write(upload, chunks)

    async def _write(self, upload: Upload, chunks: AsyncIterable[bytes]) -> Upload:
        room = MOST_BYTES - sum(other.size for other, _ in self._waiting.values())
        path, size = self.folder / upload.id, upload.size
        try:
            own_folder(self.folder)
            with path.open("ab") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > room:
                        raise InvalidArgument(
                            f"The files that wait for a job take more than {MOST_BYTES // 2**30} "
                            "GB; begin the job with fewer."
                        )
                    file.write(chunk)
        except BaseException as error:
            path.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise Unavailable(f"'{upload.name}' cannot be kept: {error.strerror}.") from None
            raise
        upload = structs.replace(upload, size=size)
        self._waiting[upload.id] = upload, time.monotonic()
        return upload

    def take(self, ids: Sequence[str], into: Path) -> list[str]:
        """Move files into a job's folder; their names there, in order. Raises NotFound."""
        for id in ids:
            if not isinstance(id, str) or not _ID.fullmatch(id) or id not in self._waiting:
                raise NotFound(GONE)
        own_folder(into)
        names = []
        for id in dict.fromkeys(ids):
            upload, _ = self._waiting.pop(id)
            names.append(free_name(into, upload.name))
            os.replace(self.folder / id, into / names[-1])
        return names

    @contextmanager
    def taken(self, id: str) -> Iterator[Path]:
        """A file under its own name, in a folder that goes with the block. Raises NotFound.

        What the block raises tells of it by that name.
        """
        folder = self.folder / secrets.token_hex(8)
        try:
            yield folder / self.take([id], folder)[0]
        except TaxiwayError as error:
            error.args = (str(error).replace(f"{folder}{os.sep}", ""), *error.args[1:])
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def placed(self, sent: Mapping[str, Any], name: str, into: Path) -> Iterator[str]:
        """What was sent as the input `name`, in a new folder: the path of a file, or of the folder.

        It goes where the block raises. Raises InvalidArgument and NotFound.
        """
        ids = sent.get("uploads")
        if not isinstance(ids, list) or not ids:
            raise InvalidArgument(f"'{name}' takes text, or files that were sent.", name)
        try:
            names = self.take(ids, into)
            yield str(into / names[0] if len(names) == 1 else into)
        except BaseException:
            shutil.rmtree(into, ignore_errors=True)
            with suppress(OSError):
                into.parent.rmdir()  # if nothing else is in it
            raise

    def _forget(self) -> None:
        for id, (_, came) in list(self._waiting.items()):
            if time.monotonic() - came > KEPT_SECONDS:
                del self._waiting[id]
                (self.folder / id).unlink(missing_ok=True)


def safe_name(text: str) -> str:
    """A plain file name that still looks like the one that was given."""
    name = _UNSAFE.sub("-", text.replace("\\", "/").rpartition("/")[2]).strip("-.")
    stem, dot, suffix = name.rpartition(".")
    return f"{(stem or name)[:80]}{dot and '.' + suffix[:12]}" if name else "file"


def free_name(folder: Path, name: str) -> str:
    """The name, or one like it that no file of the folder has."""
    stem, suffix = Path(name).stem, Path(name).suffix
    tried, number = name, 1
    while (folder / tried).exists():
        number += 1
        tried = f"{stem}-{number}{suffix}"
    return tried
