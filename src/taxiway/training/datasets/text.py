"""Texts, for language models: UTF-8 files in chunks, some of which are held out for measuring.

A source is a `.txt` file, or a folder or zip file of such. Joined in their order, the chunks of a
document are the document. Prepared, all is in `text.json`.
"""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from msgspec import Struct
from msgspec.structs import asdict

from taxiway.core import zips
from taxiway.core.datatypes import AnyDataType, Boolean, Number
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.images import is_hidden
from taxiway.training.dataset import Advance, Check, Kind, packing, read_json, read_member, refuse
from taxiway.training.datasets.pictures.labels import slashed

CHUNK, SHOWN = 2000, 400
"""Characters of a chunk, and of a text that is shown."""


class Texts(Struct):
    """A prepared dataset: chunks in the order of the documents.

    `ends` are the numbers of those of `train` with which a document ends.
    """

    train: list[str]
    held_out: list[str]
    ends: list[int] = []


class Text(Kind):
    """The kind."""

    name, title = "text", "Texts"
    options: ClassVar[Mapping[str, AnyDataType]] = {
        "chunk": Number(default=CHUNK, whole=True, min=16,
                        description=f"characters of a chunk, at most: {CHUNK}"),
        "held_out": Number(default=0.1, min=0, max=0.5,
                           description="share of the chunks that is kept for measuring: 0.1"),
        "unwrap": Boolean(description="join lines that were broken at a width, as books' are"),
    }  # fmt: skip

    def check(self, source: Path) -> Check:
        if self.recognises(source):
            texts = self.read(source)
            count, characters = len(texts.train) + len(texts.held_out), sum(map(len, texts.train))
            told = (
                f"{count} chunks, {len(texts.held_out)} of them held out; {characters:,} to learn."
            )
            return Check(count, (), (told,))
        wrong, count, characters, is_empty = list[str](), 0, 0, True
        for name, text in documents(source):
            count += 1
            if isinstance(text, UnicodeError):
                where = f" in '{source.name}'" if name != source.name else ""
                wrong.append(f"'{name}'{where} {text}")
            else:
                characters += len(text)
                is_empty &= not text.strip()
        if count and is_empty and not wrong:
            wrong.append(f"There are no words in '{source.name}'.")
        return Check(count, tuple(wrong), (f"{count} texts, {characters:,} characters.",))

    def prepare(
        self, source: Path, out: Path, values: Mapping[str, Any], advance: Advance = lambda: None
    ) -> Check:
        found = self.check(source)
        refuse(source, found)
        with packing(out, self.name) as (_, about):
            about |= asdict(split(source, values, advance))
        return found

    def read(self, path: Path) -> Texts:
        return read_json(path, "text.json", Texts)

    def sheet(self, path: Path) -> str:
        """The beginnings of some chunks."""
        chosen = self.read(path).train
        return "\n---\n".join(text[:SHOWN] for text in chosen[:: max(1, len(chosen) // 8)][:8])


def split(source: Path, values: Mapping[str, Any], advance: Advance = lambda: None) -> Texts:
    """The texts of a source, which was checked, in chunks, some of which are held out."""
    size, share = values.get("chunk") or CHUNK, values.get("held_out")
    share = 0.1 if share is None else share
    made, number = Texts([], []), 0
    for _, text in documents(source):
        assert isinstance(text, str)  # as the check has seen
        held = False
        for piece in chunks(unwrapped(text) if values.get("unwrap") else text, size):
            number += 1
            # Evenly among all, so that both have something of every part.
            held = int(number * share) > int((number - 1) * share)
            (made.held_out if held else made.train).append(piece)
        if text and not held:
            made.ends.append(len(made.train) - 1)
        advance()
    return made


def unwrapped(text: str) -> str:
    """A text whose paragraphs are one line each, where it was only the width that broke them.

    A line goes on with the next where that one's first word would have made it too long; so verses
    and lists stay as they are. Many blank lines become one.
    """
    lines = [line.rstrip() for line in text.splitlines()]
    lengths = sorted(len(line) for line in lines if line)
    width = lengths[int(0.99 * (len(lengths) - 1))] if lengths else 0
    made: list[str] = []
    for before, line in zip(["", *lines], lines, strict=False):
        words = line.split()
        if words and before and len(before) + 1 + len(words[0]) > width:
            made[-1] += " " + " ".join(words)
        else:
            made.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(made))


def documents(source: Path) -> Iterator[tuple[str, str | UnicodeError]]:
    """Every text by its name, or why it is none."""
    if source.is_file() and source.suffix.lower() == ".txt":
        yield source.name, _decoded(source.read_bytes())
        return
    names = listed(source)
    if not names:
        raise InvalidArgument(f"'{source}' holds no .txt files.")
    for shown, name in names:
        yield shown, _decoded(read_member(source, name))


def listed(source: Path) -> list[tuple[str, str]]:
    """The texts of a folder or a zip file, as they are shown and as they are called there."""
    if not source.exists():
        raise NotFound(f"There is no folder or file '{source}'.")
    if source.is_dir():
        found = [path.relative_to(source).as_posix() for path in source.rglob("*.txt")]
    else:
        try:
            with zips.opened(source) as archive:
                found = [info.filename for info in archive.infolist() if not info.is_dir()]
        except zips.Unreadable:
            raise InvalidArgument(f"'{source}' is neither a .txt file nor a zip file.") from None
    texts = [name for name in found if name.lower().endswith(".txt") and not is_hidden(name)]
    return sorted((slashed(name), name) for name in texts)


def chunks(text: str, size: int) -> Iterator[str]:
    """A text in parts of at most `size` characters, cut where a paragraph, line or word ends."""
    start = 0
    while start < len(text):
        end = min(start + size, len(text))
        if end < len(text):
            cuts = (text.rfind(mark, start, end) + len(mark) for mark in ("\n\n", "\n", " "))
            end = next((cut for cut in cuts if cut > start + size // 2), end)
        yield text[start:end]
        start = end


def _decoded(data: bytes) -> str | UnicodeError:
    """A text, or what it is instead, as the end of a sentence."""
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return UnicodeError("is in UTF-16; save it as UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return UnicodeError(f"is no text in UTF-8 (byte {error.start} of it); save it as such.")
    # As in programs, and in UTF-16 that does not say so.
    return text if "\0" not in text else UnicodeError("is no text: it has bytes that are 0.")


SLOT = Text
