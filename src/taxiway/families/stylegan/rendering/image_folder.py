"""Pictures in a folder, each with all that made it; what is there already is not made again."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace

from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.files import write_whole
from taxiway.core.frame import flattened
from taxiway.core.images import Pixels, encode_png, pixels_in, read_metadata
from taxiway.core.tool import Job
from taxiway.families.stylegan.rendering.files import write_latent
from taxiway.families.stylegan.rendering.options import RenderOptions
from taxiway.families.stylegan.rendering.renderer import Renderer
from taxiway.film.grid import tiled
from taxiway.latent.space import Latent

GRID = "grid.png"


class Plan(NamedTuple):
    """One picture to be made: the stem of its files, and what goes into them.

    `extras` are told of it beside what made it; `kind` is the suffix of a third file with the
    latent alone, or "none".
    """

    stem: str
    renderer: Renderer
    latent: Latent
    options: RenderOptions
    extras: dict[str, Any]
    kind: str = "none"

    def describe(self) -> dict[str, Any]:
        """All that its files say of it."""
        return description(self.renderer, self.latent, self.options) | self.extras

    def is_made(self, folder: Path) -> bool:
        """Whether the files are there and say the same of it."""
        files = self.files(folder)
        if not all(path.is_file() for path in files):
            return False
        known = self.describe()
        return (said_in(files[0]), said_in(files[1])) == (known, known)

    def check_ours(self, folder: Path) -> None:
        """Raises InvalidArgument if files of these names are there that somebody else made."""
        files = self.files(folder)
        there = [path for path in files if path.exists()]
        if there and not any({"z", "w"} & (said_in(path) or {}).keys() for path in files[:2]):
            raise InvalidArgument(f"'{there[0]}' is not Taxiway's; choose another folder.")

    def files(self, folder: Path) -> list[Path]:
        """The picture, what made it, and the latent if it is wanted."""
        kinds = ["png", "json", *([] if self.kind == "none" else [self.kind])]
        return [folder / f"{self.stem}.{kind}" for kind in kinds]

    def save(self, folder: Path, pixels: Pixels) -> None:
        """Write the picture, what made it, and the latent if it is wanted, each file whole."""
        known, renderer = self.describe(), self.renderer
        picture, text, *alone = self.files(folder)
        write_whole(picture, encode_png(pixels, known))
        write_whole(text, json.dumps(known).encode())
        for path in alone:
            ws = renderer.rows([self.latent], self.options)[0] if renderer.shape.num_ws else None
            latent = replace(self.latent, truncation=known.get("truncation"), model=renderer.sha256)
            write_latent(path, latent, ws)

    def digest(self) -> bytes:
        """The same for two plans that say the same."""
        return hashlib.sha256(json.dumps(self.describe()).encode()).digest()


def said_in(path: Path) -> dict[str, Any] | None:
    """What a picture or a .json says of how it was made; None if it says nothing."""
    try:
        data = path.read_bytes()
        said = read_metadata(data) if path.suffix == ".png" else json.loads(data)
    except (OSError, ValueError, RecursionError, InvalidArgument):
        return None
    return said if isinstance(said, dict) else None


def description(renderer: Renderer, latent: Latent, options: RenderOptions) -> dict[str, Any]:
    """What a picture carries: what `/query` takes to make it again, and which model made it."""
    model = {"model": renderer.name, "sha256": renderer.sha256}
    result = (
        latent.describe()
        | options.as_inputs()
        | {name: text for name, text in model.items() if text}
    )
    if latent.space == "z" and renderer.truncates:
        result["truncation"] = options.truncation_of(latent)
    if options.centre is not None or options.cutoff is not None:
        # A query knows neither; the w has both in it.
        result["w"] = renderer.rows([latent], options)[0].tolist()
    return result


def safe_stem(text: str) -> str:
    """A name as the stem of a file that stays in its folder."""
    return re.sub(r"[^\w.+-]", "_", text).lstrip(".")[:100] or "picture"


def distinct(plans: Iterable[Plan]) -> list[Plan]:
    """The plans, those of one stem that say something else under stems of their own."""
    known: dict[str, bytes] = {}
    result = []
    for plan in plans:
        own = plan.digest()
        names = (plan.stem if n == 1 else f"{plan.stem}-{n}" for n in count(1))
        stem = next(name for name in names if known.setdefault(name, own) == own)
        result.append(plan._replace(stem=stem))
    return result


def make(plans: Sequence[Plan], job: Job) -> int:
    """Make what is not there yet, in batches of one truncation; how many that were.

    Raises InvalidArgument before anything is made if that would overwrite what others made.
    """
    wanted = {plan.stem: plan for plan in plans}.values()
    for plan in wanted:
        plan.check_ours(job.folder)
    missing = [plan for plan in wanted if not plan.is_made(job.folder)]
    done = len(wanted) - len(missing)
    job.progress(done, len(wanted))
    for plan, pixels in zip(missing, pictures(missing), strict=True):
        plan.save(job.folder, pixels)
        done += 1
        job.progress(done, len(wanted), preview=pixels)
    return len(missing)


def pictures(plans: Sequence[Plan]) -> Iterator[Pixels]:
    """Their pictures, in order."""
    for _, group in groupby(plans, key=lambda plan: plan.options.truncation):
        together = list(group)
        renderer = together[0].renderer
        yield from renderer.pictures([plan.latent for plan in together], together[0].options)


def write_grid(folder: Path, stems: Sequence[str | None], columns: int) -> Pixels:
    """Make one picture, `grid.png`, of those that were made; None leaves a place black."""
    pixels = [None if stem is None else read_picture(folder / f"{stem}.png") for stem in stems]
    blank = np.zeros_like(next(picture for picture in pixels if picture is not None))
    sheet = tiled([blank if picture is None else picture for picture in pixels], columns)
    write_whole(folder / GRID, encode_png(sheet, {"grid": list(stems)}))
    return flattened(sheet)


def check_grid(folder: Path) -> None:
    """Raises InvalidArgument if there is a `grid.png` that somebody else made."""
    if (folder / GRID).exists() and "grid" not in (said_in(folder / GRID) or {}):
        raise InvalidArgument(f"'{folder / GRID}' is not Taxiway's; choose another folder.")


def read_picture(path: Path) -> Pixels:
    """A picture file as uint8 [H, W, 3], or [H, W, 4] with alpha."""
    if not path.is_file():
        raise NotFound(f"There is no file '{path}'.")
    return pixels_in(path.read_bytes(), path.name)
