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
    parser.add_argument("--steps", type=int, default=2400, help="steps of training in all")
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
def judged(lessons: Lessons, count: int = 48) -> dict[str, float]:
    """Mean differences in levels at 256 pixels, on maps that were not trained on.

    Of the network; of pictures that give each material its mean colour, whatever z; and between the
    network's pictures of one map in two moods.
    """
    shown = [batch(range(seed, seed + 1), 256) for seed in range(HELD_OUT, HELD_OUT + count)]
    made = [lessons.average(*some[:3]) for some in shown]
    moods = [some[1] for some in shown[1:] + shown[:1]]
    other = [
        lessons.average(some[0], mood, some[2]) for some, mood in zip(shown, moods, strict=True)
    ]
    sums = sum(torch.einsum("nkhw,nchw->kc", some[0], some[3]) for some in shown)
    area = sum(some[0].sum((0, 2, 3)) for some in shown)
    colours = sums / area.clamp(1)[:, None]  # [14, 3]
    plain = [torch.einsum("nkhw,kc->nchw", some[0], colours) for some in shown]
    pictures = [some[3] for some in shown]

    def apart(one: list[torch.Tensor], two: list[torch.Tensor]) -> float:
        pairs = zip(one, two, strict=True)
        return round(255 * float(torch.stack([(a - b).abs().mean() for a, b in pairs]).mean()), 2)

    return {
        "difference": apart(made, pictures),
        "difference_of_mean_colours": apart(plain, pictures),
        "apart_by_another_mood": apart(made, other),
    }


if __name__ == "__main__":
    sys.exit(main())
