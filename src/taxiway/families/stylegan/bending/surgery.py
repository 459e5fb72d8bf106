"""Generators made of others: stretched to another shape, or mixed of two, layer by layer."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.checkpoint import Checkpoint
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.networks.graph_stylegan3 import both

Array = npt.NDArray[Any]
WIDEST = 4.0


def stretched(checkpoint: Checkpoint, across: float = 1.0, down: float = 1.0) -> Checkpoint:
    """A copy whose pictures are `across` times as wide and `down` times as high, 1 to 4.

    StyleGAN2 stretches the constant that it starts from: what is in the picture is drawn out and
    more of it fills in. StyleGAN3 shows more of its endless plane. Sizes are rounded to what the
    first layer can be. Raises InvalidArgument for other factors.
    """
    for name, factor in (("across", across), ("down", down)):
        if not 1 <= factor <= WIDEST:
            raise InvalidArgument(f"'{name}' takes 1 to {WIDEST:g}, got {factor:g}.", name)
    if (across, down) == (1, 1):
        return checkpoint
    if checkpoint.family == "stylegan3":
        return extended(checkpoint, across, down)
    if checkpoint.family == "stylegan2":
        return drawn_out(checkpoint, across, down)
    raise InvalidArgument(f"A {checkpoint.family}'s picture cannot be widened.", "across")


def drawn_out(checkpoint: Checkpoint, across: float, down: float) -> Checkpoint:
    """Stretch a StyleGAN2's constant; its constant noise goes on as a mirror image."""
    name = next(name for name in checkpoint.tensors if name.endswith(".const"))
    const = checkpoint.tensors[name]
    height, width = const.shape[1:]
    size = (round(height * down), round(width * across))
    tensors = {**checkpoint.tensors, name: enlarged(const, size)}
    for name, plane in checkpoint.tensors.items():
        if name.endswith(".noise_const"):
            times = plane.shape[0] // height
            tensors[name] = mirrored(plane, (size[0] * times, size[1] * times))
    high, wide = checkpoint.config["img_resolution"]
    resolution = [size[0] * (high // height), size[1] * (wide // width)]
    config = {**checkpoint.config, "img_resolution": resolution}
    return replace(checkpoint, tensors=tensors, config=config)


def extended(checkpoint: Checkpoint, across: float, down: float) -> Checkpoint:
    """Sample more of a StyleGAN3's plane: its margins stay as they are."""
    config = checkpoint.config
    given = config["input"]
    rate, (wide, high) = given["sampling_rate"], both(given["size"])
    more = [round((across - 1) * rate), round((down - 1) * rate)]
    height, width = config["img_resolution"]
    scale = height / rate
    resolution = [height + round(more[1] * scale), width + round(more[0] * scale)]
    wider = {**given, "size": [wide + more[0], high + more[1]]}
    return replace(checkpoint, config={**config, "input": wider, "img_resolution": resolution})


def enlarged(planes: Array, size: tuple[int, int]) -> Array:
    """Planes [C, h, w] at a larger size by linear interpolation from corner to corner."""
    for axis, length in enumerate(size, start=1):
        count = planes.shape[axis]
        places = np.linspace(0, count - 1, length)
        first = np.minimum(places.astype(int), max(count - 2, 0))
        share = (places - first).astype(np.float32)
        share = share[:, None] if axis == 1 else share
        after = np.minimum(first + 1, count - 1)
        planes = planes.take(first, axis) * (1 - share) + planes.take(after, axis) * share
    return planes


def mirrored(plane: Array, size: tuple[int, int]) -> Array:
    """A plane [h, w] going on as its mirror image until it has the size [H, W]."""
    for axis, length in enumerate(size):
        places = np.arange(length) % (2 * plane.shape[axis])
        plane = plane.take(np.minimum(places, 2 * plane.shape[axis] - 1 - places), axis)
    return plane


def parse_mix(text: str) -> dict[str, float]:
    """What `b32 1, b64 0.5, mapping 0` means: layers (or beginnings) and how much of the other.

    Raises InvalidArgument for anything else.
    """
    shares: dict[str, float] = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*([A-Za-z][\w.]*)\s+([0-9]*\.?[0-9]+)\s*", part)
        if not match or not 0 <= float(match[2]) <= 1:
            raise InvalidArgument(
                f"'mix' takes layers with shares of 0 to 1 such as b32 1, b64 0.5, got "
                f"{part.strip()[:40]!r}.",
                "mix",
            )
        shares[match[1]] = float(match[2])
    return shares


def mixed(a: Checkpoint, b: Checkpoint, shares: Mapping[str, float]) -> Checkpoint:
    """A generator of the weights of `a` (share 0) and `b` (share 1), between them elsewhere.

    `shares` goes by layer: `mapping`, `b32`, `b32.conv0`, `L3` or `all`, the longest that fits
    counts; what is not named is that of `a`. Raises InvalidArgument unless both have the same
    layers, or for a layer that they do not have.
    """
    ours, theirs = a.tensors, b.tensors
    shapes = [{name: value.shape for name, value in each.items()} for each in (ours, theirs)]
    if shapes[0] != shapes[1] or a.family != b.family:
        raise InvalidArgument("Models can be mixed if they have the same layers; these differ.")
    for layer in shares:
        if layer != "all" and not any(belongs(name, layer) for name in ours):
            raise InvalidArgument(f"'mix' names the layer '{layer[:40]}', which is none.", "mix")
    tensors = {name: blend(ours[name], theirs[name], share_of(name, shares)) for name in ours}
    return replace(a, tensors=tensors, source={})


def share_of(name: str, shares: Mapping[str, float]) -> float:
    """The share of `b` in a tensor: that of the longest layer name that fits."""
    fitting = [layer for layer in shares if layer != "all" and belongs(name, layer)]
    return shares[max(fitting, key=len)] if fitting else shares.get("all", 0.0)


def belongs(name: str, layer: str) -> bool:
    """Whether a tensor is of a layer: `synthesis.b32.conv0.weight` is of `b32`."""
    return re.match(rf"(synthesis\.)?{re.escape(layer)}([._]|$)", name) is not None


def blend(a: Array, b: Array, share: float) -> Array:
    """Between two tensors; exactly one of them at 0 and 1."""
    return a if share == 0 else b if share == 1 else a + np.float32(share) * (b - a)
