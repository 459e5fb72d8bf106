"""Ported models: the card of a port's folder, or of a model server that runs already."""

import re
from pathlib import Path
from typing import Any

from taxiway.families.ported.port import PROGRAM, is_port, read_port

README = ("README.md", "README.rst", "README.txt", "README")
LONGEST = 200


def opens(path: str) -> bool:
    """Whether it is a port's folder, its program, or the address of a model server."""
    return is_address(path) or is_port(Path(path).expanduser())


def described(model: str) -> dict[str, Any]:
    """The parts of a card for what `opens` takes.

    Raises InvalidArgument for a port whose runway.yml makes no sense.
    """
    if is_address(model):
        address = model.partition("://")[2].partition("/")[0]
        return {
            "name": address,
            "title": address,
            "summary": f"The model server at {model}.",
            "setup": {"url": model},
        }
    path = Path(model).expanduser()
    folder, whole = read_port(path).folder, path.resolve()
    title = folder.name if path.is_dir() or path.name == PROGRAM else whole.stem
    return {
        "name": title,
        "title": title,
        "summary": summary(folder) or f"A model ported to Runway, from {title}.",
        "setup": {"path": str(whole)},
    }


def is_address(text: str) -> bool:
    """Whether it is an address of the web."""
    return text.startswith(("http://", "https://"))


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
