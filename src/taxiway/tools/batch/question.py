"""What is asked about every picture of a batch, and what is written of each."""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from taxiway.core.command import Command, Values, first_command
from taxiway.core.datatypes import Array, Image, ImageBoundingBox, Segmentation, Text
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.core.files import write_whole
from taxiway.core.images import Pixels, encode_image, encode_png, to_file_uri
from taxiway.core.tool import OpenModel
from taxiway.core.zips import Unreadable
from taxiway.tools.batch.given import Picture, stem_of

ENDINGS = {"PNG": ".png", "JPEG": ".jpg"}
Format = Literal["PNG", "JPEG", "none"]
TAKEN = (Image, Segmentation, Text)
"""The types of inputs that may take what is given: pictures, maps of labels, or lines of text."""


class Call(NamedTuple):
    """A picture that is to be asked about: its key, and the command's inputs."""

    picture: Picture
    key: str
    values: Values


class Question(NamedTuple):
    """What is asked about every picture; `boxes` is the output whose boxes are cut out.

    `values` are the other inputs as they came, `decoded` as the model takes them.
    """

    model: OpenModel
    command: Command
    input: str
    values: Mapping[str, Any]
    decoded: Mapping[str, Any]
    format: Format
    boxes: str = ""

    @staticmethod
    def of(model: OpenModel, inputs: Values) -> "Question":
        """The question that the tool's inputs mean. Raises NotFound or InvalidArgument."""
        values = inputs["values"] or {}
        if not isinstance(values, dict):
            raise InvalidArgument("'values' takes an object of inputs by name.", "values")
        command = chosen(model, inputs["command"])
        able = takers(command)
        name = command.input_of(inputs["input"]) or inputs["input"] or able[0]
        if name not in able:
            raise InvalidArgument(
                f"'input' takes an input for pictures or text, {', '.join(able)}; "
                f"got {name[:80]!r}.",
                "input",
            )
        if unknown := sorted(set(values) - set(command.inputs) | {name} & set(values)):
            there = ", ".join(sorted(set(command.inputs) - {name})) or "none"
            raise InvalidArgument(f"'values' has '{unknown[0]}'; it takes {there}.", "values")
        decoded = {
            key: command.inputs[key].decode(key, value)
            for key, value in values.items()
            if value is not None
        }
        boxes = boxes_of(command, name) if inputs["crops"] else ""
        return Question(model, command, name, values, decoded, inputs["format"], boxes)

    @property
    def is_of_text(self) -> bool:
        """Whether lines of text are asked about, not pictures."""
        return isinstance(self.command.inputs[self.input], Text)

    @property
    def images(self) -> list[str]:
        """The outputs that are pictures, each once."""
        return [name for name, field in self.command.outputs.items() if isinstance(field, Image)]

    def put(self, picture: Picture, folder: Path, counts: dict[str, int]) -> Call | None:
        """The call for a picture, unless that was answered or cannot be read."""
        try:
            data = picture.read()
            key = self.key(data)
            if is_made(folder, picture, key):
                counts["kept"] += 1
                return None
            given = {**self.decoded, self.input: self.wire(data)}
            return Call(picture, key, self.command.decode(given))
        except (TaxiwayError, OSError, Unreadable) as error:
            counts["failed"] += 1
            told = f"'{picture.name}' {error}." if isinstance(error, Unreadable) else str(error)
            write_json(folder, picture, {"error": told})
            return None

    def wire(self, data: bytes | Pixels | str) -> Any:
        """A picture, or a text, as the command decodes it."""
        if isinstance(data, bytes):
            return to_file_uri(data)
        field = self.command.inputs[self.input]
        if isinstance(data, str) or (isinstance(field, Image) and field.channels == 3):
            return data
        return to_file_uri(encode_png(data))

    def answer(self, calls: Sequence[Call], folder: Path, counts: dict[str, int]) -> Pixels | None:
        """Ask about some pictures together and write what comes; one of the pictures given."""
        shown = None
        answers = self.model.ask(self.command.name, [call.values for call in calls])
        for call, outputs in zip(calls, answers, strict=True):
            if isinstance(outputs, TaxiwayError):
                counts["failed"] += 1
                write_json(folder, call.picture, {"error": str(outputs)})
                continue
            shown = self.write(call, outputs, folder)
            counts["made"] += 1
        return shown

    def write(self, call: Call, outputs: Values, folder: Path) -> Pixels | None:
        """Write the outputs for a picture, the JSON last: it says that all are there.

        A picture that goes by several names, for sketches of several times, is written once.
        """
        images, files, stem = self.images, {}, call.picture.stem
        firsts = {id(outputs[name]): name for name in reversed(images)}
        for name in images if self.format != "none" else ():
            first = firsts[id(outputs[name])]
            files[name] = f"{stem}{f'-{first}' if len(firsts) > 1 else ''}{ENDINGS[self.format]}"
            if name == first:
                _put(folder / files[name], encode_image(outputs[name], self.format))  # type: ignore[arg-type]
        for number, (label, pixels) in enumerate(self.cut(call, outputs)):
            files[f"crop {number}"] = f"{stem}-{number}{label}.png"
            _put(folder / files[f"crop {number}"], encode_png(pixels))
        others = {name: value for name, value in outputs.items() if name not in images}
        encoded = {name: self.command.outputs[name].encode(others[name]) for name in others}
        said = {"key": call.key, "files": files, "outputs": encoded}
        write_json(folder, call.picture, said)
        return outputs[images[0]] if images else None

    def cut(self, call: Call, outputs: Values) -> Iterator[tuple[str, Pixels]]:
        """What is in each box of a picture, with `-` and what it is."""
        if not self.boxes:
            return
        picture: Pixels = call.values[self.input]
        height, width = picture.shape[:2]
        named: Sequence[Any] = next(
            (outputs[name] for name in ("labels", "classes") if name in outputs), []
        )
        for number, box in enumerate(outputs[self.boxes]):
            sides = np.clip(np.asarray(box, float), 0, 1) * [width, height, width, height]
            left, top, right, bottom = np.rint(sides).astype(int).tolist()
            if left < right and top < bottom:
                label = f"-{stem_of(str(named[number]))}" if number < len(named) else ""
                yield label.replace("/", "-"), picture[top:bottom, left:right]

    def key(self, data: bytes | Pixels | str) -> str:
        """The same only for the same bytes, model and inputs."""
        told = [self.model.identity, self.command.name, self.input, self.values, self.format]
        told += [self.boxes] if self.boxes else []
        digest = hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode())
        data = data.encode() if isinstance(data, str) else data
        digest.update(data if isinstance(data, bytes) else np.ascontiguousarray(data).data)
        return digest.hexdigest()


