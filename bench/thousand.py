"""`taxiway batch` over a thousand pictures: seconds, CPU seconds, and memory as it goes on."""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from taxiway.core.images import encode_image
from taxiway.core.memory import memory_of
from taxiway.latent.sample import z_of_seed
from taxiway.painting import paint

MODELS = ("lineart", "depth", "detector", "faces", "style", "colorizer", "upscaler", "cutout")
COUNT, SIDE, PAINTED = 1000, 256, 25
LOOKS = (0.1, 0.5, 1.0)
"""At which parts of the set the memory is told."""


def write_pictures(folder: Path, count: int) -> None:
    """JPEGs that all differ: paintings, each rolled on and on."""
    folder.mkdir()
    painted = [paint(z_of_seed(seed, 512), SIDE) for seed in range(PAINTED)]
    for number in range(count):
        pixels = np.roll(painted[number % PAINTED], number // PAINTED * 6, 1)
        (folder / f"{number:05d}.jpg").write_bytes(encode_image(pixels, "JPEG"))


def measured(model: str, pictures: Path, out: Path, count: int) -> tuple[float, float, list[int]]:
    """Seconds, CPU seconds, and megabytes when `LOOKS` of the answers were there."""
    line = [sys.executable, "-m", "taxiway", "batch", model, str(pictures), "--out", str(out)]
    began, seen = time.perf_counter(), dict[int, int]()
    batch = subprocess.Popen([*line, "--csv"], stdout=subprocess.DEVNULL)
    status = used = None
    while not status:
        time.sleep(0.1)
        done = sum(1 for _ in out.glob("*.json")) if out.is_dir() else 0
        seen[done] = memory_of(batch.pid) or seen.get(done, 0)
        status, code, used = os.wait4(batch.pid, os.WNOHANG)
        assert code == 0, f"taxiway batch {model} failed"
    spent = time.perf_counter() - began
    at = (max(done for done in seen if done <= look * count) for look in LOOKS)
    assert used is not None
    return spent, used.ru_utime + used.ru_stime, [seen[done] // 2**20 for done in at]


def main() -> None:
    """`thousand.py [COUNT] [MODEL ...]`; each picture is asked about once, its answer written."""
    counts = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    models = [word for word in sys.argv[1:] if not word.isdecimal()]
    count = counts[0] if counts else COUNT
    with TemporaryDirectory() as folder:
        pictures = Path(folder) / "pictures"
        write_pictures(pictures, count)
        parts = "".join(f"{f'MB at {round(look * count)}':>12}" for look in LOOKS)
        print(f"{'model':14}{'seconds':>9}{'CPU s':>9}{parts}", flush=True)
        for model in models or MODELS:
            spent, used, sizes = measured(model, pictures, Path(folder) / model, count)
            memory = "".join(f"{size:12}" for size in sizes)
            print(f"{model:14}{spent:9.0f}{used:9.0f}{memory}", flush=True)


if __name__ == "__main__":
    main()
