"""What a training's records say of how far it is, for a page that shows it."""

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from msgspec import Struct

from taxiway.core.parsing import Malformed, from_json
from taxiway.training.metrics_log import Record, figures_of

_TAIL = 4096
_PACES = 10
"""MetricsLog whose middle pace is taken for the present one."""


class Warned(Struct):
    """What was warned of, and when."""

    kimg: float
    text: str


def tail(path: Path) -> bytes:
    """The last few lines of a file, the first of them perhaps cut; nothing if there is none."""
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        return file.read()


def last_record(path: Path) -> list[Record]:
    """The newest whole record of a file of any length, if there is one."""
    for line in reversed(tail(path).splitlines()):
        try:
            record: object = from_json(line)
        except Malformed:
            continue
        if isinstance(record, dict) and isinstance(record.get("kimg"), int | float):
            return [record]
    return []


def seconds_left(
    records: Sequence[Record], stages: Sequence[tuple[int, float]], pace: str = "seconds_per_kimg"
) -> float | None:
    """About how long it takes yet; None before the first record.

    A size that was not trained at yet is taken to cost as the last one, by its pixels.
    """
    paced = [record for record in records if pace in record and "size" in record]
    if not paced:
        return None
    size, kimg = paced[-1]["size"], paced[-1]["kimg"]
    now = median(record[pace] for record in paced[-_PACES:] if record["size"] == size)
    begun, seconds = 0.0, 0.0
    for stage, end in stages:
        left = max(0.0, end - max(kimg, begun))
        seconds += left * now * max(1.0, stage / size) ** 2
        begun = end
    return float(seconds)


def newest(records: Sequence[Record]) -> dict[str, float]:
    """The last value of every figure."""
    return {
        key: float(record[key])
        for record in records
        for key in figures_of([record])
        if isinstance(record.get(key), int | float) and math.isfinite(record[key])
    }


def warnings(records: Sequence[Record]) -> list[Warned]:
    """What was warned of, oldest first."""
    return [Warned(r["kimg"], str(text)) for r in records for text in r.get("warnings", ())]
