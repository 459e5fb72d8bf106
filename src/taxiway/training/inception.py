"""Inception v3 as the Frechet Inception Distance has it, for whoever has the file of its weights.

The network is that of Szegedy et al. 2015, "Rethinking the Inception Architecture for Computer
Vision". The weights that FID (Heusel et al. 2017) is defined by are an older training of it: with
1008 classes, averages at an edge that count no padding, and a largest instead of an average in the
last block.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from taxiway.training.features import Pictures, images
from taxiway.training.metrics import frechet_distance
from taxiway.training.perceptual import read_tensors

EXPECTED = "Inception network of FID (pt_inception-2015-12-05, as .pth or .safetensors)"
FEATURES, CLASSES, SIDE = 2048, 1008, 299
_BATCH = 16

Paths = Mapping[str, str]
"""The paths of a block, and the convolutions on each: "48 1x1, 64 5x5" is 48 channels of 1 x 1
pixel, then 64 of 5 x 5; what "+" joins is done side by side."""

_DOUBLE = "64 1x1, 96 3x3, 96 3x3"
_HALVED_EARLY = {"branch3x3": "384 3x3", "branch3x3dbl": _DOUBLE}
_HALVED_LATE = {
    "branch3x3": "192 1x1, 320 3x3",
    "branch7x7x3": "192 1x1, 192 1x7, 192 7x1, 192 3x3",
}
_SPREAD = {
    "branch1x1": "320 1x1",
    "branch3x3": "384 1x1, 384 1x3 + 384 3x1",
    "branch3x3dbl": "448 1x1, 384 3x3, 384 1x3 + 384 3x1",
    "branch_pool": "192 1x1",
}


def _square(pooled: int) -> Paths:
    return {
        "branch1x1": "64 1x1",
        "branch5x5": "48 1x1, 64 5x5",
        "branch3x3dbl": _DOUBLE,
        "branch_pool": f"{pooled} 1x1",
    }


def _crossed(count: int) -> Paths:
    n = count
    return {
        "branch1x1": "192 1x1",
        "branch7x7": f"{n} 1x1, {n} 1x7, 192 7x1",
        "branch7x7dbl": f"{n} 1x1, {n} 7x1, {n} 1x7, {n} 7x1, 192 1x7",
        "branch_pool": "192 1x1",
    }


class Convolution(nn.Module):
    """A convolution, its batch normalisation and what is positive of it."""

    def __init__(
        self,
        channels: int,
        made: int,
        kernel: tuple[int, int],
        stride: int = 1,
        padding: tuple[int, int] = (0, 0),
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, made, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(made, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, made, H', W'], 0 or more."""
        return F.relu(self.bn(self.conv(x)))


