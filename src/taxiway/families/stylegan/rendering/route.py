"""A walk through one model, from what a caller asks: keys, kind, speed, truncation that moves."""

import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from msgspec.structs import replace
from PIL import Image

from taxiway.core.command import Values
from taxiway.core.datatypes import AnyDataType, AnyType, Boolean, Category, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import Pixels
from taxiway.core.tool import Flag
from taxiway.families.stylegan.rendering.asked import options_of
from taxiway.families.stylegan.rendering.files import latents_in
from taxiway.families.stylegan.rendering.options import RenderOptions, render_inputs
from taxiway.families.stylegan.rendering.renderer import GeneratorRenderer, Renderer
from taxiway.latent import walk
from taxiway.latent.noise import Floats
from taxiway.latent.sample import MAX_SEED
from taxiway.latent.space import Array, Latent, Space
from taxiway.latent.walk import Curve, Walk

THROUGH_KEYS: dict[str, Callable[[Any, bool], Curve]] = {
    "spline": walk.spline,
    "linear": walk.linear,
    "slerp": walk.slerp,
}
KINDS = (*THROUGH_KEYS, "circle", "random", "wander", "noise")
IN_Z = ("slerp", "circle", "random", "wander", "noise")
"""Kinds that walk among z; the others walk among w where there is one."""
KEYLESS = ("wander", "noise")
GLANCES = 240
"""Pictures looked at to find how fast they change."""


def walk_inputs() -> dict[str, AnyDataType]:
    """The inputs of a tool from which `Route` is read."""
    return {
        "keys": AnyType(optional=True, description="Seeds as text (1,5,9), or a list of vectors."),
        "kind": Category(
            one_of=KINDS,
            description="spline, linear, slerp go through the keys, circle around two, random on "
            "from one; wander and noise take a seed.",
        ),
        "loop": Boolean(default=True, description="End where it began."),
        "pace": Category(
            one_of=("constant", "seen", "even", "smooth"),
            description="Constant speed in w, or as pictures change; or the same time for every "
            "leg, not resting at keys or resting.",
        ),
        "times": Text(description="When each key comes, in seconds from 0: 0,2,5 (ends a loop)."),
        "seed": Number(default=0, whole=True, min=0, max=MAX_SEED, description="Of the chance."),
        "changes": Number(default=4, min=0, max=1000, description="How often wander forgets."),
        "radius": Number(default=1, min=0, max=1000, description="How far noise goes round."),
        "steps": Number(default=8, whole=True, min=2, max=1000, description="Of random."),
        "centred": Boolean(description="Noise without p5's lean to one side."),
        "truncation_to": Number(
            default=None, optional=True, description="Truncation swings to this and back."
        ),
        "swings": Number(default=1, whole=True, min=1, max=1000, description="How many times."),
        **render_inputs(),
    }


WALK_FLAGS = (
    Flag(input="keys", metavar="SEEDS|FILE", many=True, help="where to go"),
    Flag(input="loop", usual=False),
    Flag(input="centre", metavar="SEED|FILE|class"),
)
"""How these are typed; on the command line a walk ends elsewhere than it began unless asked."""


