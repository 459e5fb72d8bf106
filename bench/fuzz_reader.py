"""Damaged checkpoints in great number: whatever happens, it must be a checkpoint or one sentence.

    python bench/fuzz_reader.py [SEED] [ITERATIONS]

Prints each exception of another kind once, with the seed that brings it back, the slowest file and
the peak of the memory; exit code 1 if there was such an exception.
"""

import random
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # damage and writers are the tests' own

from mutations import mutated  # noqa: E402
from snapshots import nvidia_pickle, small_stylegan2  # noqa: E402
from taxiway.checkpoint import inspect_checkpoint, read_checkpoint, write_checkpoint  # noqa: E402
from taxiway.core.errors import UnreadableCheckpoint  # noqa: E402


def corpus(folder: Path) -> list[bytes]:
    """A file of every format, and small ones of which most bytes are structure."""
    small = small_stylegan2(blocks=2, channels=1, width=1, labels=1)
    write_checkpoint(folder / "own.safetensors", small)
    made = [nvidia_pickle(small, protocol) for protocol in (2, 3, 4, 5)]
    made.append((folder / "own.safetensors").read_bytes())
    fixtures = (ROOT / "tests" / "fixtures").iterdir()
    files = [
        path for path in fixtures if path.suffix in (".pkl", ".pt") and "z512" not in path.name
    ]
    return made * 3 + [path.read_bytes() for path in sorted(files)]


def attempt(path: Path) -> str:
    """What came of a file: "read", "refused", or the place of an exception that must not be."""
    try:
        inspect_checkpoint(path).text()
        read_checkpoint(path)
    except UnreadableCheckpoint:
        return "refused"
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno}: {error}"
    return "read"


def main(seed: int = 0, iterations: int = 20_000) -> int:
    """Run, print, and return the exit code."""
    outcomes: Counter[str] = Counter()
    slowest = (0.0, 0)
    with tempfile.TemporaryDirectory() as folder:
        files, path = corpus(Path(folder)), Path(folder) / "file"
        for number in range(seed, seed + iterations):
            draw = random.Random(number)
            path.write_bytes(mutated(draw.choice(files), draw, files))
            start = time.process_time()
            outcome = attempt(path)
            slowest = max(slowest, (time.process_time() - start, number))
            outcomes[outcome] += 1
            if outcome not in ("read", "refused") and outcomes[outcome] == 1:
                print(f"seed {number}: {outcome}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{iterations} files: {outcomes['read']} read, {outcomes['refused']} refused")
    print(f"slowest {slowest[0]:.2f} s of CPU (seed {slowest[1]}), peak {peak:.0f} MB")
    return 0 if outcomes.keys() <= {"read", "refused"} else 1


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
