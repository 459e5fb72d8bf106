"""Mix the layers of some pictures with those of others.

Karras et al. 2019, section 3.1: coarse layers carry pose and shape, fine ones colour and texture.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyType, Image, Number, Text
from taxiway.core.tool import Flag, Job
from taxiway.families.stylegan.rendering import image_folder
from taxiway.families.stylegan.rendering.asked import options_of
from taxiway.families.stylegan.rendering.files import latents_in
from taxiway.families.stylegan.rendering.image_folder import Plan
from taxiway.families.stylegan.rendering.options import RenderOptions, render_inputs
from taxiway.families.stylegan.rendering.renderer import (
    GeneratorRenderer,
    with_w,
)
from taxiway.families.stylegan.tools import GeneratorTool
from taxiway.film.grid import rows_of
from taxiway.latent.layers import parse_layers
from taxiway.latent.space import Array, Latent


class Mix(GeneratorTool):
    """Saves every row, every column, every mix of the two, and all of them as `grid.png`.

    The picture at (row, column) is the row's, with the layers `styles` taken from the column. An
    interrupted call goes on where it stopped.
    """

    unit = "pictures"
    command = Command(
        name="mix",
        description="Mix the layers of some latents with those of others.",
        inputs={
            "rows": AnyType(description="Seeds as text (0-3), or a list of vectors."),
            "columns": AnyType(description="The same; their styles go into the rows."),
            "styles": Text(default="coarse", description="all, none, coarse, middle, fine, 0-3,7"),
            **render_inputs(),
        },
        outputs={
            "files": AnyType(description="The names of the mixes, row by row."),
            "made": Number(description="How many pictures were not there before."),
            "grid": Image(),
        },
    )

    flags = (
        Flag(input="rows", metavar="SEEDS|FILE", many=True, help="latents: such as 0-3, or files"),
        Flag(
            input="columns",
            metavar="SEEDS|FILE",
            many=True,
            help="latents: their layers go into the rows",
        ),
        Flag(input="styles", metavar="LAYERS"),
        Flag(input="centre", metavar="SEED|FILE|class"),
    )

    def run(self, generator: Any, inputs: Values, job: Job) -> Values:
        renderer = with_w(generator)
        styles = parse_layers(inputs["styles"], renderer.num_ws, "styles")
        options = options_of(inputs, renderer)
        rows = ends(renderer, inputs["rows"], "rows", options)
        columns = ends(renderer, inputs["columns"], "columns", options)
        across = 1 + len(columns)
        rows_of((1 + len(rows)) * across, across, renderer.resolution)  # before all the work
        image_folder.check_grid(job.folder)
        heads = [head(renderer, end, options) for end in (*rows, *columns)]
        mixes = mixes_of(renderer, rows, columns, styles, options)
        plans = image_folder.distinct([*heads, *mixes])
        made = image_folder.make(plans, job)
        stems = [plan.stem for plan in plans]
        order = places(stems[: len(heads)], stems[len(heads) :], len(rows))
        grid = image_folder.write_grid(job.folder, order, across)
        files = [f"{stem}.png" for stem in stems[len(heads) :]]
        return {"files": files, "made": made, "grid": grid}


def ends(
    renderer: GeneratorRenderer, given: Any, name: str, options: RenderOptions
) -> list[Latent]:
    """What is mixed, as w+: mapped and truncated."""
    latents = latents_in(given, renderer.shape, name)
    rows = renderer.rows(latents, options)
    return [
        Latent(space="w+", numbers=ws, seed=latent.seed, source=latent.name)
        for latent, ws in zip(latents, rows, strict=True)
    ]


def head(renderer: GeneratorRenderer, end: Latent, options: RenderOptions) -> Plan:
    """The picture at the head of a row or column."""
    return Plan(image_folder.safe_stem(end.name), renderer, end, options, {})


def mixes_of(
    renderer: GeneratorRenderer,
    rows: Sequence[Latent],
    columns: Sequence[Latent],
    styles: Sequence[int],
    options: RenderOptions,
) -> Iterator[Plan]:
    """The pictures inside the grid, row by row."""
    for row in rows:
        for column in columns:
            ws = mixed(row.numbers, column.numbers, styles)
            name = f"{row.name}+{column.name}"
            latent = Latent(space="w+", numbers=ws, source=name)
            told = {"styles": list(styles)}
            yield Plan(image_folder.safe_stem(name), renderer, latent, options, told)


def mixed(row: Array, column: Array, styles: Sequence[int]) -> Array:
    """`row` [num_ws, w_dim] with the layers `styles` of `column`."""
    ws = np.array(row)
    ws[list(styles)] = column[list(styles)]
    return ws


def places(heads: Sequence[str], mixes: Sequence[str], rows: int) -> list[str | None]:
    """What goes where in the grid: an empty corner, columns on top, rows at the left."""
    across = len(heads) - rows
    result: list[str | None] = [None, *heads[rows:]]
    for row in range(rows):
        result += [heads[row], *mixes[row * across : (row + 1) * across]]
    return result


SLOT = Mix
