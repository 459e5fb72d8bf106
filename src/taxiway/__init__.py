"""Taxiway, the open Runway: run a generative model on your own machine and play it live."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taxiway.notebook import Model

__all__ = ["load"]


def load(model: str | Path, device: str = "auto") -> "Model":
    """A model to play in this process: `g = load("rainbow"); g.image(seed=3)`. See docs/python.md.

    `model` is a model's name or a checkpoint file; `device` is auto, cpu, cuda or mps. Raises
    NotFound, UnreadableCheckpoint or InvalidArgument.
    """
    # PyTorch comes with it: importing taxiway alone stays light.
    from taxiway import notebook

    return notebook.load(model, device)
