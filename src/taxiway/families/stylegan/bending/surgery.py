"""Generators made of others: stretched to another shape, or mixed of two, layer by layer."""

import copy
import math
import re
from collections.abc import Mapping

import torch
import torch.nn.functional as F

from taxiway.checkpoint.contents import picture_size
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.networks import stylegan2, stylegan3
from taxiway.families.stylegan.networks.generator import Generator

WIDEST = 4.0


def stretched(generator: Generator, across: float = 1.0, down: float = 1.0) -> Generator:
    """A copy whose pictures are `across` times as wide and `down` times as high, 1 to 4.

    StyleGAN2 stretches the constant that it starts from: what is in the picture is drawn out and
    more of it fills in. StyleGAN3 shows more of its endless plane. Sizes are rounded to what the
    first layer can be. Raises InvalidArgument for other factors.
    """
    for name, factor in (("across", across), ("down", down)):
        if not 1 <= factor <= WIDEST:
            raise InvalidArgument(f"'{name}' takes 1 to {WIDEST:g}, got {factor:g}.", name)
    result = copy.deepcopy(generator)
    synthesis = result.synthesis
    if isinstance(synthesis, stylegan3.SynthesisNetwork):
        extended(result, synthesis, across, down)
    elif isinstance(synthesis, stylegan2.SynthesisNetwork):
        drawn_out(result, synthesis, across, down)
    elif (across, down) != (1, 1):
        raise InvalidArgument(f"A {generator.family}'s picture cannot be widened.", "across")
    return result


def drawn_out(
    g: Generator, synthesis: stylegan2.SynthesisNetwork, across: float, down: float
) -> None:
    """Stretch a StyleGAN2's constant; its constant noise goes on as a mirror image."""
    first = synthesis.blocks()[0]
    assert first.const is not None, "the first block has it"
    height, width = first.const.shape[1:]
    size = (round(height * down), round(width * across))
    if size == (height, width):
        return
    grown = F.interpolate(first.const.data[None], size, mode="bilinear", align_corners=True)[0]
    first.const.data = grown
    for layer in synthesis.modules():
        if isinstance(layer, stylegan2.StyledConv):
            times = layer.size[0] // height
            layer.size = (size[0] * times, size[1] * times)
            if layer.use_noise:
                layer.noise_const = mirrored(layer.noise_const, layer.size)
    high, wide = g.config["img_resolution"]
    resized(g, (size[0] * (high // height), size[1] * (wide // width)))


def extended(
    g: Generator, synthesis: stylegan3.SynthesisNetwork, across: float, down: float
) -> None:
    """Sample more of a StyleGAN3's plane: its margins stay as they are."""
    height, width = synthesis.input.size
    rate = synthesis.input.rate
    more = (round((down - 1) * rate), round((across - 1) * rate))
    synthesis.input.size = (height + more[0], width + more[1])
    scale = g.resolution[0] / rate
    resized(g, (g.resolution[0] + round(more[0] * scale), g.resolution[1] + round(more[1] * scale)))


def resized(g: Generator, resolution: tuple[int, int]) -> None:
    """Note the new size (height, width) of what the layers make."""
    g.config = {**g.config, "img_resolution": list(resolution)}
    g.resolution = picture_size(g.config)


def mirrored(plane: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """A plane [h, w] going on as its mirror image until it has the size [H, W]."""
    for axis, length in enumerate(size):
        parts = [plane if i % 2 == 0 else plane.flip(axis) for i in range(4 * int(WIDEST))]
        count = math.ceil(length / plane.shape[axis])
        plane = torch.cat(parts[:count], dim=axis).narrow(axis, 0, length)
    return plane.contiguous()


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


def mixed(a: Generator, b: Generator, shares: Mapping[str, float]) -> Generator:
    """A generator of the weights of `a` (share 0) and `b` (share 1), between them elsewhere.

    `shares` goes by layer: `mapping`, `b32`, `b32.conv0`, `L3` or `all`, the longest that fits
    counts; what is not named is that of `a`. Raises InvalidArgument unless both have the same
    layers, or for a layer that they do not have.
    """
    ours, theirs = a.state_dict(), b.state_dict()
    shapes = [{name: value.shape for name, value in each.items()} for each in (ours, theirs)]
    if shapes[0] != shapes[1] or a.family != b.family:
        raise InvalidArgument("Models can be mixed if they have the same layers; these differ.")
    for layer in shares:
        if layer != "all" and not any(belongs(name, layer) for name in ours):
            raise InvalidArgument(f"'mix' names the layer '{layer[:40]}', which is none.", "mix")
    result = copy.deepcopy(a)
    state = {name: blend(ours[name], theirs[name], share_of(name, shares)) for name in ours}
    result.load_state_dict(state)
    return result.requires_grad_(False)


def share_of(name: str, shares: Mapping[str, float]) -> float:
    """The share of `b` in a tensor: that of the longest layer name that fits."""
    fitting = [layer for layer in shares if layer != "all" and belongs(name, layer)]
    return shares[max(fitting, key=len)] if fitting else shares.get("all", 0.0)


def belongs(name: str, layer: str) -> bool:
    """Whether a tensor is of a layer: `synthesis.b32.conv0.weight` is of `b32`."""
    return re.match(rf"(synthesis\.)?{re.escape(layer)}([._]|$)", name) is not None


def blend(a: torch.Tensor, b: torch.Tensor, share: float) -> torch.Tensor:
    """Between two tensors; exactly one of them at 0 and 1."""
    return a if share == 0 else b if share == 1 else torch.lerp(a, b, share)
