"""A network's layers by the names of their tensors, without PyTorch."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.core.errors import InvalidArgument

Array = npt.NDArray[Any]


def by_layer(name: str) -> list[Any]:
    """What sorts names of tensors by layer: b8 comes before b16, L2 before L10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def style_weights(tensors: Mapping[str, Array]) -> list[Array]:
    """The weight [channels, w_dim] of the style of every layer, num_ws of them.

    A StyleGAN1's has two rows for a channel, scales and shifts. An image of a StyleGAN2 shares its
    layer with the next convolution, so only the last counts. Raises InvalidArgument without styles.
    """
    names = sorted((name for name in tensors if name.endswith(".affine.weight")), key=by_layer)
    images = [name for name in names if ".torgb." in name]
    first = [name for name in names if ".input." in name]
    others = [name for name in names if name not in (*images, *first)]
    if not others:
        raise InvalidArgument("This model's layers have no styles.")
    return [np.asarray(tensors[name]) for name in (*first, *others, *images[-1:])]


def bendable(family: str, tensors: Iterable[str]) -> list[str]:
    """The layers that give feature maps, first to last: such as b16.conv0, L3_36_16.

    Of a StyleGAN3 that is the input too, but not the last layer, which gives the picture.
    """
    end = ".bias" if family == "fastgan" else ".affine.bias"
    named = {
        name.removeprefix("synthesis.").removesuffix(end)
        for name in tensors
        if name.endswith(end) and name.startswith("synthesis.") and "torgb" not in name
    }
    found = sorted(named, key=lambda name: (name != "input", by_layer(name)))
    return found[:-1] if family == "stylegan3" else found


def layers_meant(known: Sequence[str], name: str) -> list[str]:
    """The layers that a name means: `b16` is that block's last convolution, `all` are all.

    Raises InvalidArgument if there is none.
    """
    for block in (f"{name}.conv1", f"{name}.conv0"):
        if block in known:
            return [block]
    found = [key for key in known if name in ("all", key) or key.startswith(f"{name}_")]
    if not found:
        raise InvalidArgument(
            f"There is no layer '{name[:40]}'; there are {', '.join(known)}, and all.", "preset"
        )
    return found


def width(family: str, tensors: Mapping[str, Array], name: str) -> int:
    """How many channels a layer of `bendable` gives."""
    if family == "fastgan":  # half of them are gates
        return len(tensors[f"synthesis.{name}.bias"]) // 2
    if family == "stylegan1":  # the first has no weight
        return len(tensors[f"synthesis.{name}.bias"])
    return len(tensors[f"synthesis.{name}.weight"])
