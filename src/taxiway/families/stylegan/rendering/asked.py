"""The options of a tool's inputs, for the renderer that they are about."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.rendering.files import latents_in
from taxiway.families.stylegan.rendering.options import CLASS, RenderOptions
from taxiway.families.stylegan.rendering.renderer import Renderer, check_classes
from taxiway.latent.space import Array

TRUNCATING = ("truncation", "cutoff", "centre", "truncation_to")
"""Inputs that have no meaning where nothing is truncated."""


def options_of(inputs: Mapping[str, Any], renderer: Renderer) -> RenderOptions:
    """The options of a tool's inputs; raises InvalidArgument for a centre that is no w.

    The centre is any latent, or an array [K, w_dim] of several. Raises InvalidArgument, too, for
    what the renderer does not have.
    """
    for name in TRUNCATING if not renderer.truncates else ():
        if inputs.get(name) is not None:
            raise InvalidArgument(f"This model has no truncation, got '{name}'.", name)
    classes = classes_of(inputs.get("classes"), renderer)
    changed = {"centre": centres_of(inputs["centre"], renderer), "classes": classes}
    return RenderOptions.of({**inputs, **changed})


def classes_of(text: str | None, renderer: Renderer) -> Array | None:
    """The weights of classes [c_dim] that `0:0.7,3:0.3` means; None for no text.

    Raises InvalidArgument for anything else, and for classes that there are not.
    """
    if not text:
        return None
    count = getattr(renderer, "c_dim", 0)
    weights = np.zeros(count, np.float32)
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,6})(?::([0-9]*\.?[0-9]+))?\s*", part)
        if match is None or int(match[1]) >= count:
            raise InvalidArgument(
                f"'classes' takes weights such as 0:0.7,3:0.3 of {count} classes, "
                f"got {part[:40]!r}.",
                "classes",
            )
        weights[int(match[1])] += float(match[2] or 1)
    return weights


def centres_of(given: Any, renderer: Renderer) -> Array | str | None:
    """The centres [K, w_dim] that are given, if any are, or CLASS."""
    if given is None:
        return None
    if isinstance(given, str) and given == CLASS:
        check_classes(getattr(renderer, "c_dim", 0), "centre")
        return CLASS
    if isinstance(given, np.ndarray):
        given = given.reshape(-1, 1, given.shape[-1])  # never one row for each layer
    latents = latents_in(given, renderer.shape, "centre")
    centres = renderer.rows(latents, RenderOptions(truncation=1.0))
    return np.asarray(centres.mean(axis=1, dtype=np.float64), np.float32)
