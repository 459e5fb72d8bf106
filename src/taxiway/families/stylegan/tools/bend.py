"""Bend a network: turn, stretch, silence or mix its layers."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from taxiway.checkpoint import Checkpoint
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyType, Image, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.files import write_whole
from taxiway.core.images import Pixels, encode_png
from taxiway.core.tool import OTHER, Flag, Job
from taxiway.families.stylegan.bending.bend import Bend, parse_bends, to_text
from taxiway.families.stylegan.bending.surgery import mixed, parse_mix, stretched
from taxiway.families.stylegan.rendering import image_folder
from taxiway.families.stylegan.rendering.asked import options_of
from taxiway.families.stylegan.rendering.files import latents_in
from taxiway.families.stylegan.rendering.renderer import checkpoint_of
from taxiway.families.stylegan.rendering.sheet import sheet
from taxiway.families.stylegan.tools import GeneratorTool

PSI = 0.7
"""The truncation unless told otherwise."""
ACROSS = 5
"""Pairs of pictures on a row of the sheet."""


class BendTool(GeneratorTool):
    """Writes each picture bent, the preset as text, and `sheet.png`: before above after."""

    unit = "pictures"
    command = Command(
        name="bend",
        description="Change what layers of the network say on their way to the picture.",
        inputs={
            "latents": AnyType(description="Seeds as text (0-8), or a list of vectors."),
            "preset": Text(description="Bends such as 'b16 rotate 30; b32 30%@7 multiply 2'."),
            "across": Number(default=1, description="The picture so many times as wide, 1 to 4."),
            "down": Number(default=1, description="And so many times as high."),
            OTHER: Text(description="Another model of the same layers, by its name."),
            "mix": Text(description="Its share by layer: b32 1, b64 0.5"),
            "truncation": Number(
                default=None, optional=True, step=0.01, description="psi, for z; else 0.7."
            ),
        },
        outputs={
            "files": AnyType(description="The names of the pictures, in order."),
            "sheet": Image(),
        },
    )

    flags = (
        Flag(
            input="preset",
            metavar="FILE|BENDS",
            files=(".txt", ".json"),
            help="a file, or bends such as 'b16 rotate 30; b32 30%@7 multiply 2'",
        ),
        Flag(
            input="latents",
            names=("--seeds", "--latents"),
            metavar="SEEDS|FILE",
            many=True,
            usual=["0-4"],
            help="which pictures",
        ),
        Flag(input=OTHER, names=("--with",), metavar="MODEL", help="mix with this one"),
        Flag(input="mix", metavar="SHARES"),
    )
    epilog = "docs/bending.md has the operations and presets to begin with."

    def report(self, outputs: Values, folder: Path) -> Iterator[str]:
        """What was made, for a terminal."""
        yield f"{len(outputs['files'])} pictures in {folder}, with {folder / 'sheet.png'}."

    def run(self, generator: Any, inputs: Values, job: Job) -> Values:
        renderer = checkpoint_of(generator)
        bends = parse_bends(inputs["preset"]) if inputs["preset"].strip() else []
        changed = operated(renderer.checkpoint, inputs)
        if changed is renderer.checkpoint and not bends:
            raise InvalidArgument("Give 'preset', 'across', 'down' or 'mix'.", "preset")
        latents = latents_in(inputs["latents"], renderer.shape)
        psi = PSI if inputs["truncation"] is None and renderer.truncates else inputs["truncation"]
        options = options_of({"truncation": psi, "centre": None}, renderer)
        after: list[Pixels] = []
        for pixels in renderer.of(changed, bends).pictures(latents, options):
            job.progress(len(after), len(latents), "bending", pixels)
            after.append(pixels)
        before = list(renderer.pictures(latents, options))
        if bends:
            write_whole(job.folder / "preset.txt", to_text(bends).encode())
        files = [f"{image_folder.safe_stem(latent.name)}.png" for latent in latents]
        for file, latent, pixels in zip(files, latents, after, strict=True):
            told = image_folder.description(renderer, latent, options) | told_of(bends, inputs)
            write_whole(job.folder / file, encode_png(pixels, told))
        page = pairs(before, after)
        write_whole(job.folder / "sheet.png", encode_png(page))
        job.progress(len(latents), len(latents), "bent", page)
        return {"files": files, "sheet": page}


def operated(checkpoint: Checkpoint, inputs: Values) -> Checkpoint:
    """The generator mixed with another and stretched, or itself where neither is asked for."""
    if inputs["mix"]:
        if isinstance(inputs[OTHER], str):
            raise InvalidArgument("'mix' takes another model too, as 'other'.", OTHER)
        other = checkpoint_of(inputs[OTHER]).checkpoint
        checkpoint = mixed(checkpoint, other, parse_mix(inputs["mix"]))
    return stretched(checkpoint, inputs["across"], inputs["down"])


def told_of(bends: Sequence[Bend], inputs: Values) -> dict[str, Any]:
    """What a picture says of how it was bent."""
    said = {name: inputs[name] for name in ("across", "down", "mix")}
    said = {name: value for name, value in said.items() if value not in (1, "")}
    return {**said, "preset": to_text(bends)} if bends else said


def pairs(before: Sequence[Pixels], after: Sequence[Pixels]) -> Pixels:
    """Rows of pictures as they were, and under each what became of it."""
    height = max(len(picture) for picture in (*before, *after))
    width = max(picture.shape[1] for picture in (*before, *after))
    shown = [[in_middle(picture, height, width) for picture in each] for each in (before, after)]
    rows, names = [], []
    for first in range(0, len(before), ACROSS):
        rows += [row[first : first + ACROSS] for row in shown]
        names += ["before", "after"]
    return sheet(rows, names)


def in_middle(pixels: Pixels, height: int, width: int) -> Pixels:
    """A picture in the middle of a pale one of that size."""
    if pixels.shape[:2] == (height, width):
        return pixels
    paper = np.full((height, width, 3), 250, np.uint8)
    top, left = (height - pixels.shape[0]) // 2, (width - pixels.shape[1]) // 2
    paper[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return paper


SLOT = BendTool
