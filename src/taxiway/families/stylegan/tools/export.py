"""Write a model as a web page that plays it in the visitor's browser, without a server."""

import io
import zipfile
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from taxiway.catalog import catalog
from taxiway.catalog.catalog import Card
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyType, Boolean, Category, Number, Text
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.files import check_ours, write_whole
from taxiway.core.model import ModelSpec
from taxiway.core.tool import Flag, Job
from taxiway.families.stylegan.directions.direction import directions_in
from taxiway.families.stylegan.rendering.files import latents_in
from taxiway.families.stylegan.rendering.opening import open_generator
from taxiway.families.stylegan.rendering.options import RenderOptions
from taxiway.families.stylegan.rendering.renderer import CheckpointRenderer
from taxiway.families.stylegan.tools import GeneratorTool
from taxiway.families.stylegan.website import Preset, total, website
from taxiway.latent.space import Array, Latent

MOST = 48
"""Presets of a page."""


class Exported(NamedTuple):
    """A model to be written: what makes its pictures, its card and its directions."""

    renderer: CheckpointRenderer
    card: Card
    steps: dict[str, Array]


class Export(GeneratorTool):
    """Writes the page, its engine and the model into the job's folder."""

    unit = "files"
    out = "--web"
    command = Command(
        name="export",
        description="Write a model as a web page that plays it without a server.",
        inputs={
            "presets": AnyType(
                optional=True, description="Seeds as text (0-7) or vectors, to begin from."
            ),
            "dtype": Category(
                one_of=("float16", "float32"), description="float32: twice the download."
            ),
            "zip": Boolean(default=True, description="One file with all of it, too."),
        },
        outputs={
            "files": Number(description="How many there are."),
            "bytes": Number(description="What a visitor loads."),
            "zip": Text(description="The file that has them all, if asked for."),
        },
    )
    flags = (
        Flag(input="presets", names=("--presets",), metavar="RANGE",
             help="seeds to begin from, such as 0-7"),
        Flag(input="presets", names=("--latents",), metavar="FILE", many=True,
             help="latent files to begin from, or folders of them"),
        Flag(input="zip", usual=False),
    )  # fmt: skip
    epilog = (
        "FOLDER then is a whole site: put it on any web server, below any path, or try it by "
        "'python -m http.server -d FOLDER'. It works from no file:// address, as browsers have it."
    )

    def open(self, spec: ModelSpec) -> Exported:  # type: ignore[override]
        """The model with its card and directions. Raises as `open_generator` does."""
        if spec.family != "stylegan":
            raise InvalidArgument(f"'{spec.name}' is no StyleGAN, which this works on.", "model")
        device = str(spec.options.get("device") or "auto")
        renderer = open_generator(spec.options["checkpoint"], device, spec.name)
        steps = directions_in(spec.options.get("directions"), renderer.shape)
        return Exported(renderer, card_of(spec), steps)

    def run(self, model: Exported, inputs: Values, job: Job) -> Values:
        given = inputs["presets"]
        latents = latents_in(given, model.renderer.shape, "presets") if given else []
        if len(latents) > MOST:
            raise InvalidArgument(f"A page has up to {MOST} presets, got {len(latents)}.")
        presets = [made(model.renderer, latent) for latent in latents]
        first = latents_in(str(model.card.first_seed), model.renderer.shape)[0]
        picture = made(model.renderer, first).picture
        files = website(
            model.renderer.checkpoint, model.card, model.steps, presets, picture, inputs["dtype"]
        )
        packed = f"{model.card.name}-site.zip" if inputs["zip"] else ""
        check_ours(job.folder / name for name in (*files, packed) if name)
        for index, (name, data) in enumerate(files.items()):
            job.progress(index, len(files), name, picture)
            path = job.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
        job.progress(len(files), len(files), "Done.", picture)
        if packed:
            write_whole(job.folder / packed, zipped(files))
        return {"files": len(files), "bytes": total(files.values()), "zip": packed}

    def report(self, outputs: Values, folder: Path) -> list[str]:
        """What is said at the end."""
        return [
            f"Wrote {outputs['files']:g} files to {folder}, {outputs['bytes'] / 1e6:.1f} MB.",
            f"Try it: python -m http.server -d {folder}",
        ]


def card_of(spec: ModelSpec) -> Card:
    """The model's card, or what is known of a file that has none."""
    try:
        found = catalog.card(spec.name)
    except NotFound:
        found = catalog.choose("stylegan", Path(spec.options["checkpoint"]))
    return replace(found, title=found.title or spec.name)


def made(renderer: CheckpointRenderer, latent: Latent) -> Preset:
    """A latent and its picture, with truncation as a query has it."""
    (picture,) = renderer.pictures([latent], RenderOptions())
    return Preset(latent.source or "preset", latent, picture)


def zipped(files: dict[str, bytes]) -> bytes:
    """All files in one, for a host that takes such."""
    block = io.BytesIO()
    with zipfile.ZipFile(block, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return block.getvalue()


SLOT = Export
