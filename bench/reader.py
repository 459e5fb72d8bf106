"""CPU time and peak memory of opening large checkpoints, each in a process of its own.

    python bench/reader.py [ROUNDS]

The files are written here with the record structure of genuine ones and random weights: StyleGAN2
at 256 px with the official channels (base 16384, 8 mapping layers), as a stripped snapshot and as
a whole one (G, D and G_ema, with fewer channels so that it is of a like size), and as our own.
Beside them: only reading and hashing the bytes, and loading with the safetensors library.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the writers of such files are the tests' own

from snapshots import nvidia_generator, nvidia_pickle, small_stylegan2  # noqa: E402
from taxiway.checkpoint import Checkpoint, write_checkpoint  # noqa: E402

WAYS = {
    "read and hash": "import hashlib; hashlib.sha256(open(path, 'rb').read()).hexdigest()",
    "read_checkpoint": "read_checkpoint(path)",
    "inspect_checkpoint": "inspect_checkpoint(path)",
    "safetensors library": "load_file(path)",
}
PROGRAM = """
import json, sys, time
from safetensors.numpy import load_file
from taxiway.checkpoint import inspect_checkpoint, read_checkpoint

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

path, before = sys.argv[1], peak()
start = time.process_time()
{way}
print(json.dumps([time.process_time() - start, peak() - before, before]))
"""


def stylegan2(resolution: int, base: int, width: int = 512) -> Checkpoint:
    """A StyleGAN2 with the channels that its configuration gives it, at most 512."""
    blocks = resolution.bit_length() - 2
    channels = [min(base // (4 << index), 512) for index in range(blocks)]
    return small_stylegan2(blocks=blocks, depth=8, width=width, channels=channels)


def write_files(folder: Path) -> list[Path]:
    """The files to open, written one after the other."""
    large, small = stylegan2(256, 16384), stylegan2(256, 2048)
    stripped, whole = folder / "G_ema only.pkl", folder / "G, D and G_ema.pkl"
    stripped.write_bytes(nvidia_pickle(large))
    others = {name: nvidia_generator(small) for name in ("G", "D")}
    whole.write_bytes(nvidia_pickle(small, **others))
    own = folder / "own.safetensors"
    write_checkpoint(own, large)
    return [stripped, whole, own]


def measure(way: str, path: Path) -> tuple[float, float, float]:
    """CPU seconds, MB at the peak beyond those before, and MB before."""
    command = [sys.executable, "-c", PROGRAM.format(way=WAYS[way]), str(path)]
    result = subprocess.run(command, capture_output=True, check=True, text=True)
    cpu, peak, before = json.loads(result.stdout)
    return cpu, peak * 1024 / 1e6, before * 1024 / 1e6


def main(rounds: int = 5) -> None:
    """Print a table of medians."""
    print(f"{'file':24}{'MB':>7}  {'way':22}{'CPU s':>7}{'peak MB':>9}{'peak / size':>13}")
    with tempfile.TemporaryDirectory() as folder:
        for path in write_files(Path(folder)):
            size = path.stat().st_size / 1e6
            for way in WAYS:
                if way.endswith("library") and path.suffix != ".safetensors":
                    continue
                cpu, peak, before = (
                    statistics.median(column)
                    for column in zip(*(measure(way, path) for _ in range(rounds)), strict=True)
                )
                ratio = (peak + before) / size
                print(f"{path.stem:24}{size:7.1f}  {way:22}{cpu:7.2f}{peak:9.1f}{ratio:13.2f}")
    print("peak MB: beyond the process before it opened the file; peak / size: all of the process")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
