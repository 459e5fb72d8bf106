"""Make the model `landscape` again: draw maps and pictures, and teach the network.

    python scripts/train_landscape.py --out runs/landscape

Ctrl-C ends it; the same command goes on from what was saved. At the end, landscape.onnx and its
figures, landscape.json, lie in the folder.
"""

import argparse
import json
import sys
import time
from multiprocessing import get_context
from multiprocessing.pool import AsyncResult, Pool
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from taxiway.core.files import write_whole
from taxiway.families.landscape.network import INPUTS, Landscape
from taxiway.families.landscape.training import HELD_OUT, batch, mirrored, unlike
from taxiway.training.exporting import export
from taxiway.training.lessons import Lessons

RECIPE = ((128, 8, 0.66), (256, 2, 1.0))
"""(pixels, pictures a step, the part of all steps at which it ends)."""


def main() -> int:
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    kept = options.out / "state.pt"
    lessons = Lessons(Landscape(), Landscape(), unlike, kept, options.steps, bf16=True)
    with get_context("spawn").Pool(1) as pool:
        try:
            learn(lessons, options.out, pool)
        except KeyboardInterrupt:
            lessons.save()
            print("Stopped; the same command goes on.", file=sys.stderr)
            return 130
    lessons.save()
    export(lessons.average, options.out / "landscape.onnx", INPUTS, "image")
    found = json.dumps(judged(lessons), indent=2)
    write_whole(options.out / "landscape.json", found.encode())
    print(found)
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="the folder for everything made")
    parser.add_argument("--steps", type=int, default=2100, help="steps of training in all")
    return parser.parse_args()


def learn(lessons: Lessons, out: Path, pool: Pool) -> None:
    """Each batch is shown as it is and mirrored, while another process draws the next."""
    begun, seen = time.monotonic(), list[float]()
    waiting = [ask(lessons, pool, lessons.done + k) for k in (0, 2)]
    while lessons.done < lessons.steps:
        waiting.append(ask(lessons, pool, lessons.done + 4))
        given = tuple(torch.from_numpy(part) for part in waiting.pop(0).get())
        seen += [lessons.step(some[:3], some[3]) for some in (given, mirrored(given))]
        if lessons.done % 50 == 0:
            print(f"{lessons.done} steps, {time.monotonic() - begun:.0f} s, "
                  f"loss {np.mean(seen[-50:]):.4f}", flush=True)  # fmt: skip
        if lessons.done % 250 == 0:
            lessons.save()
            sheet(lessons, out / f"sheet-{lessons.done:05}.png")


def ask(lessons: Lessons, pool: Pool, number: int) -> AsyncResult[list[np.ndarray]]:
    """The batch of a step, which another process draws meanwhile."""
    part = min(number, lessons.steps - 1) / lessons.steps
    size, count = next((size, count) for size, count, end in RECIPE if part < end)
    return pool.apply_async(draw, (number, count, size))


def draw(number: int, count: int, size: int) -> list[np.ndarray]:
    torch.set_num_threads(1)
    first = number * 8
    return [part.numpy() for part in batch(range(first, first + count), size)]


@torch.no_grad()
def sheet(lessons: Lessons, path: Path) -> None:
    """Held-out maps as the painter composes them, and as the network does."""
    *given, picture = batch(range(HELD_OUT, HELD_OUT + 6), 256)
    rows = torch.cat([picture, lessons.average(*given)], 2).permute(2, 0, 3, 1).flatten(1, 2)
    Image.fromarray((rows.numpy() * 255 + 0.5).astype(np.uint8)).save(path)


@torch.no_grad()
def judged(lessons: Lessons, count: int = 96) -> dict[str, float]:
    """Mean differences in levels at 256 pixels, on maps that were not trained on.

    Beside the network: the mean picture; a material's mean colour, whatever z; and how far the
    network's pictures of one map and two z are apart, and the painter's.
    """
    network, plain, other, painted = [], [], [], []
    for first in range(HELD_OUT, HELD_OUT + count, 2):
        where, mood, grain, picture = batch(range(first, first + 2), 256)
        made = lessons.average(where, mood, grain)
        network.append((made - picture).abs().mean())
        mean = torch.einsum("nkhw,nchw->kc", where, picture) / where.sum((0, 2, 3))[:, None].clamp(
            1
        )
        plain.append((torch.einsum("nkhw,kc->nchw", where, mean) - picture).abs().mean())
        swapped = lessons.average(where, mood.flip(0), grain)
        other.append((made - swapped).abs().mean())
        painted.append((picture[0] - picture[1]).abs().mean())
    parts = {"difference": network, "of_mean_colours": plain, "by_another_z": other}
    return {name: round(255 * float(torch.stack(part).mean()), 2) for name, part in parts.items()}


if __name__ == "__main__":
    sys.exit(main())
