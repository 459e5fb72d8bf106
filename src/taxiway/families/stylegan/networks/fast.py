"""A generator made ready for playing: the same images, sooner."""

import copy

import torch
from torch import nn

from taxiway.families.stylegan.networks import (
    fast_stylegan2,
    fast_stylegan3,
    fastgan,
    stylegan1,
    stylegan2,
    stylegan3,
)
from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.networks.mapping import fast_mapping
from taxiway.families.stylegan.networks.modulated import within_sums

EXACT_UP_TO = 32
"""Pixels up to which a StyleGAN1 is computed in float32."""


def fast(
    generator: Generator,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> Generator:
    """A copy of a generator for inference on `device`, its feature maps in `dtype`.

    float32 gives the same images up to rounding; bfloat16 and float16 differ by a level or so.
    w and the images stay float32. Call it under `torch.inference_mode()`, or with gradients to the
    ws only.
    """
    generator = generator if device is None else copy.deepcopy(generator).to(device)
    mapping = fast_mapping(generator.mapping)
    with torch.no_grad():
        synthesis = fast_synthesis(generator.synthesis, dtype)
    return Generator(generator.family, generator.config, mapping, synthesis).eval()


def fast_synthesis(synthesis: nn.Module, dtype: torch.dtype) -> nn.Module:
    """The fast form of a synthesis network of any family."""
    if isinstance(synthesis, stylegan3.SynthesisNetwork):
        return fast_stylegan3.FastSynthesis(synthesis, dtype)
    if isinstance(synthesis, stylegan1.SynthesisNetwork):
        return fast_stylegan1(synthesis, dtype)
    if isinstance(synthesis, fastgan.SynthesisNetwork):
        return fast_fastgan(synthesis, dtype)
    assert isinstance(synthesis, stylegan2.SynthesisNetwork), "a network is not made fast twice"
    return fast_stylegan2.FastSynthesis(synthesis, dtype)


def fast_stylegan1(
    synthesis: stylegan1.SynthesisNetwork, dtype: torch.dtype
) -> stylegan1.SynthesisNetwork:
    """A copy whose larger convolutions are in `dtype`; its weights are scaled already.

    The normalisation after each layer enlarges what was rounded before it, so everything else
    stays float32, and so do the small convolutions, which cost little.
    """
    synthesis = copy.deepcopy(synthesis)
    for block in synthesis.blocks():
        for layer in (block.conv0, block.conv1):
            if layer.size > EXACT_UP_TO:
                lower(layer, dtype)
    return synthesis


def fast_fastgan(
    synthesis: fastgan.SynthesisNetwork, dtype: torch.dtype
) -> fastgan.SynthesisNetwork:
    """A copy whose larger convolutions are in `dtype`, as a StyleGAN1's."""
    synthesis = copy.deepcopy(synthesis)
    for layer in synthesis.layers():
        if layer.size > EXACT_UP_TO:
            lower(layer, dtype)
    return synthesis


def lower(layer: stylegan1.StyledLayer | fastgan.GatedLayer, dtype: torch.dtype) -> None:
    """Have a layer convolve in `dtype`; in half precision with a weight whose sums stay in range.

    What is normalised afterwards may be of any size before, and half precision ends at 65504.
    """
    if layer.weight is None:
        return
    weight: torch.Tensor = layer.weight
    if dtype == torch.float16:
        weight, layer.sums = within_sums(weight)
    layer.weight = nn.Parameter(weight.to(dtype), requires_grad=False)
