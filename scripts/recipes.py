"""Draw what the recipes of docs/recipes.md give, into docs/images/recipes.

Every picture is a model's own answer, a step of a chain fed with the step before.
"""

import argparse
import io
from pathlib import Path

from PIL import Image

from taxiway import load
from taxiway.core.files import write_whole

SIDE, GAP = 256, 8


def chains() -> dict[str, list[Image.Image]]:
    """The pictures of each recipe, in order."""
    rainbow = load("rainbow").image(seed=22)
    scene = load("painter").image(seed=7, size=256)
    colored = load("colorizer").query(image=scene.convert("L").convert("RGB"))["image"]
    landscape = load("landscape").query(seed=18)["image"]
    lineart = load("lineart")
    return {
        "depth": [rainbow, load("depth").query(image=rainbow)["depth_image"]],
        "lines": [rainbow, lineart.query(image=rainbow)["image"]],
        "colour": [scene.convert("L").convert("RGB"), colored],
        "painted": [landscape, load("depth").query(image=landscape)["depth_image"]],
    }


def side_by_side(pictures: list[Image.Image]) -> bytes:
    """Pictures of a row as one JPEG."""
    row = Image.new("RGB", (len(pictures) * (SIDE + GAP) - GAP, SIDE), "white")
    for index, picture in enumerate(pictures):
        row.paste(picture.convert("RGB").resize((SIDE, SIDE)), (index * (SIDE + GAP), 0))
    file = io.BytesIO()
    row.save(file, "JPEG", quality=88)
    return file.getvalue()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images/recipes"))
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for name, pictures in chains().items():
        write_whole(out / f"{name}.jpg", side_by_side(pictures))
