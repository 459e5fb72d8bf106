"""Ported models: the card of a port's folder, or of a model server that runs already."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from taxiway.core.errors import InvalidArgument
from taxiway.families.ported.port import PROGRAM, is_port, read_port

OPTIONS = ("device", "path", "python", "settings", "url")
"""What the family takes itself; a port's option of such a name goes into `settings`."""
LICENCE = "That of the model's author."
README = ("README.md", "README.rst", "README.txt", "README")
LONGEST = 200


def described(model: str) -> dict[str, Any] | None:
    """The parts of a card for a port's folder, its program or a server's address; else None.

    Raises InvalidArgument for a port whose runway.yml makes no sense.
    """
    if model.startswith(("http://", "https://")):
        address = model.partition("://")[2].partition("/")[0]
        return {
            "name": address,
            "family": "ported",
            "title": address,
            "summary": f"The model server at {model}.",
            "licence": LICENCE,
            "setup": {"url": model},
        }
    path = Path(model).expanduser()
    if not is_port(path):
        return None
    folder, whole = read_port(path).folder, path.resolve()
    title = folder.name if path.is_dir() or path.name == PROGRAM else whole.stem
    return {
        "name": title,
        "family": "ported",
        "title": title,
        "summary": summary(folder) or f"A model ported to Runway, from {title}.",
        "licence": LICENCE,
        "setup": {"path": str(whole)},
    }


def settings(words: Iterable[str]) -> dict[str, Any]:
    """Options from `name=value`: what reads as JSON is that, else text. Raises InvalidArgument."""
    chosen: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not (name and equals):
            raise InvalidArgument(f"An option takes name=value, got '{word}'.")
        try:
            chosen[name] = json.loads(text)
        except ValueError:
            chosen[name] = text
    return chosen


def options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Set-up options of the family; those that it does not have are the port's own settings."""
    ours = {name: value for name, value in given.items() if name in OPTIONS}
    own = {name: value for name, value in given.items() if name not in OPTIONS}
    if own:
        ours["settings"] = {**(ours.get("settings") or {}), **own}
    return ours


def summary(folder: Path) -> str:
    """The first sentence of a port's README that is plain text, or nothing."""
    for name in README:
        if (folder / name).is_file():
            text = (folder / name).read_text("utf-8", errors="replace")
            return _first_sentence(text[:10_000])
    return ""


def _first_sentence(text: str) -> str:
    for block in re.split(r"\n\s*\n", text):
        words = " ".join(block.split())
        if words and words[0].isalnum():
            return re.split(r"(?<=[.!?])\s", words)[0][:LONGEST]
    return ""
