"""Taxiway, the open Runway: run a generative model on your own machine and play it live."""

from pathlib import Path
from typing import Any

__all__ = ["load"]

LATENT = ("stylegan", "painter")
"""The families whose latents `notebook.Model` plays."""


def load(model: str | Path, device: str = "auto", **options: Any) -> Any:
    """A model to play in this process: `g = load("rainbow"); g.image(seed=3)`. See docs/python.md.

    `model` is a model's name, a file that a family opens, or `package.module:Class`; `device` is
    auto, cpu, cuda or mps; `options` are those of the model's set-up. A StyleGAN or the painter is
    a `notebook.Model`, any other an `any_model.AnyModel`. Raises NotFound, UnreadableCheckpoint or
    InvalidArgument.
    """
    # What they need comes with them: importing taxiway alone stays light.
    from taxiway.catalog import catalog

    card = catalog.choose(str(model))
    if card.family in LATENT and not options:
        from taxiway import notebook

        return notebook.load(model, device)
    from taxiway.any_model import AnyModel

    return AnyModel(catalog.spec(card, {"device": device, **options}))