def chosen(model: OpenModel, name: str) -> Command:
    """The command of that name, or the first that takes a picture, else a text. Raises NotFound."""
    able = {key: command for key, command in model.commands.items() if takers(command)}
    if not able:
        raise InvalidArgument(f"'{model.name}' takes no pictures and no text.", "model")
    return first_command(dict(sorted(able.items(), key=by_text)), name or None)


def by_text(item: tuple[str, Command]) -> bool:
    """Sorts commands that take pictures before those that take text only."""
    return isinstance(item[1].inputs[takers(item[1])[0]], Text)


def takers(command: Command) -> list[str]:
    """The inputs that may take what is given, those for pictures first."""
    inputs = command.inputs
    able = [name for name, field in inputs.items() if isinstance(field, TAKEN)]
    return sorted(able, key=lambda name: isinstance(inputs[name], Text))


def boxes_of(command: Command, taken: str) -> str:
    """The output with boxes in the picture `taken`. Raises InvalidArgument where there is none."""
    outputs = command.outputs if isinstance(command.inputs[taken], Image) else {}
    for name, field in outputs.items():
        if isinstance(field, Array) and isinstance(field.item_type, ImageBoundingBox):
            return name
    raise InvalidArgument(
        f"'crops' needs a model that gives boxes in pictures; '{command.name}' does not.", "crops"
    )


def is_made(folder: Path, picture: Picture, key: str) -> bool:
    """Whether a picture was answered with the same key, and all its files are there."""
    said = said_of(folder, picture.stem)
    with contextlib.suppress(OSError, TypeError, AttributeError, KeyError):
        return said["key"] == key and all((folder / f).is_file() for f in said["files"].values())
    return False


def said_of(folder: Path, stem: str) -> dict[str, Any]:
    """What is told of a picture; nothing where that is missing or damaged."""
    with contextlib.suppress(OSError, ValueError):
        said = json.loads((folder / f"{stem}.json").read_bytes())
        return said if isinstance(said, dict) else {}
    return {}


def write_json(folder: Path, picture: Picture, said: Mapping[str, Any]) -> None:
    """Write what is told of a picture. Raises OSError."""
    time = {} if picture.time is None else {"time": picture.time}
    text = json.dumps({"source": picture.name, **time, **said}, indent=1)
    _put(folder / f"{picture.stem}.json", text.encode())


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data)
