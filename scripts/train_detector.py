"""Make the model `detector` again: paint scenes, train on them, and measure it on others.

    python scripts/train_detector.py --out runs/detector [--resume]

Without options this is how the model that ships was made. Ctrl-C finishes the step in hand and
saves; the same command with --resume goes on from there.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from taxiway.console import bar
from taxiway.core.errors import TaxiwayError
from taxiway.core.files import write_whole
from taxiway.families.detector.own import OwnDetector
from taxiway.families.detector.precision import Found, precision
from taxiway.painting.boxes import CLASSES, Labelled, paint_boxes
from taxiway.training.dataset import entry, packing
from taxiway.training.datasets.boxes.kind import png

HELD_OUT = 1_000_000
"""The seed of the first scene that is measured by."""


def main() -> int:
    options = arguments()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        dataset = options.out / "scenes.zip"
        if not dataset.exists():
            painted(dataset, options.scenes)
        run = options.out / "run"
        trained(dataset, run, options)
        figures = measured(run / "best.safetensors", options.measured)
        write_whole(options.out / "figures.json", json.dumps(figures, indent=2).encode())
        print(json.dumps(figures, indent=2))
    except TaxiwayError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="the folder for everything made")
    parser.add_argument("--resume", action="store_true", help="go on with what is in that folder")
    parser.add_argument("--scenes", type=int, default=2400, help="how many to paint")
    parser.add_argument("--kimg", type=float, default=36, help="thousands of scenes to show")
    parser.add_argument("--measured", type=int, default=300, help="how many to measure by")
    return parser.parse_args()


def painted(path: Path, count: int) -> None:
    """A dataset of scenes, those of the seeds from 0."""
    with packing(path, "boxes") as (archive, about):
        about |= {"classes": list(CLASSES), "boxes": {}}
        for seed in bar(f"Painting {count:,} scenes", iterable=range(count)):
            scene, name = paint_boxes(seed), f"{seed // 1000:05d}/img{seed:08d}.png"
            archive.writestr(entry(name), png(Image.fromarray(scene.picture)))
            about["boxes"][name] = [
                (left, top, right - left, bottom - top, CLASSES.index(label))
                for (left, top, right, bottom), label in zip(scene.boxes, scene.labels, strict=True)
            ]


def trained(dataset: Path, run: Path, options: argparse.Namespace) -> None:
    """As by hand: taxiway train detector scenes.zip --held 0.05."""
    from taxiway import cli

    words = ["train", "detector", str(dataset), "--out", str(run), "--kimg", f"{options.kimg:g}"]
    words += ["--resume"] if options.resume else ["--held", "0.05"]
    words += ["--title", "Detector", "--licence", "Apache-2.0"]
    words += ["--data", "Scenes drawn by Taxiway's painter. No photographs."]
    if cli.main(words):
        raise TaxiwayError("The training has ended before its end; --resume goes on.")


def measured(model: Path, count: int) -> dict[str, float]:
    """Average precision on scenes that it has never seen, and milliseconds for each of them."""
    finder, found, there, spent = OwnDetector(model, "cpu"), [], [], 0.0
    others = range(HELD_OUT, HELD_OUT + count)
    for seed in bar(f"Measuring by {count:,} others", iterable=others):
        scene, begun = paint_boxes(seed), time.process_time()
        [one] = finder.find([scene.picture], 0.02, 100)
        spent += time.process_time() - begun
        found.append(one._replace(boxes=one.boxes * scene.picture.shape[0]))
        there.append(truth(scene))
    good = precision(found, there)
    each = {f"ap50_{CLASSES[kind]}": round(value, 3) for kind, value in good.each.items()}
    figures = {"ap50": round(good.ap50, 4), "ap": round(good.ap, 4), "pictures_measured": count}
    return {**figures, "cpu_ms_per_picture": round(1000 * spent / count, 1), **each}


def truth(scene: Labelled) -> Found:
    """What the painter knows of a scene."""
    kinds = np.array([CLASSES.index(label) for label in scene.labels], int)
    return Found(np.array(scene.boxes, float).reshape(-1, 4), kinds, np.ones(len(kinds)))


if __name__ == "__main__":
    sys.exit(main())
