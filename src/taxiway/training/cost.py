"""What a training will cost on this machine: time, by a few of its own steps, memory and disk."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from taxiway.core.errors import TaxiwayError
from taxiway.training.config import Stages
from taxiway.training.trainer import Trainer

SNAPSHOTS = (0.5, 1, 2, 4, 5, 10, 20, 40, 50, 100)
"""kimg between two snapshots, as it suits the speed."""
SNAPSHOT_SECONDS = 240.0


def paces(trainer: Trainer, stages: Stages, seen_kimg: float) -> dict[int, float]:
    """Seconds per kimg at each size that the rest of a schedule has, where that can be told."""
    left = [size for size, end in stages if end > seen_kimg]
    found = {size: trainer.pace(size) for size in left}
    return {size: pace for size, pace in found.items() if pace is not None}


def expected_seconds(stages: Stages, seen_kimg: float, paces: Mapping[int, float]) -> float:
    """How long the rest of a schedule takes."""
    total, before = 0.0, seen_kimg
    for size, end in stages:
        if end > before:
            total += (end - before) * paces.get(size, 0.0)
            before = end
    return total


def snapshot_kimg(seconds_per_kimg: float) -> float:
    """How many kimg about four minutes are, as a round number."""
    wanted = SNAPSHOT_SECONDS / max(seconds_per_kimg, 1e-6)
    return max([kimg for kimg in SNAPSHOTS if kimg <= wanted], default=SNAPSHOTS[0])


def memory() -> float:
    """The most memory that this process has used so far, in bytes; 0 where that is not known."""
    torch = sys.modules.get("torch")  # not imported for this: a trainer may do without
    if torch is not None and torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated())
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def check_disk(folder: Path, state_bytes: int) -> None:
    """Raise TaxiwayError if the disk has no room for three times what is kept."""
    wanted, free = 3 * state_bytes + 50_000_000, shutil.disk_usage(folder).free
    if free < wanted:
        raise TaxiwayError(
            f"The disk of '{folder}' has {free / 1e9:.1f} GB free; "
            f"this training wants {wanted / 1e9:.1f} GB."
        )


def written(seconds: float) -> str:
    """A length of time in words: "40 s", "12 min", "3 h 20 min"."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
