"""Make the model `rainbow` again: paint its data, train, and hold it against the bar.

    python scripts/train_rainbow.py --out runs/rainbow [--resume]

Without options this is how the model that ships was made. Ctrl-C finishes the part or the step in
hand and saves; the same command goes on from there, with --resume once it has trained.
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import torch

from taxiway.checkpoint import read_checkpoint, write_checkpoint
from taxiway.checkpoint.contents import UPSCALED
from taxiway.checkpoint.discriminator import read_discriminator, write_discriminator
from taxiway.console import bar
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.core.files import write_whole
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.training.acceptance import SAMPLES, measure, told
from taxiway.families.stylegan.training.config import (
    TrainingConfig,
    default_threads,
    read_training_config,
)
from taxiway.families.stylegan.training.painted_pictures import PART, Pictures, parts
from taxiway.families.stylegan.training.painter_lessons import COUNT, STAGES, pairs, plain_judge
from taxiway.families.stylegan.training.painter_lessons import finished as distilled
from taxiway.families.stylegan.training.painter_lessons import taught as taught_by_painter
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.sharpening import (
    Sharpening,
    SharpLesson,
    own_images,
    sharpened,
)
from taxiway.families.stylegan.training.speed import pays_bf16
from taxiway.families.stylegan.training.trainer import Data, StyleGANTrainer, limits
from taxiway.families.stylegan.training.transfer import tensors_of, without_upscaler
from taxiway.families.stylegan.training.upscaling import Upscaling, finished, taught
from taxiway.training.config import NAME, About, check_free
from taxiway.training.run_folder import working
from taxiway.training.terminal import lead, lower_priority, stopping

CPU = torch.device("cpu")
RECIPE = (
    (32, 17.4, 3.0, 0.0),
    (64, 150.0, 3.0, 0.0),
    (128, 220.0, 2.0, 0.0),
    (128, 240.0, 0.7, 1.0),
)
"""(pixels, kimg at which a part ends, gamma, weight of the discriminator of detail)."""
PAIRS, LESSONS, STROKES, FOLDER = 1000, 3000, 5000, "pairs"
"""Landscapes that the upscaler learns from, in how many steps, those in which it learns to draw on
the model's own pictures, and where landscapes are kept."""
ABOUT = About(
    title="Rainbow",
    licence="Apache-2.0",
    data="Landscapes from Taxiway's painter, those whose bow passes the bow test. No photographs.",
)


def main() -> int:
    options = arguments()
    try:
        check_free(options.out, options.resume)
        with working(options.out):
            run(options, options.out)
    except TaxiwayError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Ended at once; what was saved before is kept.", file=sys.stderr)
        return 130
    return 0


def arguments() -> argparse.Namespace:
    sizes = sorted({part[0] for part in RECIPE})
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="the folder for everything made")
    parser.add_argument("--resume", action="store_true",
                        help="continue what is in that folder, with the same options")  # fmt: skip
    parser.add_argument("--pictures", type=int, default=16_000, help="how many to paint")
    parser.add_argument("--size", type=int, choices=sizes, default=sizes[-1],
                        help="pixels of the network, before it is upscaled four times")  # fmt: skip
    parser.add_argument("--pairs", type=int, default=COUNT, metavar="N",
                        help="landscapes that the painter teaches it; 0 for none")  # fmt: skip
    parser.add_argument("--lessons", type=int, default=LESSONS,
                        help="steps of the upscaler; 0 for none")  # fmt: skip
    parser.add_argument("--strokes", type=int, default=STROKES,
                        help="steps in which the upscaler learns to draw")  # fmt: skip
    parser.add_argument("--kimg", type=float, help="thousands of pictures to show")
    parser.add_argument("--threads", type=int, choices=(1, 2, 4), default=default_threads(CPU, 16))
    parser.add_argument("--samples", type=int, default=SAMPLES,
                        help="how many to hold against the bar")  # fmt: skip
    return parser.parse_args()


def run(options: argparse.Namespace, out: Path) -> None:
    lower_priority()
    begun = read_training_config(out) if options.resume and (out / NAME).exists() else None
    left = parts_left(orders(options), begun)
    if begun and not left:
        raise TaxiwayError(f"'{out}' has come to {begun.size} pixels; --size takes no less.")
    with stopping() as stop:
        pictures = data(out, options.pictures, options.size, stop)
        for order in left:
            with limits(order):
                seen = lead(StyleGANTrainer(order, Data(pictures)), order, out, stop).trainer.seen
            if stop.is_set():
                break
        trained = seen >= 1000 * left[-1].kimg
        if trained and options.pairs and not stop.is_set():
            distil(options, out, stop)
        if trained and options.lessons and not stop.is_set():
            upscale(options, out, stop)
    if not trained or stop.is_set():
        print("It was stopped before its end, so it is not held against the bar.")
    else:
        judge(out, options.samples)


