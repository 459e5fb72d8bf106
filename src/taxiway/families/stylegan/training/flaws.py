"""What young generators do wrong, done to good pictures: an upscaler learns to mend it.

Rings beside edges, a grain along them and a frame around the picture, each of a random strength.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

Dice = np.random.Generator
SPARED = 0.15
"""The share of pictures that nothing is done to."""


def flawed(images: Tensor, dice: Dice) -> Tensor:
    """Images [N, 3, S, S] of -1..1 as a generator might have made them."""
    return torch.stack([one if dice.random() < SPARED else _flawed(one, dice) for one in images])


def _flawed(image: Tensor, dice: Dice) -> Tensor:
    made = ringing(image, dice)
    if dice.random() < 0.7:
        made = grained(made, dice)
    if dice.random() < 0.8:
        for _ in range(int(dice.integers(1, 5))):
            made = framed(made, dice)
    return made.clamp(-1.1, 1.1)


def ringing(image: Tensor, dice: Dice) -> Tensor:
    """An image [C, S, S] with some frequencies made stronger and the highest weaker.

    It is filtered as its own mirror image: a picture's edges are not to ring.
    """
    height, width = image.shape[1:]
    mirrored = torch.cat([image, image.flip(2)], dim=2)
    mirrored = torch.cat([mirrored, mirrored.flip(1)], dim=1)
    frequency = _frequencies(2 * height, 2 * width)
    gain, at, spread = dice.uniform(0, 2), dice.uniform(0.25, 0.75), dice.uniform(0.04, 0.15)
    end, slope = dice.uniform(0.4, 1.2), dice.uniform(0.03, 0.25)
    response = 1 + gain * torch.exp(-(((frequency - at) / spread) ** 2))
    response = response * torch.sigmoid((end - frequency) / slope) * (1 + np.exp(-end / slope))
    filtered = torch.fft.irfft2(torch.fft.rfft2(mirrored) * response, s=mirrored.shape[1:])
    cut: Tensor = filtered[:, :height, :width]
    return cut


def grained(image: Tensor, dice: Dice) -> Tensor:
    """An image [C, S, S] with streaks of a few levels, most where there are edges."""
    height, width = image.shape[1:]
    stretch, at = dice.uniform(1, 4), dice.uniform(0.2, 0.5)
    band = torch.exp(-(((_frequencies(height, width, stretch) - at) / 0.12) ** 2))
    noise = torch.from_numpy(dice.standard_normal((1, height, width), dtype=np.float32))
    grain = torch.fft.irfft2(torch.fft.rfft2(noise) * band, s=(height, width))
    grey = image.mean(dim=0, keepdim=True)[None]
    edges = F.avg_pool2d((grey - F.avg_pool2d(grey, 5, 1, 2)).abs(), 9, 1, 4)[0]
    strength = dice.uniform(0, 0.03) / grain.std()
    made: Tensor = image + strength * grain * (0.3 + (30 * edges).clamp(max=1.5))
    return made


def framed(image: Tensor, dice: Dice) -> Tensor:
    """An image [C, S, S] whose outermost four rows, on one of its sides, are darker or brighter."""
    colour = dice.uniform(-0.12, 0.06) * np.array([1, 0.9, 0.8]) + dice.uniform(-0.02, 0.02, 3)
    fall = dice.uniform(0.2, 0.7) * (-1 if dice.random() < 0.5 else 1)
    added = torch.from_numpy(np.outer(colour, fall ** np.arange(4)).astype(np.float32))  # [C, 4]
    turns = int(dice.integers(4))
    made = torch.rot90(image, turns, (1, 2)).clone()
    made[:, :4] += added[:, :, None]
    return torch.rot90(made, -turns, (1, 2))


def _frequencies(height: int, width: int, stretch: float = 1.0) -> Tensor:
    """Each place's frequency [H, W // 2 + 1] in a real transform, 1 for Nyquist's."""
    down, across = torch.fft.fftfreq(height), torch.fft.rfftfreq(width) * stretch
    return 2 * torch.hypot(down[:, None], across[None])
