"""Network bending: what some channels of some layers say is changed on its way to the picture.

Broad et al. 2021. A bend is written into a network's graph, behind the layer that it changes.
"""

import json
import math
import re
from collections.abc import Sequence

from msgspec import Struct

from taxiway.backends import Node, Operations
from taxiway.checkpoint import Checkpoint
from taxiway.core.errors import InvalidArgument
from taxiway.core.parsing import Malformed, from_json
from taxiway.families.stylegan.bending.warps import WARPS, Layer, on_channels
from taxiway.families.stylegan.networks.graph_change import Change
from taxiway.families.stylegan.networks.layers import bendable, layers_meant, width
from taxiway.latent.torch_random import randperm

MAX_BENDS = 64
LIMIT = 1e6


class Bend(Struct, frozen=True, kw_only=True):
    """One change: `op` of `bending.warps` with its numbers, to channels of a layer.

    `channels` is "all", numbers and ranges such as 0-15,20, or a share such as 30%, drawn with
    `seed`. `layer` is a layer's name, or the beginning of one: b16, b16.conv0, L3, input.
    """

    layer: str
    op: str
    params: tuple[float, ...] = ()
    channels: str = "all"
    seed: int = 0


def parse_bends(text: str) -> list[Bend]:
    """The bends of a preset: JSON, or text with one a line (or between semicolons).

    `b16 rotate 30`, `b32.conv0 0-15 erode 2`, `b64 30%@7 multiply 2`; # begins a remark. Raises
    InvalidArgument, naming the line that is wrong.
    """
    if text.lstrip().startswith(("[", "{")):
        return of_json(text)
    lines = [line.split("#")[0].strip() for line in re.split(r"[;\n]", text)]
    bends = [of_line(line) for line in lines if line]
    if not 0 < len(bends) <= MAX_BENDS:
        raise InvalidArgument(f"A preset has 1 to {MAX_BENDS} bends, got {len(bends)}.", "preset")
    return bends


def of_line(line: str) -> Bend:
    """The bend that a line of words means."""
    layer, *words = line.removeprefix("layer ").split()
    channels = "all" if not words or words[0] in WARPS else words.pop(0)
    op = words.pop(0) if words else ""
    try:
        params = tuple(float(word) for word in words)
    except ValueError:
        params = (math.nan,)
    channels, _, seed = channels.partition("@")
    if seed and not re.fullmatch(r"[0-9]{1,9}", seed):
        raise InvalidArgument(f"A share is drawn with a seed such as 30%@7, in '{line}'.", "preset")
    bend = Bend(layer=layer, op=op, params=params, channels=channels, seed=int(seed or 0))
    return checked(bend, line)


def of_json(text: str) -> list[Bend]:
    """The bends of a preset in JSON: a list of objects with the fields of `Bend`."""
    try:
        bends: list[Bend] = from_json(text, list[Bend])
    except Malformed as reason:
        raise InvalidArgument(f"The preset cannot be read: {reason}.", "preset") from None
    if not 0 < len(bends) <= MAX_BENDS:
        raise InvalidArgument(f"A preset has 1 to {MAX_BENDS} bends, got {len(bends)}.", "preset")
    return [checked(bend, json.dumps(bend.layer)) for bend in bends]


def to_text(bends: Sequence[Bend]) -> str:
    """The preset as text, which `parse_bends` reads."""
    return "".join(f"{line_of(bend)}\n" for bend in bends)


def line_of(bend: Bend) -> str:
    """A bend as a line of words."""
    share = f"{bend.channels}@{bend.seed}" if bend.channels.endswith("%") else bend.channels
    channels = [] if bend.channels == "all" else [share]
    return " ".join([bend.layer, *channels, bend.op, *(f"{number!r}" for number in bend.params)])


def checked(bend: Bend, where: str) -> Bend:
    """A bend that can be done; raises InvalidArgument."""
    if bend.op not in WARPS:
        there_are = ", ".join(WARPS)
        raise InvalidArgument(
            f"A bend is {there_are}, got {bend.op[:40]!r} in '{where[:60]}'.", "preset"
        )
    _, fewest, most = WARPS[bend.op]
    if not fewest <= len(bend.params) <= most or not all(abs(p) < LIMIT for p in bend.params):
        counts = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        raise InvalidArgument(
            f"'{bend.op}' takes {counts} numbers below a million, in '{where[:60]}'.", "preset"
        )
    pattern = r"all|[0-9]{1,3}(\.[0-9]+)?%|[0-9]{1,5}(-[0-9]{1,5})?(,[0-9]{1,5}(-[0-9]{1,5})?)*"
    if not re.fullmatch(pattern, bend.channels):
        raise InvalidArgument(
            f"Channels are all, 0-15,20 or 30%, got {bend.channels[:40]!r} in '{where[:60]}'.",
            "preset",
        )
    return bend


def change_of(bends: Sequence[Bend], checkpoint: Checkpoint) -> Change:
    """What the bends do to the layers of a checkpoint's network, in the order in which they stand.

    Raises InvalidArgument for a layer or a channel that it does not have.
    """
    family, tensors = checkpoint.family, checkpoint.tensors
    known = bendable(family, tensors)
    plan: dict[str, list[tuple[Bend, list[int] | None]]] = {}
    for bend in bends:
        for name in layers_meant(known, bend.layer):
            channels = channels_of(bend, width(family, tensors, name), name)
            plan.setdefault(name, []).append((bend, channels))

    def change(ops: Operations, name: str, x: Node, shape: tuple[int, int, int]) -> Node:
        layer = Layer(ops, *shape)
        for bend, channels in plan.get(name, ()):
            x = on_channels(layer, x, WARPS[bend.op][0], bend.params, channels)
        return x

    return change


def channels_of(bend: Bend, count: int, name: str) -> list[int] | None:
    """The channels of a bend among `count`; None is all of them. Raises InvalidArgument."""
    if bend.channels == "all":
        return None
    if bend.channels.endswith("%"):
        share = min(100.0, float(bend.channels[:-1])) / 100
        return sorted(randperm(bend.seed, count)[: round(share * count)])
    found: set[int] = set()
    for part in bend.channels.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), min(int(last or first), count) + 1))
    if not found or max(found) >= count:
        raise InvalidArgument(
            f"The layer '{name}' has channels 0 to {count - 1}, got {bend.channels}.", "preset"
        )
    return sorted(found)