def parts_left(orders: list[TrainingConfig], begun: TrainingConfig | None) -> list[TrainingConfig]:
    """Those from what has begun on; of several of one size, those that are over are left away."""
    if begun is None:
        return orders
    left = [one for one in orders if one.size >= begun.size]
    unfinished = [one for one in left if one.size > begun.size or one.kimg >= begun.kimg]
    return unfinished or left[-1:]


def data(out: Path, count: int, size: int, stop: Event) -> Pictures:
    """Painted and curated in parts, which are kept in the folder."""
    folder = out / "pictures"
    folder.mkdir(exist_ok=True)
    paths, painting = [], f"Painting {count:,} landscapes"
    for path in bar(painting, -(-count // PART), iterable=parts(folder, count, size)):
        paths.append(path)
        if stop.is_set():
            done = min(len(paths) * PART, count)
            raise TaxiwayError(f"{done:,} landscapes are painted; the same command goes on.")
    return np.concatenate([np.load(path, allow_pickle=False) for path in paths])


def distil(options: argparse.Namespace, out: Path, stop: Event) -> None:
    """Have the painter teach it what each z stands for."""
    model, folder = out / "model.safetensors", out / FOLDER
    folder.mkdir(exist_ok=True)
    given = pairs(folder, options.pairs, options.size)
    print(f"The painter teaches it in {STAGES[-1][1]:,} steps what each z stands for.")
    start = read_checkpoint(model), tensors_of(read_discriminator(model))
    lesson = taught_by_painter(out, start, given, stop)
    if lesson.steps >= STAGES[-1][1]:
        write_checkpoint(model, distilled(start[0], lesson), dtype="float16")
        write_discriminator(model, {name: x.numpy() for name, x in plain_judge(lesson).items()})


def upscale(options: argparse.Namespace, out: Path, stop: Event) -> None:
    """Teach an upscaler and put it at the end of the model."""
    folder, size = out / FOLDER, UPSCALED * options.size
    folder.mkdir(exist_ok=True)
    pairs = data(folder, PAIRS, size, stop)
    print(f"The upscaler learns from {len(pairs)} of them, in {options.lessons} steps.")
    lesson = taught(out, Upscaling(bf16=pays_bf16(CPU)), options.lessons, pairs, stop)
    if lesson.steps < options.lessons or stop.is_set():
        return
    upscaler, model, card = lesson.average, out / "model.safetensors", out / "model.json"
    checkpoint = without_upscaler(read_checkpoint(model))
    if options.strokes:
        print(f"In {options.strokes} steps more it learns to draw on the model's own pictures.")
        own = own_images(build_generator(checkpoint))
        drawing = SharpLesson(upscaler, own, pairs, Sharpening(bf16=pays_bf16(CPU)))
        upscaler = sharpened(out, drawing, options.strokes, stop)
        if drawing.steps < options.strokes:
            return
    write_checkpoint(model, finished(checkpoint, upscaler), dtype="float16")
    said = json.loads(card.read_bytes()) | {"resolution": size}
    write_whole(card, json.dumps(said, indent=2).encode())


def orders(options: argparse.Namespace) -> list[TrainingConfig]:
    """One for each part, which goes on where the one before ended."""
    recipe = [part for part in RECIPE if part[0] <= options.size]
    longer = (options.kimg or recipe[-1][1]) / recipe[-1][1]
    stages = [dict[int, float]()]
    for size, end, *_ in recipe:
        stages.append(stages[-1] | {size: end * longer})
    bf16 = pays_bf16(CPU)
    settings = [
        Settings(threads=options.threads, bf16=bf16, gamma=gamma, detail=detail)
        for _, _, gamma, detail in recipe
    ]
    about = replace(ABOUT, command=command(options))
    return [
        TrainingConfig("painter", tuple(part.items()), one, about=about)
        for part, one in zip(stages[1:], settings, strict=True)
    ]


def command(options: argparse.Namespace) -> str:
    """What makes the model again, for its card."""
    kimg = f" --kimg {options.kimg:g}" if options.kimg else ""
    how = f"--pictures {options.pictures} --size {options.size}{kimg}"
    return f"python scripts/train_rainbow.py --out runs/rainbow {how}"


def judge(out: Path, count: int) -> None:
    """Hold the finished model against the bar, as scripts/measure_rainbow.py does."""
    generator = build_generator(read_checkpoint(out / "model.safetensors"))
    print("Now it is held against the bar, which takes some minutes.")
    try:
        found = measure(generator, count)
    except InvalidArgument as error:
        print(f"It cannot be held against the bar. {error}")
        return
    write_whole(out / "figures.json", json.dumps(found, indent=2).encode())
    print(told(found))


if __name__ == "__main__":
    sys.exit(main())
