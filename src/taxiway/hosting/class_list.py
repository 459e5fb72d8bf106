"""The names in a class list, as spreadsheets write it (CSV)."""

import codecs
import csv

from taxiway.core.errors import InvalidArgument

MOST_BYTES = 1_000_000
MOST_NAMES = 200
WHOLE = {"name", "names", "label", "pupil", "student", "schüler", "schueler", "elev"}
FIRST = {"first name", "firstname", "given name", "vorname", "fornavn"}
LAST = {"last name", "lastname", "surname", "family name", "nachname", "name", "efternavn"}


def read(data: bytes) -> list[str]:
    """One name of each line, in their order.

    A first line of headings says which column it is: a name, or a first and a last one, which are
    put together; without, it is the first column. Raises InvalidArgument.
    """
    if len(data) > MOST_BYTES:
        raise InvalidArgument(f"A class list has up to {MOST_BYTES // 1_000_000} MB.")
    try:
        rows = [row for row in _rows(_text(data)) if any(row)]
    except csv.Error as error:
        raise InvalidArgument(f"The class list cannot be read as CSV: {error}.") from None
    columns, begin = _columns([cell.lower() for cell in rows[0]] if rows else [])
    names = [" ".join(row[i] for i in columns if i < len(row) and row[i]) for row in rows[begin:]]
    found = [_line(name) for name in names if name]
    if not found:
        raise InvalidArgument("There is no name in the class list.")
    if len(found) > MOST_NAMES:
        raise InvalidArgument(f"A class list has up to {MOST_NAMES} names, got {len(found)}.")
    return found


def _text(data: bytes) -> str:
    """UTF-8, UTF-16 where it says so, else the letters of Windows, as Excel writes."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _rows(text: str) -> list[list[str]]:
    """Cells without the space around them, between what the first line has most of."""
    first = text.lstrip().partition("\n")[0]
    between = max(",;\t", key=first.count)
    return [
        [cell.strip() for cell in row] for row in csv.reader(text.splitlines(), delimiter=between)
    ]


def _columns(heads: list[str]) -> tuple[list[int], int]:
    """Where the names are, and in which row they begin."""
    firsts = [i for i, head in enumerate(heads) if head in FIRST]
    if firsts:
        lasts = [i for i, head in enumerate(heads) if head in LAST]
        return [firsts[0], *lasts[:1]], 1
    wholes = [i for i, head in enumerate(heads) if head in WHOLE | LAST]
    return (wholes[:1], 1) if wholes else ([0], 0)


def _line(name: str) -> str:
    """A label: one line of up to 80 characters that can be printed."""
    return "".join(letter if letter.isprintable() else " " for letter in name)[:80]
