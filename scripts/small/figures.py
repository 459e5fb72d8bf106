"""How good the small networks are: on held-out drawings, beside the plainest that could be done."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

Pairs = tuple[np.ndarray, np.ndarray]
Pair = Callable[[int, int], Pairs]
HELD_OUT, COUNT, SIZE = 1_000_000, 64, 256


@torch.no_grad()
def depth(network: nn.Module, pair: Pair) -> dict[str, float]:
    """Of nearness 0..1 the mean difference, and how often it says of two places which is nearer."""
    made, asked = _answers(network, pair)
    plain = asked.mean(0, keepdim=True).expand_as(asked)
    return {
        "difference": _mean(made, asked),
        "difference_of_mean": _mean(plain, asked),
        "nearer_of_two": _ordered(made, asked),
        "nearer_of_two_by_mean": _ordered(plain, asked),
    }


@torch.no_grad()
def colorizer(network: nn.Module, pair: Pair) -> dict[str, float]:
    """Of a and b of CIE Lab: mean differences, and how colourful it is beside the truth."""
    made, asked = _answers(network, pair)
    chroma = [float(each.square().sum(1).sqrt().mean()) for each in (made, asked)]
    return {
        "difference": _mean(made, asked),
        "difference_of_grey": _mean(torch.zeros_like(asked), asked),
        "colourfulness": round(chroma[0] / chroma[1], 3),
    }


@torch.no_grad()
def upscaler(network: nn.Module, pair: Pair) -> dict[str, float]:
    """Peak signal to noise in dB, and that of a bicubic enlargement."""
    given, asked = _examples(pair)
    made = torch.cat([network(some) for some in given.split(8)])
    wide = F.interpolate(given, scale_factor=4.0, mode="bicubic", align_corners=False).clamp(0, 1)
    return {"psnr": _psnr(made, asked), "psnr_of_bicubic": _psnr(wide, asked)}


def _examples(pair: Pair) -> tuple[Tensor, Tensor]:
    given, asked = zip(*(pair(HELD_OUT + 4 * k, SIZE) for k in range(COUNT)), strict=True)
    return torch.from_numpy(np.stack(given)), torch.from_numpy(np.stack(asked))


def _answers(network: nn.Module, pair: Pair) -> tuple[Tensor, Tensor]:
    given, asked = _examples(pair)
    return torch.cat([network(some) for some in given.split(8)]), asked


def _mean(made: Tensor, asked: Tensor) -> float:
    return round(float((made - asked).abs().mean()), 4)


def _psnr(made: Tensor, asked: Tensor) -> float:
    errors = (made - asked).square().mean((1, 2, 3))
    return round(float((-10 * errors.log10()).mean()), 2)


def _ordered(made: Tensor, asked: Tensor, pairs: int = 20_000) -> float:
    """Of pairs of places of one picture that differ by a twentieth or more."""
    chosen = torch.Generator().manual_seed(0)
    flat, true = made.flatten(1), asked.flatten(1)
    one, other = torch.randint(0, true.shape[1], (2, pairs), generator=chosen)
    apart = true[:, one] - true[:, other]
    right = (flat[:, one] - flat[:, other]) * apart > 0
    return round(float(right[apart.abs() > 0.05].float().mean()), 3)
