"""Pictures of seeds, vectors and files, each saved with all that is needed to make it again."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
from msgspec.structs import replace

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyType, Category, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.files import write_whole
from taxiway.core.images import Pixels, encode_png, open_image, read_metadata
from taxiway.core.tool import Job
from taxiway.discovery.files import write_latent
from taxiway.discovery.instrument import instrument_of, player_of
from taxiway.discovery.player import Drawing, How, Player, how, how_inputs
from taxiway.film.grid import columns_of, tiled
from taxiway.latent.given import latents_of
from taxiway.latent.layers import parse_layers
from taxiway.latent.space import Array, Latent

GRID = "grid.png"


class Plan(NamedTuple):
    """One picture to be made: the stem of its files, and what they say of it."""

    stem: str
    latent: Latent
    how: How
    told: dict[str, Any]


class Generate:
    """Saves `STEM.png` and `STEM.json` for every latent; those that are there already are kept.

    A picture is there if both files say that it was made by the same model of the same inputs:
    an interrupted call, however it ended, goes on where it stopped.
    """

    command = Command(
        name="generate",
        description="Save pictures of seeds, vectors and files.",
        inputs={
            "latents": AnyType(description="Seeds as text (0-9), or a list of vectors."),
            **how_inputs(),
            "sweep": Text(description="Several truncations: 0,0.5,1 or from:to:count."),
            "centre": AnyType(
                optional=True, description="Truncate towards this w, or the nearest of several."
            ),
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

    def run(self, generator: Any, inputs: Values, job: Job) -> Values:
        player = prepared(player_of(generator), inputs)
        plans = list(plans_of(player, inputs))
        psis = len(sweep(inputs["sweep"]))
        columns = grid_columns(inputs["grid"], len(plans), psis)
        missing = [plan for plan in plans if not is_made(job.folder, plan, inputs["save"])]
        done = len(plans) - len(missing)
        job.progress(done, len(plans))
        for plan, pixels in zip(missing, pictures(player, missing), strict=True):
            save(job.folder, plan, pixels, player, inputs["save"])
            done += 1
            job.progress(done, len(plans), preview=pixels)
        files = [f"{plan.stem}.png" for plan in plans]
        if columns:
            write_grid(job.folder, files, columns)
        return {"files": files, "made": len(missing)}


def prepared(player: Player, inputs: Values) -> Player:
    """The player with what the inputs change about it: the painter's size, the noise's strength."""
    if inputs["size"] is not None:
        if not isinstance(player, Drawing):
            raise InvalidArgument("Only the painter's pictures have a 'size'.", "size")
        player = Drawing(inputs["size"])
    if inputs["noise_strength"]:
        instrument = instrument_of(player)
        factors = strengths(inputs["noise_strength"], instrument.num_ws - 1)
        player = instrument.with_noise(factors)
    return player


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
        return [round(float(psi), 6) for psi in np.linspace(*ends, int(match[3]))]
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


def plans_of(player: Player, inputs: Values) -> Iterator[Plan]:
    """Every picture that is asked for, with a stem of its own."""
    common = how(inputs, centre_of(player, inputs["centre"]))
    extras = {name: inputs[name] for name in ("noise_strength", "size") if inputs[name]}
    psis = sweep(inputs["sweep"])
    taken: dict[str, int] = {}
    for latent in latents_of(inputs["latents"], player.shape):
        for psi in cast(list[float | None], psis) or [common.psi]:
            stem = stem_of(latent, common, psi if psis else None)
            taken[stem] = taken.get(stem, 0) + 1
            unique = stem if taken[stem] == 1 else f"{stem}-{taken[stem]}"
            one = replace(common, psi=psi)
            yield Plan(unique, latent, one, told(player, latent, one) | extras)


def stem_of(latent: Latent, common: How, psi: float | None) -> str:
    """`seed0003`, `seed0003-psi0.50`, `seed0003-label2`; nothing that leaves the folder."""
    stem = re.sub(r"[^\w.+-]", "_", latent.name).lstrip(".")[:80] or latent.space
    stem += "" if psi is None else f"-psi{psi:.2f}"
    return stem if common.label is None else f"{stem}-label{common.label}"


def centre_of(player: Player, given: Any) -> Array | None:
    """The centres of truncation [K, w_dim] that are given, if any are."""
    if given is None:
        return None
    centres = player.rows(latents_of(given, player.shape, "centre"), How(psi=1.0))
    return np.asarray(centres.mean(axis=1), np.float32)


def told(player: Player, latent: Latent, one: How) -> dict[str, Any]:
    """What a picture carries: what `/query` takes to make it again, and which model made it."""
    model = {"model": player.name or None, "sha256": player.sha256 or None}
    result = {name: value for name, value in model.items() if value} | latent.told() | one.told()
    if latent.space == "z":
        result["truncation"] = one.psi_of(latent)
    if one.centre is not None or one.cutoff is not None:
        # A query knows neither; the w has both in it.
        result["w"] = player.rows([latent], one)[0].tolist()
    return result


def pictures(player: Player, plans: Sequence[Plan]) -> Iterator[Pixels]:
    """Their pictures in order, in batches of one truncation."""
    for _, group in groupby(plans, key=lambda plan: plan.how.psi):
        together = list(group)
        yield from player.pictures([plan.latent for plan in together], together[0].how)


def is_made(folder: Path, plan: Plan, kind: str) -> bool:
    """Whether the files of a picture are there and say the same of it."""
    picture, text = folder / f"{plan.stem}.png", folder / f"{plan.stem}.json"
    if not (picture.is_file() and text.is_file()):
        return False
    if kind != "none" and not (folder / f"{plan.stem}.{kind}").is_file():
        return False
    try:
        said = (json.loads(text.read_bytes()), read_metadata(picture.read_bytes()))
        return said == (plan.told, plan.told)
    except (ValueError, InvalidArgument):
        return False


def save(folder: Path, plan: Plan, pixels: Pixels, player: Player, kind: str) -> None:
    """Write the picture, what made it, and the latent if it is wanted, each file whole."""
    write_whole(folder / f"{plan.stem}.png", encode_png(pixels, plan.told))
    write_whole(folder / f"{plan.stem}.json", json.dumps(plan.told).encode())
    if kind != "none":
        ws = player.rows([plan.latent], plan.how)[0] if player.shape.num_ws else None
        latent = replace(plan.latent, psi=plan.told.get("truncation"), model=player.sha256)
        write_latent(folder / f"{plan.stem}.{kind}", latent, ws)


def grid_columns(text: str, count: int, psis: int) -> int:
    """How many columns the grid has: one for each truncation of a sweep; 0 for no grid."""
    if not text:
        return 0
    return psis if text == "auto" and psis else columns_of(text, count)


def write_grid(folder: Path, files: Sequence[str], columns: int) -> None:
    """One picture of all, from the files."""
    parts = (open_image((folder / file).read_bytes(), file) for file in files)
    sheet = tiled([np.asarray(part.convert("RGB")) for part in parts], columns)
    write_whole(folder / GRID, encode_png(sheet))


SLOT = Generate
