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

from taxiway.core.errors import InvalidArgument
from taxiway.core.files import write_whole
from taxiway.core.images import Pixels, encode_png, open_image, read_metadata
from taxiway.core.tool import Job
from taxiway.discovery.files import write_latent
from taxiway.discovery.player import How, Player
from taxiway.film.grid import tiled
from taxiway.latent.space import Latent

GRID = "grid.png"


class Plan(NamedTuple):
    """One picture to be made: the stem of its files, and what goes into them.

    `extras` are told of it beside what made it; `kind` is the suffix of a third file with the
    latent alone, or "none".
    """

    stem: str
    player: Player
    latent: Latent
    how: How
    extras: dict[str, Any]
    kind: str = "none"

    def told(self) -> dict[str, Any]:
        """All that its files say of it."""
        return told(self.player, self.latent, self.how) | self.extras

    def is_made(self, folder: Path) -> bool:
        """Whether the files are there and say the same of it."""
        picture, text = folder / f"{self.stem}.png", folder / f"{self.stem}.json"
        if not (picture.is_file() and text.is_file()):
            return False
        if self.kind != "none" and not (folder / f"{self.stem}.{self.kind}").is_file():
            return False
        try:
            said = (json.loads(text.read_bytes()), read_metadata(picture.read_bytes()))
        except (ValueError, InvalidArgument):
            return False
        known = self.told()
        return said == (known, known)

    def save(self, folder: Path, pixels: Pixels) -> None:
        """Write the picture, what made it, and the latent if it is wanted, each file whole."""
        known, player = self.told(), self.player
        write_whole(folder / f"{self.stem}.png", encode_png(pixels, known))
        write_whole(folder / f"{self.stem}.json", json.dumps(known).encode())
        if self.kind != "none":
            ws = player.rows([self.latent], self.how)[0] if player.shape.num_ws else None
            latent = replace(self.latent, psi=known.get("truncation"), model=player.sha256)
            write_latent(folder / f"{self.stem}.{self.kind}", latent, ws)

    def digest(self) -> bytes:
        """The same for two plans that say the same."""
        return hashlib.sha256(json.dumps(self.told()).encode()).digest()


def told(player: Player, latent: Latent, how: How) -> dict[str, Any]:
    """What a picture carries: what `/query` takes to make it again, and which model made it."""
    model = {"model": player.name, "sha256": player.sha256}
    result = latent.told() | how.told() | {name: text for name, text in model.items() if text}
    if latent.space == "z":
        result["truncation"] = how.psi_of(latent)
    if how.centre is not None or how.cutoff is not None:
        # A query knows neither; the w has both in it.
        result["w"] = player.rows([latent], how)[0].tolist()
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
    """Make what is not there yet, in batches of one truncation; how many that were."""
    wanted = {plan.stem: plan for plan in plans}.values()
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
    for _, group in groupby(plans, key=lambda plan: plan.how.psi):
        together = list(group)
        player = together[0].player
        yield from player.pictures([plan.latent for plan in together], together[0].how)


def write_grid(folder: Path, stems: Sequence[str | None], columns: int) -> Pixels:
    """Make one picture, `grid.png`, of those that were made; None leaves a place black."""
    pixels = [None if stem is None else read_picture(folder / f"{stem}.png") for stem in stems]
    blank = np.zeros_like(next(picture for picture in pixels if picture is not None))
    sheet = tiled([blank if picture is None else picture for picture in pixels], columns)
    write_whole(folder / GRID, encode_png(sheet))
    return sheet


def read_picture(path: Path) -> Pixels:
    """A picture file as uint8 [H, W, 3]."""
    return np.asarray(open_image(path.read_bytes(), path.name).convert("RGB"))
