"""What plays latents: an instrument of a generator, or the painter; and how it is to play them."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from msgspec import Struct

from taxiway.core.command import Values
from taxiway.core.datatypes import AnyDataType, AnyType, Category, Number
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import Pixels
from taxiway.families.stylegan.networks.generator import Noise
from taxiway.latent.given import latents_of
from taxiway.latent.space import Array, Latent, Shape
from taxiway.painting import paint

PSI = 0.8
"""The truncation of a z that says nothing of it, and for which nothing is said."""


class How(Struct, frozen=True, kw_only=True):
    """How pictures are made of latents. What a w has had done to it already is not done again.

    `psi` None is what the latent itself says, or 0.8; `centre` is a w [w_dim] or several
    [K, w_dim], of which the nearest counts, and None the average. x, y (in widths and heights) and
    rotation (degrees) move the picture of a StyleGAN3.
    """

    psi: float | None = None
    cutoff: int | None = None
    centre: Array | None = None
    label: int | None = None
    noise: Noise = "const"
    x: float = 0.0
    y: float = 0.0
    rotation: float = 0.0

    def psi_of(self, latent: Latent) -> float:
        """The truncation that a z gets."""
        return next((psi for psi in (self.psi, latent.psi) if psi is not None), PSI)

    def told(self) -> dict[str, Any]:
        """What differs from the defaults, under the names of a query."""
        names = {"psi": "truncation", "noise": "noise_mode"}
        default = How()
        return {
            names.get(name, name): getattr(self, name)
            for name in self.__struct_fields__
            if name != "centre" and getattr(self, name) != getattr(default, name)
        }


def how_inputs() -> dict[str, AnyDataType]:
    """The inputs of a tool from which `how` is read."""
    return {
        "truncation": Number(
            default=None, optional=True, step=0.01, description="psi, for z; else 0.8."
        ),
        "cutoff": Number(
            default=None, optional=True, whole=True, min=0, description="Layers truncated."
        ),
        "centre": AnyType(
            optional=True, description="Truncate towards this w, or the nearest of several."
        ),
        "label": Number(default=None, optional=True, whole=True, min=0, description="Class."),
        "noise_mode": Category(one_of=("const", "random", "none")),
        "x": Number(default=0, description="Shift of a StyleGAN3's picture, in widths."),
        "y": Number(default=0, description="Shift, in heights."),
        "rotation": Number(default=0, description="Degrees."),
    }


def how(inputs: Values, player: "Player") -> How:
    """The `How` that inputs of these names mean; raises InvalidArgument for a centre that is no w.

    The centre is any latent, or an array [K, w_dim] of several.
    """
    return How(
        psi=inputs["truncation"],
        cutoff=inputs["cutoff"],
        centre=centre_of(inputs["centre"], player),
        label=inputs["label"],
        noise=inputs["noise_mode"],
        x=inputs["x"],
        y=inputs["y"],
        rotation=inputs["rotation"],
    )


def centre_of(given: Any, player: "Player") -> Array | None:
    """The centres [K, w_dim] that are given, if any are."""
    if given is None:
        return None
    if isinstance(given, np.ndarray):
        given = given.reshape(-1, 1, given.shape[-1])  # never one row for each layer
    centres = player.rows(latents_of(given, player.shape, "centre"), How(psi=1.0))
    return np.asarray(centres.mean(axis=1, dtype=np.float64), np.float32)


class Player(Protocol):
    """What makes pictures of latents. `name` and `sha256` say which model it is, "" if unknown."""

    name: str
    sha256: str
    shape: Shape
    resolution: tuple[int, int]

    def rows(self, latents: Sequence[Latent], how: How) -> Array:
        """The truncated ws [N, num_ws, w_dim] of latents; InvalidArgument if there is no w."""

    def pictures(self, latents: Sequence[Latent], how: How) -> Iterator[Pixels]:
        """Their pictures, uint8 [H, W, 3], one after the other."""


class Drawing:
    """The painter as a player, at `size` pixels: it has z only."""

    name, sha256 = "painter", ""
    shape = Shape(512, 0, 0)

    def __init__(self, size: int = 256) -> None:
        self.resolution = (size, size)

    def rows(self, latents: Sequence[Latent], how: How) -> Array:
        raise InvalidArgument("The painter has z only: this needs a model with w, a StyleGAN.")

    def pictures(self, latents: Sequence[Latent], how: How) -> Iterator[Pixels]:
        for latent in latents:
            z = np.asarray(latent.numbers)
            yield paint(z, self.resolution[0], psi=how.psi_of(latent))
