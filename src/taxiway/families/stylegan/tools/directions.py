"""Find directions in which pictures change: by themselves, by a score, from examples."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyType, Boolean, Category, Image, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.files import write_whole
from taxiway.core.images import encode_png
from taxiway.core.tool import Flag, Job
from taxiway.families.stylegan.directions.direction import Direction, write_direction
from taxiway.families.stylegan.directions.painted import FACTOR_OF
from taxiway.families.stylegan.directions.scores import SCORES
from taxiway.families.stylegan.rendering.image_folder import safe_stem
from taxiway.families.stylegan.rendering.renderer import with_w
from taxiway.families.stylegan.tools import GeneratorTool
from taxiway.latent.layers import parse_layers

METHODS = ("ganspace", "sefa", "score", "examples", "given")
SEED = 3
"""Of the picture that the sheet shows each direction on, unless told otherwise."""


class Directions(GeneratorTool):
    """Writes each direction as `NAME.npz` and all of them, from -3 to 3 steps, as `sheet.png`."""

    begins_anew = True
    command = Command(
        name="directions",
        description="Find directions in which pictures change.",
        inputs={
            "method": Category(
                one_of=METHODS,
                default=None,
                optional=True,
                description="Else what the other inputs mean; ganspace is what varies most.",
            ),
            "count": Number(default=8, whole=True, min=1, max=512, description="The first so many"),
            "samples": Number(default=20_000, whole=True, min=100, max=1_000_000),
            "layer": Text(description="ganspace: of what this layer says, such as b16, not of w."),
            "score": Text(description=f"{', '.join([*SCORES, *FACTOR_OF])}; or all."),
            "a": AnyType(optional=True, description="Seeds or vectors of pictures without it."),
            "b": AnyType(optional=True, description="And of pictures with it."),
            "given": AnyType(optional=True, description="Directions, as lists of numbers."),
            "shipped": Boolean(description="Given are those that come with the model."),
            "without": AnyType(optional=True, description="Directions to leave alone."),
            "layers": Text(default="all", description="Those that are moved: all, coarse, 4-7"),
            "name": Text(description="Of the only direction, or what the names begin with."),
            "least": Number(
                default=0, description="Scores that rise less reliably (Spearman) are left out."
            ),
            "seed": Number(default=SEED, whole=True, min=0, description="Of the sheet's picture."),
        },
        outputs={
            "files": AnyType(description="The directions' files, in order."),
            "found": AnyType(description="What is known of each: name, sigma, and so on."),
            "sheet": Image(),
        },
    )

    flags = (
        *(
            Flag(input=name, metavar="SEEDS|FILE", many=True, help=f"pictures {which} it")
            for name, which in (("a", "without"), ("b", "with"))
        ),
        Flag(
            input="given",
            names=("--file", "--given"),
            metavar="FILE",
            many=True,
            help="directions of others: .npy, .npz, .pt",
        ),
        Flag(input="without", metavar="FILE", many=True),
        Flag(input="score", metavar="NAMES"),
    )

    def report(self, outputs: Values, folder: Path) -> Iterator[str]:
        """Each direction with its step, for a terminal."""
        for file, each in zip(outputs["files"], outputs["found"], strict=True):
            yield f"{folder / file}: a step is {each['sigma']:.2f}"
        yield f"{folder / 'sheet.png'} shows {len(outputs['files'])}, from -3 to 3 steps."

    def run(self, generator: Any, inputs: Values, job: Job) -> Values:
        from taxiway.families.stylegan.directions.components import components
        from taxiway.families.stylegan.directions.finder import Finder, strips

        renderer = with_w(generator)
        layers = parse_layers(inputs["layers"], renderer.num_ws)
        if not layers:
            raise InvalidArgument("A direction moves at least one layer.", "layers")
        job.progress(0, 1, "looking at w")
        known = components(renderer, inputs["samples"])
        search = Finder(renderer, known, layers, inputs, job)
        found = [search.finished(each) for each in getattr(search, method_of(inputs))()]
        if not found:
            raise InvalidArgument(f"No score rises as reliably as {inputs['least']:g}.", "least")
        files = []
        for each in found:
            files.append(f"{safe_stem(each.name)}.npz")
            write_direction(job.folder / files[-1], each)
        page = strips(renderer, found, int(inputs["seed"]))
        write_whole(job.folder / "sheet.png", encode_png(page))
        job.progress(1, 1, "directions", page)
        return {"files": files, "found": list(map(told, found)), "sheet": page}


def method_of(inputs: Values) -> str:
    """The method that is named, or that the other inputs mean."""
    if inputs["method"]:
        return str(inputs["method"])
    if inputs["given"] or inputs["shipped"]:
        return "given"
    if inputs["score"]:
        return "score"
    return "examples" if inputs["a"] or inputs["b"] else "ganspace"


def told(found: Direction) -> dict[str, Any]:
    """What is known of a direction, as plain values."""
    layers = list(found.layers) or "all"
    sigma = round(found.sigma, 4)
    return {"name": found.name, "sigma": sigma, "layers": layers, "method": found.method}


SLOT = Directions
