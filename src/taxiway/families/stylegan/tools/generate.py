"""Save pictures of seeds or latent files, each with all that makes it again."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec.structs import replace

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyType, Category, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.tool import Flag, Job
from taxiway.families.stylegan.rendering import image_folder
from taxiway.families.stylegan.rendering.asked import options_of
from taxiway.families.stylegan.rendering.files import latents_in
from taxiway.families.stylegan.rendering.image_folder import Plan
from taxiway.families.stylegan.rendering.options import RenderOptions, render_inputs
from taxiway.families.stylegan.rendering.painter import PainterRenderer
from taxiway.families.stylegan.rendering.renderer import (
    CheckpointRenderer,
    Renderer,
    noisy,
)
from taxiway.families.stylegan.tools import DRAWN, GeneratorTool
from taxiway.film.grid import columns_of, rows_of
from taxiway.latent.layers import parse_layers
from taxiway.latent.space import Latent


class Generate(GeneratorTool):
    """Saves `STEM.png` and `STEM.json` for every latent; those that are there already are kept.

    A picture is there if both files say that it was made by the same model of the same inputs:
    an interrupted call, however it ended, goes on where it stopped.
    """

    takes = DRAWN
    unit = "pictures"
    command = Command(
        name="generate",
        description="Save pictures of seeds, vectors and files.",
        inputs={
            "latents": AnyType(description="Seeds as text (0-9), or a list of vectors."),
            **render_inputs(),
            "sweep": Text(description="Several truncations: 0,0.5,1 or from:to:count."),
            "noise_strength": Text(description="Factors by layer: 0.5, or 0-3:1 fine:0.2."),
            "grid": Text(description="One picture of all too: auto, or how many columns."),
            "save": Category(
                one_of=("none", "npz", "npy", "pt"), description="The latent too, in such a file."
            ),
            "size": Number(
                default=None, optional=True, whole=True, min=16, description="The painter's only."
            ),
        },
        outputs={
            "files": AnyType(description="The names of the pictures, in order."),
            "made": Number(description="How many of them were not there before."),
        },
    )

    flags = (
        Flag(input="latents", names=("--seeds",), metavar="RANGE", help="such as 0-9 or 1,5,7-9"),
        Flag(
            input="latents",
            names=("--latents",),
            metavar="FILE",
            many=True,
            help="latent files, or folders of them",
        ),
        Flag(input="truncation", is_hidden=True),
        Flag(
            input="sweep",
            names=("--psi", "--truncation", "--sweep"),
            metavar="PSI",
            help="truncation, for z; or several: 0,0.5,1 or from:to:count; else 0.8",
        ),
        Flag(input="centre", metavar="SEED|FILE|class"),
        Flag(input="grid", metavar="COLUMNS"),
    )
    epilog = "Run it again after a stop: what is there already is kept."

    def run(self, generator: Any, inputs: Values, job: Job) -> Values:
        renderer = prepared(generator, inputs)
        plans = image_folder.distinct(plans_of(renderer, inputs))
        columns = grid_columns(inputs["grid"], len(plans), len(sweep(inputs["sweep"])))
        if columns:
            rows_of(len(plans), columns, renderer.resolution)  # before anything is made
            image_folder.check_grid(job.folder)
        made = image_folder.make(plans, job)
        if columns:
            image_folder.write_grid(job.folder, [plan.stem for plan in plans], columns)
        return {"files": [f"{plan.stem}.png" for plan in plans], "made": made}


def prepared(renderer: Renderer, inputs: Values) -> Renderer:
    """The renderer with what the inputs change of it: the painter's size, the noise's strength."""
    if inputs["size"] is not None:
        if not isinstance(renderer, PainterRenderer):
            raise InvalidArgument("Only the painter's pictures have a 'size'.", "size")
        renderer = PainterRenderer(inputs["size"])
    if inputs["noise_strength"]:
        if not isinstance(renderer, CheckpointRenderer):
            raise InvalidArgument("The painter has no noise to be made weaker.", "noise_strength")
        layers = len(noisy(renderer.tensors))
        renderer = renderer.with_noise(strengths(inputs["noise_strength"], layers))
    return renderer


def strengths(text: str, layers: int) -> dict[int, float]:
    """The factor of each layer's noise: `0.5` for all, or `0-3:1 fine:0.2` for some."""
    factors: dict[int, float] = {}
    for word in text.split():
        where, _, factor = word.rpartition(":")
        for layer in parse_layers(where or "all", layers, "noise_strength"):
            factors[layer] = a_number(factor, "noise_strength")
    return factors


def sweep(text: str) -> list[float]:
    """The truncations of `0,0.5,1`, or of `-1:1:5`, which are five; none for no text."""
    if not text:
        return []
    match = re.fullmatch(r"([^:,]+):([^:,]+):([0-9]{1,4})", text)
    if match and int(match[3]) > 1:
        ends = (a_number(match[1], "sweep"), a_number(match[2], "sweep"))
        return [round(float(each), 6) for each in np.linspace(*ends, int(match[3]))]
    return [a_number(part, "sweep") for part in text.split(",")]


def a_number(text: str, name: str) -> float:
    """A finite number in text; raises InvalidArgument naming the input."""
    try:
        number = float(text)
    except ValueError:
        number = np.nan
    if not abs(number) < 1e6:
        raise InvalidArgument(f"'{name}' takes numbers, got {text[:40]!r}.", name)
    return number


def plans_of(renderer: Renderer, inputs: Values) -> Iterator[Plan]:
    """Every picture that is asked for."""
    common = options_of(inputs, renderer)
    extras = {name: inputs[name] for name in ("noise_strength", "size") if inputs[name]}
    truncations: list[float | None] = [*sweep(inputs["sweep"])]
    if len(truncations) == 1:
        common, truncations = replace(common, truncation=truncations[0]), []
    for latent in latents_in(inputs["latents"], renderer.shape):
        for truncation in truncations or [common.truncation]:
            stem = stem_of(latent, common, truncation if truncations else None)
            options = replace(common, truncation=truncation)
            yield Plan(stem, renderer, latent, options, extras, inputs["save"])


def stem_of(latent: Latent, common: RenderOptions, truncation: float | None) -> str:
    """`seed0003`, `seed0003-psi0.50`, `seed0003-label2`."""
    stem = image_folder.safe_stem(latent.name)
    stem += "" if truncation is None else f"-psi{truncation:.2f}"
    return stem if common.label is None else f"{stem}-label{common.label}"


def grid_columns(text: str, count: int, truncations: int) -> int:
    """How many columns the grid has: one for each truncation of a sweep; 0 for no grid."""
    if not text:
        return 0
    return truncations if text == "auto" and truncations else columns_of(text, count)


SLOT = Generate
