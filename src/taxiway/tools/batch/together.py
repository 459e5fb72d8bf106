"""What was answered about all pictures of a batch, in one file: a table, JSON, a film.

The forms are Runway's: a row or an object for each picture, with its `filename` or, of a film, its
`time` in seconds; in a table what is nested is flattened with dots. Each is made of the files in
the folder, one after the other, so that thousands take no memory.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from taxiway.core.errors import InvalidArgument
from taxiway.core.files import whole_file
from taxiway.core.images import Pixels, fitted, rgb_pixels
from taxiway.film.writer import Manner, write_film
from taxiway.tools.batch.given import TAKEN
from taxiway.tools.batch.question import said_of

OLD = ("results", "size")
"""Of a model that gives `results`, what the tables of the time had of it."""
Stems = Callable[[], Iterable[str]]


def answered(folder: Path, stems: Iterable[str]) -> Iterator[dict[str, Any]]:
    """What was said of pictures that were answered, each with its `filename` or `time` first."""
    for stem in stems:
        said = said_of(folder, stem)
        if isinstance(said.get("outputs"), dict):
            of_film = "time" in said
            first = {"time": said["time"]} if of_film else {"filename": said.get("source", stem)}
            yield {**first, **said["outputs"]}


def write_list(folder: Path, stems: Stems) -> str:
    """All answers as one JSON list; the file's name."""
    name = f"{TAKEN}.json"
    with whole_file(folder / name) as file:
        file.write(b"[")
        for number, row in enumerate(answered(folder, stems())):
            file.write((",\n" if number else "\n").encode() + json.dumps(row).encode())
        file.write(b"\n]\n")
    return name


def write_table(folder: Path, stems: Stems) -> str:
    """All answers as rows of a table; the file's name."""
    name, columns = f"{TAKEN}.csv", dict[str, None]()
    for row in answered(folder, stems()):
        columns |= dict.fromkeys(flat(row))
    ordered = sorted(columns, key=_place(list(columns)))
    with whole_file(folder / name) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        writer = csv.DictWriter(text, ordered, lineterminator="\n")
        writer.writeheader()
        for row in answered(folder, stems()):
            writer.writerow(flat(row))
        text.detach()
    return name


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the table: `results.0.bbox.1` and so on; lists that are empty are no columns."""
    if "results" in row:
        row = {name: row[name] for name in ("time", "filename", *OLD) if name in row}
    return dict(_leaves(row))


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, part in pairs:
            yield from _leaves(part, f"{path}.{name}" if path else str(name))
    else:
        yield path, value


def _place(columns: list[str]) -> Callable[[str], list[tuple[int, int]]]:
    """Sorts columns: words as they came first, numbers as numbers."""
    words: dict[str, int] = {}
    for column in columns:
        for part in column.split("."):
            words.setdefault(part, len(words))

    def key(column: str) -> list[tuple[int, int]]:
        parts = column.split(".")
        return [(0, int(part)) if part.isdecimal() else (1, words[part]) for part in parts]

    return key


def write_pictures(folder: Path, stems: Stems, fps: float) -> str:
    """The pictures that were given as a film, all of the first one's size; the file's name.

    Raises InvalidArgument where there are none.
    """
    name, paths = f"{TAKEN}.mp4", [path for stem in stems() for path in _picture(folder, stem)]
    if not paths:
        raise InvalidArgument("A film is made of the pictures that the model gives; it gave none.")

    def shown() -> Iterator[Pixels]:
        height, width = rgb_pixels(paths[0].read_bytes(), paths[0].name).shape[:2]
        for path in paths:
            yield fitted(rgb_pixels(path.read_bytes(), path.name), width, height)

    write_film(folder / name, shown(), len(paths), Manner(fps=min(max(fps, 0.1), 240)))
    return name


def _picture(folder: Path, stem: str) -> Iterator[Path]:
    """The first picture given for one, if there is any."""
    files = said_of(folder, stem).get("files")
    if isinstance(files, dict):
        given = [name for key, name in files.items() if not key.startswith("crop ")]
        yield from (folder / name for name in given[:1] if (folder / name).is_file())
