"""Directions read off the weights: what the styles answer to most (SeFa, Shen and Zhou 2021)."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from taxiway.families.stylegan.directions.components import signed
from taxiway.families.stylegan.directions.direction import Doubles
from taxiway.families.stylegan.networks import stylegan1, stylegan2, stylegan3
from taxiway.families.stylegan.networks.generator import Generator


def style_weights(generator: Generator) -> list[Tensor]:
    """The weight [channels, w_dim] of the style of every layer, num_ws of them.

    A StyleGAN1's has two rows for a channel, scales and shifts.

    An image of a StyleGAN2 shares its layer with the next convolution, so only the last counts.
    """
    synthesis = generator.synthesis
    parts = list(synthesis.modules())
    if isinstance(synthesis, stylegan1.SynthesisNetwork):
        layers = [part for part in parts if isinstance(part, stylegan1.StyledLayer)]
        return [layer.affine.weight for layer in layers]
    if isinstance(synthesis, stylegan3.SynthesisNetwork):
        affines = [synthesis.input.affine, *(layer.affine for layer in synthesis.layers())]
    else:
        images = [part.affine for part in parts if isinstance(part, stylegan2.ToRGB)]
        affines = [part.affine for part in parts if isinstance(part, stylegan2.StyledConv)]
        affines.append(images[-1])
    return [affine.weight for affine in affines]


def factorize(generator: Generator, layers: Sequence[int] | None = None) -> tuple[Doubles, Doubles]:
    """Unit directions [w_dim, w_dim] in rows, strongest first, and their strengths [w_dim].

    Every channel of the chosen layers (None: all) counts alike. Nothing is sampled.
    """
    weights = style_weights(generator)
    chosen = range(len(weights)) if layers is None else layers
    rows = np.concatenate([weights[i].detach().cpu().double().numpy() for i in chosen])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True).clip(min=1e-12)
    values, vectors = np.linalg.eigh(rows.T @ rows)
    return signed(vectors.T[::-1]), values[::-1]
