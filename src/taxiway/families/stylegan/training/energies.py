"""As much detail as real pictures have, in strong places and in faint ones.

A judge of detail lets through what is too smooth: an upscaler that is to keep what it was given
loses half of the power of fine bands to it. So patches of what is made are ranked by how strong
each band of detail is in them, and each rank is to be as strong as it is in real pictures (the
distance of two distributions along a line, as Rabin et al. 2011 use it for textures). Flat skies
stay flat, as their ranks are faint.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

REACHES = (1, 2, 4, 8, 12)
"""Pixels to each side that the blurs between the bands take the mean of, twice."""
PATCH, RANKS = 16, 32
"""Pixels of a patch, and groups of equal size that their ranks are put into."""
MIXES = ((1 / 3, 1 / 3, 1 / 3), (0.5, -0.5, 0.0), (-0.25, -0.25, 0.5))
"""Of red, green and blue: brightness, and what two colours differ by."""
FAINT = 0.1
"""What is added to energies, in squared levels, before their logarithm."""
_LATELY = 0.03


class Energies(nn.Module):
    """What is known of real windows, as the mean over all steps, and of those made lately."""

    real: Tensor
    made: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        shape = (len(REACHES) * len(MIXES), RANKS)
        for name in ("real", "made"):
            self.register_buffer(name, torch.zeros(shape))
        self.register_buffer("count", torch.zeros(()))

    def forward(self, made: Tensor, real: Tensor) -> Tensor:
        """Windows [N, 3, W, W] of both -> how far the energies of `made` are from those of `real`.

        What is returned has the gradient of the squared distance between the means so far: a batch
        is too small to be compared by itself.
        """
        found, wanted = ranked(made), ranked(real.detach())
        with torch.no_grad():
            self.count += 1
            self.real += (wanted - self.real) / self.count
            self.made += (found - self.made) * torch.clamp(1 / self.count, min=_LATELY)
            apart = self.made - self.real
        # Twice the distance times what is made: its slope, and nothing else, is the square's.
        return (2 * apart * (found - found.detach()) + apart.square()).mean()


def ranked(windows: Tensor) -> Tensor:
    """Windows [N, 3, W, W] of -1..1 -> the mean log energy of each rank [bands * mixes, RANKS].

    Raises ValueError where the patches are no multiple of the ranks.
    """
    mixes = windows.new_tensor(MIXES)
    rest, ranks = torch.einsum("oc,nchw->nohw", mixes, windows) * 127.5, []
    for reach in REACHES:
        smooth = smoothed(smoothed(rest, reach), reach)
        energy = F.avg_pool2d((rest - smooth).square(), PATCH)  # [N, mixes, W / 16, W / 16]
        logs = (energy + FAINT).log().transpose(0, 1).flatten(1)
        if logs.shape[1] % RANKS:
            raise ValueError(f"{logs.shape[1]} patches are no multiple of {RANKS} ranks.")
        ranks.append(logs.sort(dim=1)[0].reshape(len(logs), RANKS, -1).mean(dim=2))
        rest = smooth
    return torch.cat(ranks)


def smoothed(images: Tensor, reach: int) -> Tensor:
    """The mean around each pixel, up to `reach` pixels away; edges go on as they are.

    By running sums, as wide means take long on a CPU otherwise.
    """
    across: Any = F.pad(images, (reach, reach, reach, reach), mode="replicate")
    width = 2 * reach + 1
    for axis in (2, 3):
        sums = across.cumsum(axis)
        sums = torch.cat([torch.zeros_like(sums.narrow(axis, 0, 1)), sums], axis)
        count = sums.shape[axis] - width
        across = (sums.narrow(axis, width, count) - sums.narrow(axis, 0, count)) / width
    result: Tensor = across
    return result
