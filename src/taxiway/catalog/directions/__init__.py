"""Directions that come with models: a folder for each, a `.npz` for each direction."""

from pathlib import Path


def shipped(model: str) -> list[Path]:
    """The files of the directions that come with the model of that name, by name."""
    if model not in {folder.name for folder in Path(__file__).parent.iterdir()}:
        return []
    return sorted((Path(__file__).parent / model).glob("*.npz"))
