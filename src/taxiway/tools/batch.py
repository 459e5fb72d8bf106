"""A model over a set of pictures: what it says to each, as files beside each other."""

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from taxiway.core import zips
from taxiway.core.command import Command, Values, first_command
from taxiway.core.datatypes import AnyType, Array, Category, File, Image, Number, Text
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.core.files import write_whole
from taxiway.core.images import (
    READABLE,
    ImageFormat,
    Pixels,
    encode_image,
    is_picture,
    to_file_uri,
)
from taxiway.core.tool import Job, OpenModel, Takes
from taxiway.core.zips import Unreadable

MOST_BYTES = 64 * 2**20
"""In one picture's file."""
ENDINGS: dict[ImageFormat, str] = {"PNG": ".png", "JPEG": ".jpg"}
_UNSAFE = re.compile(r"[^\w.-]+")


class Picture(NamedTuple):
    """One of the set: the name it came by, the start of the names of its files, its bytes."""

    name: str
    stem: str
    read: Callable[[], bytes]


class Batch:
    """Writes each picture output as a picture and all other outputs as `STEM.json`.

    A picture whose `STEM.json` says that it was made of the same bytes, by the same model with the
    same inputs, is not asked again: a call that was stopped, however it ended, goes on where it
    was. What cannot be read, or what the model refuses, is told in its `STEM.json`.
    """

    takes = Takes(inputs=("image",))
    unit = "pictures"
    command = Command(
        name="batch",
        description="Ask a model about every picture of a set.",
        inputs={
            "pictures": Array(
                item_type=File(), description="Pictures, or zip files of pictures.", min_length=1
            ),
            "command": Text(description="What to ask, where the model can be asked several."),
            "input": Text(description="The input that takes the picture; else its first."),
            "values": AnyType(optional=True, description='The other inputs: {"steps": 20}.'),
            "format": Category(one_of=("PNG", "JPEG"), description="Of the pictures it gives."),
        },
        outputs={
            "made": Number(description="Pictures that were asked now."),
            "kept": Number(description="Pictures that were there already."),
            "failed": Number(description="Pictures that could not be read, or were refused."),
        },
    )

    def run(self, model: OpenModel, inputs: Values, job: Job) -> Values:
        question = Question.of(model, inputs)
        counts = {"made": 0, "kept": 0, "failed": 0}
        with ExitStack() as opened:
            pictures = distinct(found(inputs["pictures"], opened))
            if not pictures:
                raise InvalidArgument(
                    f"'pictures' holds none; it takes {', '.join(READABLE)} or .zip.", "pictures"
                )
            batch: list[tuple[Picture, str, Values]] = []
            for picture in pictures:
                job.progress(sum(counts.values()), len(pictures), picture.name)
                waiting = question.put(picture, job.folder, counts)
                batch += [waiting] if waiting else []
                if len(batch) == question.command.max_batch or (batch and picture is pictures[-1]):
                    shown = question.answer(batch, job.folder, counts)
                    job.progress(sum(counts.values()), len(pictures), picture.name, shown)
                    batch = []
        job.progress(len(pictures), len(pictures), "Done.")
        return counts


class Question(NamedTuple):
    """What is asked about every picture."""

    model: OpenModel
    command: Command
    input: str
    values: Mapping[str, Any]
    format: ImageFormat

    @staticmethod
    def of(model: OpenModel, inputs: Values) -> "Question":
        """The question that the tool's inputs mean. Raises NotFound or InvalidArgument."""
        values = inputs["values"] or {}
        if not isinstance(values, dict):
            raise InvalidArgument("'values' takes an object of inputs by name.", "values")
        command = chosen(model, inputs["command"])
        images = [name for name, field in command.inputs.items() if isinstance(field, Image)]
        name = inputs["input"] or images[0]
        if name not in images:
            raise InvalidArgument(
                f"'input' takes an input for pictures, {', '.join(images)}; got {name[:80]!r}.",
                "input",
            )
        if unknown := sorted(set(values) - set(command.inputs) | {name} & set(values)):
            there = ", ".join(sorted(set(command.inputs) - {name})) or "none"
            raise InvalidArgument(f"'values' has '{unknown[0]}'; it takes {there}.", "values")
        return Question(model, command, name, values, inputs["format"])

    def put(
        self, picture: Picture, folder: Path, counts: dict[str, int]
    ) -> tuple[Picture, str, Values] | None:
        """The call for a picture with its key, unless that was answered or cannot be read."""
        try:
            data = picture.read()
            key = self.key(data)
            if is_made(folder, picture, key):
                counts["kept"] += 1
                return None
            given = {**self.values, self.input: to_file_uri(data)}
            return picture, key, self.command.decode(given)
        except (TaxiwayError, OSError, Unreadable) as error:
            counts["failed"] += 1
            told = f"'{picture.name}' {error}." if isinstance(error, Unreadable) else str(error)
            said = {"source": picture.name, "error": told}
            write_json(folder, picture.stem, said)
            return None

    def answer(
        self,
        batch: Sequence[tuple[Picture, str, Values]],
        folder: Path,
        counts: dict[str, int],
    ) -> Pixels | None:
        """Ask about some pictures together and write what comes; one of the pictures given."""
        shown = None
        answers = self.model.ask(self.command.name, [values for _, _, values in batch])
        for (picture, key, _), outputs in zip(batch, answers, strict=True):
            if isinstance(outputs, TaxiwayError):
                counts["failed"] += 1
                write_json(folder, picture.stem, {"source": picture.name, "error": str(outputs)})
                continue
            shown = self.write(picture, key, outputs, folder)
            counts["made"] += 1
        return shown

    def write(self, picture: Picture, key: str, outputs: Values, folder: Path) -> Pixels | None:
        """Write the outputs for a picture, the JSON last: it says that all are there."""
        images = [name for name, field in self.command.outputs.items() if isinstance(field, Image)]
        files = {}
        for name in images:
            more = "" if len(images) == 1 else f"-{name}"
            files[name] = f"{picture.stem}{more}{ENDINGS[self.format]}"
            path = folder / files[name]
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, encode_image(outputs[name], self.format))
        others = {name: value for name, value in outputs.items() if name not in images}
        fields = {name: self.command.outputs[name] for name in others}
        encoded = {name: field.encode(others[name]) for name, field in fields.items()}
        said = {"source": picture.name, "key": key, "files": files, "outputs": encoded}
        write_json(folder, picture.stem, said)
        return outputs[images[0]] if images else None

    def key(self, data: bytes) -> str:
        """The same only for the same bytes, model and inputs."""
        told = [self.model.identity, self.command.name, self.input, self.values, self.format]
        digest = hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode())
        digest.update(data)
        return digest.hexdigest()


