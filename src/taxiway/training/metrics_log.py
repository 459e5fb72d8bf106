"""The figures of a training over time, one JSON object to a line: stats.jsonl."""

import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from taxiway.core.files import write_whole

Record = dict[str, Any]
_BESIDE = {"kimg", "size", "seconds_per_kimg", "augmented", "broken", "warnings"}
"""What a record has beside the figures that are drawn."""


class MetricsLog:
    """Appends to a file; what a stopped run wrote after it was last saved is dropped first."""

    def __init__(self, path: Path, kimg: float) -> None:
        self.path = path
        self.all = [record for record in read(path) if record["kimg"] <= kimg]
        write_whole(path, b"".join(map(_line, self.all)))

    def add(self, record: Record) -> None:
        """Keep one more."""
        self.all.append(record)
        with self.path.open("ab") as file:
            file.write(_line(record))


def read(path: Path) -> list[Record]:
    """The records in a file, without a last line that was cut off."""
    found = []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            record = json.loads(line)  # ours has NaN, where a measure failed
        except (ValueError, RecursionError):
            break
        if _is_record(record):
            found.append(record)
    return found


def _is_record(line: object) -> bool:
    """Whether it tells how far it is, and all but the warnings is numbers."""
    if not isinstance(line, dict) or "kimg" not in line:
        return False
    return all(isinstance(line[name], int | float) for name in line if name != "warnings")


def figures_of(records: Sequence[Record]) -> list[str]:
    """The names of all figures, in the order in which they came."""
    return [name for name in dict.fromkeys(chain(*records)) if name not in _BESIDE]


def _line(record: Record) -> bytes:
    rounded = {k: round(v, 5) if isinstance(v, float) else v for k, v in record.items()}
    return json.dumps(rounded).encode() + b"\n"
