"""Make the models `depth`, `colorizer` and `upscaler` again: draw, teach, measure.

    python scripts/train_small.py depth --out runs/small

Ctrl-C ends it; the same command goes on from what was saved. At the end, NAME.onnx and the figures
NAME.json lie in the folder.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.pool import AsyncResult, Pool
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from small import figures
from small.networks import Colorizer, Depth, Upscaler
from small.pictures import coloured, seen, sharp
from taxiway.core.files import write_whole
from taxiway.onnx_files.lab import to_lab
from taxiway.training.exporting import export
from taxiway.training.lessons import Lessons

Pairs = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Lesson:
    """What one network is, what it is shown, and how it is judged; `sizes` are of two stages."""

    network: Callable[[], nn.Module]
    pair: Callable[[int, int], Pairs]
    unlike: Callable[[Tensor, Tensor], Tensor]
    steps: int
    sizes: tuple[int, int]
    count: int
    figures: Callable[[nn.Module, Callable[[int, int], Pairs]], dict[str, float]]
    given: str
    made: str
    shape: tuple[int, ...] = (1, 3, 64, 64)


def depth_pair(seed: int, size: int) -> Pairs:
    picture, near = seen(seed, size)
    return _planes(picture), near[None]


def colour_pair(seed: int, size: int) -> Pairs:
    found = to_lab(coloured(seed, size).astype(np.float32)).transpose(2, 0, 1)
    return found[:1], found[1:]


def upscale_pair(seed: int, size: int) -> Pairs:
    """A part of a drawn picture, and the same four times as small."""
    rng = np.random.default_rng(seed)
    picture = sharp(seed // 4, 256)
    top, left = rng.integers(0, 256 - size + 1, 2)
    large = picture[top : top + size, left : left + size]
    way = Image.Resampling.BICUBIC if rng.random() < 0.7 else Image.Resampling.BOX
    small = np.asarray(Image.fromarray(large).resize((size // 4, size // 4), way))
    return _planes(small), _planes(large)


def _planes(picture: np.ndarray) -> np.ndarray:
    return picture.transpose(2, 0, 1).astype(np.float32) / 255


def plain(made: Tensor, asked: Tensor) -> Tensor:
    return (made - asked).abs().mean()


def of_edges(made: Tensor, asked: Tensor) -> Tensor:
    """Places, and steps between neighbours at two scales."""
    loss = plain(made, asked)
    for k in (1, 4):
        a, b = (F.avg_pool2d(made, k), F.avg_pool2d(asked, k)) if k > 1 else (made, asked)
        for axis in (2, 3):
            loss = loss + plain(a.diff(dim=axis), b.diff(dim=axis))
    return loss


# fmt: off
LESSONS = {
    "depth": Lesson(Depth, depth_pair, of_edges, 2000, (128, 256), 8,
                    figures.depth, "picture", "nearness"),
    "colorizer": Lesson(Colorizer, colour_pair, plain, 600, (128, 256), 8,
                        figures.colorizer, "lightness", "ab", (1, 1, 64, 64)),
    "upscaler": Lesson(Upscaler, upscale_pair, plain, 1400, (96, 96), 16,
                       figures.upscaler, "picture", "enlarged"),
}
# fmt: on


def main() -> int:
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    lesson = LESSONS[options.name]
    networks, steps = (lesson.network(), lesson.network()), options.steps or lesson.steps
    lessons = Lessons(*networks, lesson.unlike, options.out / f"{options.name}.pt", steps)
    with get_context("spawn").Pool(1) as pool:
        try:
            learn(lessons, lesson, options, pool)
        except KeyboardInterrupt:
            lessons.save()
            print("Stopped; the same command goes on.", file=sys.stderr)
            return 130
    lessons.save()
    finish(lessons.average, lesson, options.out / options.name)
    return 0


def finish(network: nn.Module, lesson: Lesson, path: Path) -> None:
    """Write the file that ships, and the figures beside it."""
    export(network, path.with_suffix(".onnx"), {lesson.given: lesson.shape}, lesson.made)
    found = json.dumps(lesson.figures(network.eval(), lesson.pair), indent=2)
    write_whole(path.with_suffix(".json"), found.encode())
    print(found)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=[*LESSONS])
    parser.add_argument("--out", type=Path, required=True, help="the folder for everything made")
    parser.add_argument("--steps", type=int, help="steps of training in all")
    return parser.parse_args()


def learn(lessons: Lessons, lesson: Lesson, options: argparse.Namespace, pool: Pool) -> None:
    """Each batch is shown as it is and mirrored, while another process draws the next."""
    begun, seen_ = time.monotonic(), list[float]()

    def ask(number: int) -> AsyncResult[Pairs]:
        return pool.apply_async(draw, (options.name, number, number / lessons.steps))

    waiting = [ask(lessons.done + k) for k in (0, 2)]
    while lessons.done < lessons.steps:
        waiting.append(ask(lessons.done + 4))
        given, asked = map(torch.from_numpy, waiting.pop(0).get())
        for some, wanted in ((given, asked), (given.flip(3), asked.flip(3))):
            seen_.append(lessons.step([some], wanted))
        if lessons.done % 100 == 0:
            print(f"{lessons.done} steps, {time.monotonic() - begun:.0f} s, "
                  f"loss {np.mean(seen_[-100:]):.4f}", flush=True)  # fmt: skip
        if lessons.done % 200 == 0:
            lessons.save()


def draw(name: str, number: int, part: float) -> Pairs:
    """The examples of one step, drawn by another process."""
    lesson = LESSONS[name]
    size = lesson.sizes[part > 0.75]
    count = max(lesson.count * lesson.sizes[0] // size, 1)
    first = number * lesson.count
    given, asked = zip(*(lesson.pair(first + k, size) for k in range(count)), strict=True)
    return np.stack(given), np.stack(asked)


if __name__ == "__main__":
    sys.exit(main())
