"""The models there are: a card each, and how a name or a file becomes something to run."""

import re
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from taxiway.catalog.directions import shipped
from taxiway.core.datatypes import names
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.model import ModelSpec
from taxiway.families.ported import card as ports

HERE = Path(__file__).parent
DEFAULT = "rainbow"
"""What runs when nobody says otherwise."""

CARD_BYTES = 100_000
CHECKPOINTS = (".safetensors", ".pkl", ".pt")


class Card(Struct, kw_only=True):
    """What a person should know of a model before running it."""

    name: str
    family: str
    title: str
    summary: str
    description: str = ""
    checkpoint: str | None = None
    setup: dict[str, Any] = {}
    """What the card itself says of the set-up; nobody's options change it."""
    resolution: int | list[int] | None = None
    licence: str = ""
    made: str = ""
    data: str = ""
    metrics: dict[str, Any] = {}
    limits: str = ""
    command: str = ""


def cards() -> list[Card]:
    """Every model that comes with Taxiway, the default first."""
    found = [
        msgspec.json.decode(path.read_bytes(), type=Card)
        for path in sorted((HERE / "cards").glob("*.json"))
    ]
    return sorted(found, key=lambda card: (card.name != DEFAULT, card.name))


def card(name: str) -> Card:
    """The card of that name; NotFound lists what there is."""
    for found in cards():
        if found.name == name:
            return found
    there_are = names([found.name for found in cards()])
    raise NotFound(
        f"No model named '{name}'. There are: {there_are}; "
        "or give a checkpoint file or a ported model's folder."
    )


def choose(model: str, checkpoint: Path | None = None) -> Card:
    """The card of what `taxiway run MODEL --checkpoint FILE` means.

    MODEL is a model's name, a family with a checkpoint, a checkpoint file by itself, a ported
    model's folder or `runway_model.py`, or the address of a model server. Raises NotFound, or
    InvalidArgument where a checkpoint is given to a model that takes none.
    """
    if checkpoint is None and Path(model).suffix in CHECKPOINTS:
        model, checkpoint = "stylegan", Path(model)
    if checkpoint is None:
        ported = ports.described(model)
        return Card(**{**ported, "name": _slug(ported["name"])}) if ported else card(model)
    if not checkpoint.is_file():
        raise NotFound(f"There is no file '{checkpoint}'.")
    family = model if model == "stylegan" else card(model).family
    if family != "stylegan":
        raise InvalidArgument(f"'{model}' takes no checkpoint.")
    return beside(checkpoint) or Card(
        name=_slug(checkpoint.stem),
        family=family,
        title=checkpoint.stem,
        summary=f"A StyleGAN from your file {checkpoint.name}.",
        checkpoint=str(checkpoint.resolve()),
        licence="That of the file's author.",
    )


def beside(checkpoint: Path) -> Card | None:
    """The card that `taxiway train` wrote beside a checkpoint, under its name as .json.

    Only its words and figures count; what is not understood is passed over.
    """
    path = checkpoint.with_suffix(".json")
    if not path.is_file() or path.stat().st_size > CARD_BYTES:
        return None
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Card)
    except (msgspec.DecodeError, OSError, RecursionError):
        return None
    name, file = _slug(found.name), str(checkpoint.resolve())
    return replace(found, name=name, family="stylegan", checkpoint=file, setup={})


def spec(chosen: Card, options: dict[str, Any] | None = None) -> ModelSpec:
    """What the engine is told to run for a card; a port's own options may stand beside ours."""
    merged = dict(options or {})
    if chosen.family == "ported":
        merged = ports.options(merged)
    merged |= chosen.setup
    if chosen.checkpoint is not None:
        merged["checkpoint"] = str(HERE / "weights" / chosen.checkpoint)
        comes_with_us = not Path(chosen.checkpoint).is_absolute()
        if comes_with_us and shipped(chosen.name):
            merged.setdefault("directions", str(HERE / "directions" / chosen.name))
    return ModelSpec(name=chosen.name, family=chosen.family, options=merged, title=chosen.title)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")[:64] or "model"