class Route:
    """Where a walk leads: `latents(u)` for u in 0..1, all truncated; `how` makes them pictures.

    Raises InvalidArgument for what does not go together.
    """

    def __init__(self, renderer: Renderer, inputs: Values, chance: int = 0) -> None:
        """`chance` is added to the seed, so that several routes of one call differ."""
        self.renderer, self.options = renderer, options_of(inputs, renderer)
        kind: str = inputs["kind"]
        self.closed: bool = inputs["loop"] or kind in ("circle", *KEYLESS)
        self.truncation = truncation_curve(self.options, inputs)
        if self.truncation is not None:
            self.options = replace(self.options, truncation=None)  # every latent has its own
        keys = [] if kind in KEYLESS else latents_in(inputs["keys"], renderer.shape, "keys")
        self.space = space_of(kind, keys, renderer)
        if kind in THROUGH_KEYS and self.truncation is None and all_alike(keys):
            raise InvalidArgument("All keys are the same picture, so nothing would move.", "keys")
        curve = self._curve(kind, keys, inputs, chance)
        times = times_of(inputs["times"])
        count = walk.legs(np.empty(len(keys)), self.closed) if kind in THROUGH_KEYS else 1
        if inputs["pace"] == "smooth":
            curve = walk.eased(curve, count)
        if times:
            curve = walk.timed(curve, checked_times(times, count), self.closed)
        elif inputs["pace"] == "constant":
            curve = self._constant(curve)
        self.walk = Walk(curve, self.closed)
        if inputs["pace"] == "seen" and not times:
            pace = walk.pace_of(self._seen, GLANCES)
            self.walk = Walk(lambda u: curve(pace(u)), self.closed)

    def latents(self, u: Floats) -> list[Latent]:
        """The latents at places u [N]: z with their truncation, or w and w+ that had it."""
        numbers = self.walk(u).astype(np.float32)
        each = list(zip(numbers, self._truncations(u), strict=True))
        if self.space == "z":
            label = self.options.label
            return [Latent(space="z", numbers=z, truncation=t, label=label) for z, t in each]
        return [in_w(self._pulled(ws, t), t) for ws, t in each]

    def _seen(self, u: Floats) -> Floats:
        """What is seen at places u, in few numbers: small pictures, and smaller ones."""
        pictures = self.renderer.pictures(self.latents(u), self.options)
        return np.stack([glance(picture) for picture in pictures])

    def _truncations(self, u: Floats) -> Sequence[float | None]:
        return [None] * len(u) if self.truncation is None else self.truncation(u).tolist()

    def _pulled(self, ws: Array, truncation: float | None) -> Array:
        if truncation is None or not isinstance(self.renderer, GeneratorRenderer):
            return ws
        cutoff, options = self.options.cutoff, self.options
        centre = self.renderer.centre_of(options.centre, options.label, options.classes)
        [pulled] = self.renderer.truncated(ws[None], truncation, cutoff, centre)
        return np.asarray(pulled, np.float32)

    def _curve(self, kind: str, keys: Sequence[Latent], inputs: Values, chance: int) -> Curve:
        seed, length = inputs["seed"] + chance, self.renderer.shape.z_dim
        if kind == "wander":
            return walk.wander(seed % (MAX_SEED + 1), length, inputs["changes"])
        if kind == "noise":
            return walk.noise_loop(seed, length, inputs["radius"], inputs["centred"])
        points = self._points(keys)
        if kind == "circle":
            if len(points) != 2:
                raise InvalidArgument(f"A circle takes two keys, got {len(points)}.", "keys")
            return walk.circle(points[0], points[1])
        if kind == "random":
            steps = walk.random_walk(seed, points[0], inputs["steps"], closed=self.closed)
            return walk.spline(steps, self.closed)
        return THROUGH_KEYS[kind](points, self.closed)

    def _points(self, keys: Sequence[Latent]) -> Floats:
        """The keys as numbers of the space walked in; a moving truncation comes afterwards."""
        if self.space == "z":
            return np.stack([key.numbers for key in keys]).astype(np.float64)
        pulled = (
            self.options
            if self.truncation is None
            else RenderOptions(
                truncation=1.0, label=self.options.label, classes=self.options.classes
            )
        )
        return self.renderer.rows(keys, pulled).astype(np.float64)

    def _constant(self, curve: Curve) -> Curve:
        """The curve at constant speed in w, or in z where there is no w."""
        if self.space != "z" or not self.renderer.shape.num_ws:
            return walk.constant(curve)
        assert isinstance(self.renderer, GeneratorRenderer)
        mapped = self.renderer.w
        pace = walk.pace_of(lambda u: mapped(curve(u), self.options.label).astype(np.float64))
        return lambda u: curve(pace(u))


def glance(picture: Pixels) -> Floats:
    """A picture at two small sizes, each worth the same."""
    image = Image.fromarray(picture)
    small = [image.resize((size, size), Image.Resampling.BOX) for size in (32, 8)]
    parts = [np.asarray(each, np.float64).ravel() / each.width for each in small]
    return np.concatenate(parts)


def in_w(ws: Array, truncation: float | None) -> Latent:
    """ws [num_ws, w_dim] as a latent: a w where all layers have the same."""
    if (ws == ws[0]).all():
        return Latent(space="w", numbers=ws[0], truncation=truncation)
    return Latent(space="w+", numbers=ws, truncation=truncation)


def space_of(kind: str, keys: Sequence[Latent], renderer: Renderer) -> Space:
    """The space that a walk goes through; InvalidArgument where keys are not in it."""
    in_z = all(key.space == "z" for key in keys)
    if kind in IN_Z and not in_z and kind != "slerp":
        raise InvalidArgument(f"A {kind} walk goes through z; its keys are seeds or z.", "keys")
    return "z" if (kind in IN_Z and in_z) or not renderer.shape.num_ws else "w+"


def all_alike(keys: Sequence[Latent]) -> bool:
    """Whether there are several keys, and all are one latent."""
    return len(keys) > 1 and all(
        (key.space, key.truncation, key.label) == (before.space, before.truncation, before.label)
        and np.array_equal(key.numbers, before.numbers)
        for before, key in pairwise(keys)
    )


def truncation_curve(options: RenderOptions, inputs: Values) -> Callable[[Floats], Floats] | None:
    """The truncation at u, if it moves."""
    to = inputs["truncation_to"]
    if to is None:
        return None
    start = options.truncation_of(Latent(space="z", numbers=np.zeros(0, np.float32)))
    return walk.pulse(start, to, inputs["swings"])


def times_of(text: str) -> list[float]:
    """The times of `0,2,5.5`; none for no text. Raises InvalidArgument for anything else."""
    if text and not re.fullmatch(r"[0-9.,\s]+", text):
        raise InvalidArgument(f"'times' takes seconds such as 0,2,5, got {text[:40]!r}.", "times")
    try:
        times = [float(part) for part in text.split(",")] if text else []
    except ValueError:
        times = [math.nan]
    if any(not math.isfinite(time) for time in times):
        raise InvalidArgument(f"'times' takes seconds such as 0,2,5, got {text[:40]!r}.", "times")
    return times


def checked_times(times: list[float], count: int) -> list[float]:
    """Times that fit `count` legs; InvalidArgument tells how many there must be."""
    if len(times) != count + 1:
        raise InvalidArgument(
            f"'times' takes {count + 1} for these keys (a loop's last one is its end), "
            f"got {len(times)}.",
            "times",
        )
    return times
