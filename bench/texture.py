"""A picture's way over the processor, from a GPU's memory to a texture, step by step; CPU time.

    python bench/texture.py [ROUNDS]

Pictures of 512 and 1024 px: out of pinned memory, into the memory that model and server share, out
of it, and with an opacity as Spout, Syphon, OMT and NDI take it, once as it is done and once all
channels at a time. What a GPU's driver does on both ends is not in it. Below, the way between two
threads (`--executor thread`), with a twin on the GPU and without. The share is of a sixtieth of a
second.
"""

import statistics
import sys
from collections.abc import Callable
from multiprocessing.shared_memory import SharedMemory

import numpy as np

from side_by_side import compare
from taxiway.core.frame import with_opacity
from taxiway.core.images import Pixels
from taxiway.core.twins import Twin, keep
from taxiway.engine.executors.thread import crossed
from taxiway.engine.messages import Answers, CallOutputs, Codec

SIZES = (512, 1024)
AREA = 2**24
ROW = "{:24} {:>8} {:>8}"


def at_once(pixels: Pixels) -> Pixels:
    """An opacity in the plain way."""
    whole = np.full((*pixels.shape[:2], 4), 255, np.uint8)
    whole[:, :, :3] = pixels
    return whole


def threads(pixels: Pixels) -> dict[str, Callable[[], object]]:
    """A picture between two threads, with a twin and without."""
    pictures = pixels[None].copy()
    keep(pictures, Twin(0, 0, None))
    twin, none = (Answers([CallOutputs({"image": each})]) for each in (pictures[0], pixels))
    return {
        "(threads, with a twin": lambda: crossed(twin),
        "(threads, without": lambda: crossed(none),
    }


def show(side: int, area: SharedMemory, rounds: int) -> None:
    """Print the table of one size."""
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    worker, server = Codec(), Codec()
    worker.outgoing = server.incoming = area
    answer = Answers([CallOutputs({"image": pixels})])
    message = worker.pack(answer)
    steps = {
        "out of pinned memory": pixels.copy,
        "into shared memory": lambda: worker.pack(answer),
        "out of it": lambda: server.unpack(message),
        "with an opacity": lambda: with_opacity(pixels),
    }
    others = {"(all at a time": lambda: at_once(pixels)} | threads(pixels)
    times = compare(steps | others, rounds)
    found = {name: statistics.median(each) for name, each in times.items()}
    found["together"] = sum(found[name] for name in steps)
    print(ROW.format(f"{side} px, {pixels.nbytes / 1e6:.1f} MB", "ms", "share"))
    for name, ms in found.items():
        print(ROW.format(name + ")" * name.startswith("("), f"{ms:.2f}", f"{ms * 0.06:.1%}"))


def main(rounds: int = 99) -> None:
    area = SharedMemory(create=True, size=AREA)
    try:
        for side in SIZES:
            show(side, area, rounds)
    finally:
        area.close()
        area.unlink()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