def chosen(model: OpenModel, name: str) -> Command:
    """The command of that name, or the first that takes a picture. Raises NotFound."""
    able = {
        key: command
        for key, command in model.commands.items()
        if any(isinstance(field, Image) for field in command.inputs.values())
    }
    if not able:
        raise InvalidArgument(f"'{model.name}' takes no pictures.", "model")
    return first_command(able, name or None)


def found(given: Any, opened: ExitStack) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The pictures of files, folders and zip files by name, in the order of their names."""
    for number, item in enumerate(given if isinstance(given, list) else [given]):
        if isinstance(item, bytes):
            yield from in_bytes(item, f"picture{number:04d}", opened)
        elif item.is_dir():
            names = [path for path in sorted(item.rglob("*")) if is_picture(path.name)]
            for path in names:
                if path.is_file():
                    yield path.relative_to(item).as_posix(), bounded(path)
        elif item.suffix.lower() == ".zip":
            yield from in_zip(item, opened)
        elif item.exists():
            yield item.name, bounded(item)
        else:
            raise InvalidArgument(f"There is no folder or file '{item}'.", "pictures")


def in_bytes(
    data: bytes, name: str, opened: ExitStack
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """One picture, or a zip file of them, that came as bytes."""
    if data.startswith(b"PK"):
        yield from in_zip(BytesIO(data), opened)
    else:
        yield name, lambda: data


def in_zip(file: Path | BytesIO, opened: ExitStack) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The pictures in a zip file, which stays open."""
    try:
        archive = opened.enter_context(zips.opened(file))
    except Unreadable as reason:
        name = file.name if isinstance(file, Path) else "what came"
        raise InvalidArgument(f"'{name}' {reason}.", "pictures") from None
    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        if is_picture(info.filename) and not info.is_dir():
            yield info.filename, partial(zips.contents, archive, info, MOST_BYTES)


def bounded(path: Path) -> Callable[[], bytes]:
    """What reads a file, but no more than MOST_BYTES."""

    def read() -> bytes:
        if os.stat(path).st_size > MOST_BYTES:
            raise InvalidArgument(f"'{path.name}' is larger than {MOST_BYTES // 2**20} MB.")
        return path.read_bytes()

    return read


def distinct(found: Iterator[tuple[str, Callable[[], bytes]]]) -> list[Picture]:
    """The pictures, each with a start of file names that no other has; folders are kept."""
    taken: set[str] = set()
    pictures = []
    for name, read in found:
        stem = stem_of(name)
        if stem.lower() in taken:
            stem += f"-{name.rpartition('.')[2].lower()}"
        first, number = stem, 2
        while stem.lower() in taken:
            stem, number = f"{first}-{number}", number + 1
        taken.add(stem.lower())
        pictures.append(Picture(name, stem, read))
    return pictures


def stem_of(name: str) -> str:
    """`a b/c.png` as `a-b/c`: plain parts, none of them a way out of the folder."""
    parts = PurePosixPath(name.replace("\\", "/")).with_suffix("").parts
    safe = [_UNSAFE.sub("-", part).strip("-.")[:100] for part in parts[-7:]]
    return "/".join(part for part in safe if part) or "picture"


def is_made(folder: Path, picture: Picture, key: str) -> bool:
    """Whether a picture was answered with the same key, and all its files are there."""
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
        said = json.loads((folder / f"{picture.stem}.json").read_bytes())
        return said.get("key") == key and all(
            (folder / f).is_file() for f in said["files"].values()
        )
    return False


def write_json(folder: Path, stem: str, said: Mapping[str, Any]) -> None:
    """Write what is told of a picture. Raises OSError."""
    path = folder / f"{stem}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(said, indent=1).encode())


SLOT = Batch
