"""What Python declares and the studio shows: names, descriptions and values of what is shipped."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1] / "src" / "taxiway"
SLOTS = ("families", "tools", "trainers", "datasets", "sinks", "sources", "modulators")
WRITTEN = ("live", "families/stylegan", "jobs")
"""Rooms that make commands as they run; their descriptions are read as they are written."""
OF_MODELS = (
    *("Bow strength", "Bow to the right", "Brightness", "Cloudiness", "Horizon height"),
    *("Dials", *(f"Dial {number}" for number in range(1, 9)), "Preview", "on", "off"),
    *("Bending", "Bend layer", "Bend scale", "Bend rotate", "Bend x", "Bend y", "Bend threshold"),
    *("Bend noise", "Bend ablate", "Bend share", "Scale", "Rotate", "Ablate", "Share"),
    "Larger around the middle; below 0 mirrored.",
    "Towards 1 where the layer is over 0, else 0.",
    "Grain, as a share of what each channel varies.",
    "Silenced, by so much.",
    "How many of the channels are bent.",
    "A film: .mp4, .webm, .gif or .apng.",
)
"""What `rainbow` says of its inputs, which only a model that runs can tell."""


@cache
def server_words() -> frozenset[str]:
    """All of them, but sentences of errors and what only a running model says."""
    found = {*OF_MODELS, *_of_members(), *_of_cards(), *_of_live(), *_of_disk()}
    for folder in WRITTEN:
        found.update(_written(ROOT / folder))
    return frozenset(words for words in found if words and not words.isdecimal())


def _of_disk() -> Iterator[str]:
    from taxiway.catalog.disk import KINDS

    for kind in KINDS.values():
        yield from (kind.about, kind.removal)


def _of_members() -> Iterator[str]:
    from taxiway.core import slots

    for slot in SLOTS:
        for name in slots.members(slot):
            if slots.find(slot, name).package == "taxiway":
                yield from _declared(slots.load(slot, name), slot, name)


def _declared(member: Any, slot: str, name: str) -> Iterator[str]:
    if slot == "families":
        yield getattr(member, "summary", None) or (member.__doc__ or "").partition("\n")[0]
    else:
        yield from (getattr(member, part, None) or "" for part in ("title", "seen", "unit"))
    if slot in ("modulators", "tools"):
        yield titled(name)
    if slot == "trainers":
        yield from _of_trainer(name, (type(member).__doc__ or member.__doc__ or ""), member.unit)
    if slot == "datasets" and name != "pictures":
        yield f"{member.title}, made ready for a training."
        yield from (titled(f"dataset-{name}"), "One zip file, or files by themselves.")
    commands = {name: member.command} if slot == "tools" else getattr(member, "commands", None)
    for command in commands.values() if isinstance(commands, Mapping) else ():
        yield command.description or ""
        yield from _of_fields({**command.inputs, **command.outputs})
    for part in ("options", "settings"):
        fields = getattr(member, part, None)
        yield from _of_fields(fields) if isinstance(fields, Mapping) else ()


def _of_trainer(name: str, described: str, unit: str) -> Iterator[str]:
    """What jobs/trainings.py makes of a trainer."""
    yield described.partition("\n")[0]
    yield from (titled(f"train-{name}"), titled(name) if name != "stylegan" else "")
    yield from ("Dataset", "Start", "Kimg", "Title", "Licence", "Data", "Name")
    yield f"Thousand {unit} to show, each as often as it is shown; else what suits."
    yield f"What the {unit} show, and whose they are."


def _of_live() -> Iterator[str]:
    from taxiway.live.messages.actions import ACTIONS
    from taxiway.live.movement.modulators import COMMON
    from taxiway.live.movement.walk import WALK
    from taxiway.live.screens import Screens

    page = Screens().status()
    yield from (page.title, page.seen)
    yield from (each.command.description or "" for each in ACTIONS.values())
    yield from _of_fields({**WALK.inputs, **COMMON})


def _of_fields(fields: Mapping[str, Any]) -> Iterator[str]:
    for name, field in fields.items():
        yield titled(name)
        yield field.description or ""
        for part in ("one_of", "names"):
            values = getattr(field, part, None)
            if isinstance(values, tuple | list):
                yield from (value for value in values if isinstance(value, str) and value.islower())
        if isinstance(group := getattr(field, "group", None), str):
            yield group


def _of_cards() -> Iterator[str]:
    """What the Models screen says first of models that are shipped, or can be fetched."""
    catalog = ROOT / "catalog"
    cards = [json.loads(path.read_text("utf-8")) for path in catalog.glob("cards/*.json")]
    cards += [
        tomllib.loads(path.read_text("utf-8")) for path in catalog.glob("manifests/**/*.toml")
    ]
    for card in cards:
        yield from (card.get(part, "") for part in ("summary", "task"))


def _written(folder: Path) -> Iterator[str]:
    """Literals that a room's modules give as descriptions."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.keyword) or node.arg != "description":
                continue
            if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
                yield node.value.value


def titled(name: str) -> str:
    """A name as declaration.js writes it for people."""
    words = re.sub("[-_]", " ", name)
    return words[:1].upper() + words[1:]