class Block(nn.Module):
    """Paths side by side, their channels put together; "branch_pool" starts from `pool` of x.

    Halving blocks take the last step of each path by two pixels, and add the largest of x.
    """

    def __init__(
        self, channels: int, paths: Paths, pool: nn.Module | None = None, halves: bool = False
    ) -> None:
        super().__init__()
        self.pool = pool or nn.MaxPool2d(3, 2)
        self.halves = halves
        self._steps = {name: self._path(name, text, channels) for name, text in paths.items()}

    def _path(self, path: str, text: str, channels: int) -> list[list[str]]:
        """Make the convolutions of a path; returns their names, step by step."""
        steps, names = text.split(", "), list[list[str]]()
        for i, step in enumerate(steps, start=1):
            sides = step.split(" + ")
            base = path if len(steps) == 1 else f"{path}_{i}"
            names.append([base] if len(sides) == 1 else [base + letter for letter in "ab"])
            halving, made = self.halves and i == len(steps), 0
            for name, side in zip(names[-1], sides, strict=True):
                count, height, width = map(int, side.replace("x", " ").split())
                padding = (0, 0) if halving else (height // 2, width // 2)
                stride = 2 if halving else 1
                self.add_module(
                    name, Convolution(channels, count, (height, width), stride, padding)
                )
                made += count
            channels = made
        return names

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C', H, W], or half of H and W."""
        pooled, found = self.pool(x), []
        for path, steps in self._steps.items():
            y = pooled if path == "branch_pool" else x
            for names in steps:
                y = torch.cat([self.get_submodule(name)(y) for name in names], dim=1)
            found.append(y)
        return torch.cat([*found, pooled] if self.halves else found, dim=1)


def inception() -> nn.Sequential:
    """The network up to its 2048 averages, without weights that mean anything: [N, 3, 299, 299]
    in -1..1 -> [N, 2048], 0 or more."""
    average = nn.AvgPool2d(3, 1, 1, count_include_pad=False)
    layers: dict[str, nn.Module] = {
        "Conv2d_1a_3x3": Convolution(3, 32, (3, 3), stride=2),
        "Conv2d_2a_3x3": Convolution(32, 32, (3, 3)),
        "Conv2d_2b_3x3": Convolution(32, 64, (3, 3), padding=(1, 1)),
        "pool_2": nn.MaxPool2d(3, 2),
        "Conv2d_3b_1x1": Convolution(64, 80, (1, 1)),
        "Conv2d_4a_3x3": Convolution(80, 192, (3, 3)),
        "pool_4": nn.MaxPool2d(3, 2),
        "Mixed_5b": Block(192, _square(32), average),
        "Mixed_5c": Block(256, _square(64), average),
        "Mixed_5d": Block(288, _square(64), average),
        "Mixed_6a": Block(288, _HALVED_EARLY, halves=True),
        "Mixed_6b": Block(768, _crossed(128), average),
        "Mixed_6c": Block(768, _crossed(160), average),
        "Mixed_6d": Block(768, _crossed(160), average),
        "Mixed_6e": Block(768, _crossed(192), average),
        "Mixed_7a": Block(768, _HALVED_LATE, halves=True),
        "Mixed_7b": Block(1280, _SPREAD, average),
        "Mixed_7c": Block(2048, _SPREAD, nn.MaxPool2d(3, 1, 1)),
        "mean": nn.AdaptiveAvgPool2d(1),
        "flat": nn.Flatten(),
    }
    network = nn.Sequential()
    for name, layer in layers.items():
        network.add_module(name, layer)
    return network.eval().requires_grad_(False)


def read_inception(path: Path) -> nn.Sequential:
    """The network with the weights of a file: torch's (nothing is unpickled) or safetensors.

    The names are those of the well-known `pt_inception-2015-12-05` file. Raises NotFound, or
    InvalidArgument for anything else, the later Inception v3 of 1000 classes among it.
    """
    network = inception()
    own = {name: x for name, x in network.state_dict().items() if x.ndim}  # no counts of batches
    verdicts = {"fc.weight": torch.empty(CLASSES, FEATURES, device="meta")}
    weights = read_tensors(path, verdicts | own, EXPECTED)
    network.load_state_dict({name: weights[name] for name in own}, strict=False)
    return network


def fid(
    network: nn.Module,
    made: Pictures,
    real: Pictures,
    device: torch.device,
    advance: Callable[[int], object],
) -> float:
    """The Frechet Inception Distance of two sets [N, H, W, 3]; smaller for larger sets.

    `advance` hears how many more pictures have been looked at.
    """
    network = network.to(device)
    a, b = (averages(network, pictures, device, advance) for pictures in (made, real))
    return frechet_distance(a, b)


@torch.inference_mode()
def averages(
    network: nn.Module, pictures: Pictures, device: torch.device, advance: Callable[[int], object]
) -> Tensor:
    """What a network makes of pictures, float64 [N, 2048]."""
    found = []
    for start in range(0, len(pictures), _BATCH):
        some = pictures[start : start + _BATCH]
        x = (resized(images(some).to(device)) - 128) / 128
        found.append(network(x).cpu().double())
        advance(len(some))
    return torch.cat(found)


def resized(x: Tensor) -> Tensor:
    """Pictures [N, 3, H, W] at 299 pixels as TensorFlow 1 did it for FID's first numbers.

    Bilinear, with pixel i taken at i * H / 299 (no half pixel's shift) and nothing averaged where
    a picture gets smaller. Today's libraries do it otherwise, which changes the figures a little.
    """
    for axis in (2, 3):
        side = x.shape[axis]
        at = torch.arange(SIDE, device=x.device) * (side / SIDE)
        low = at.long()
        high = (low + 1).clamp(max=side - 1)
        share = (at - low)[:, None] if axis == 2 else at - low
        x = torch.lerp(x.index_select(axis, low), x.index_select(axis, high), share)
    return x
