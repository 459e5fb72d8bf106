"""How unlike two pictures look: features of a VGG16, compared as LPIPS does (Zhang et al. 2018).

Its weights do not come with Taxiway: whoever has them gives the file. VGG16 is of Simonyan and
Zisserman, 2015.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from taxiway.checkpoint import tensors
from taxiway.checkpoint.limits import Budget
from taxiway.checkpoint.machine import Reading
from taxiway.checkpoint.native import is_native, native_tensors
from taxiway.checkpoint.reader import container, open_source, read_top
from taxiway.core.errors import InvalidArgument, UnreadableCheckpoint

BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Channels of each convolution; after each block the picture is halved."""
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the colours 0..1 that VGG16 was trained on."""
LARGEST = 256
"""Pixels along the longer side; larger pictures are made smaller, as StyleGAN2's projector does."""
LIMIT = 1e6
MAX_BYTES = 1 << 30
"""A file of all of VGG16 has 528 MB, of which only the convolutions are read."""


class Perceptual(nn.Module):
    """The features of pictures, and how far they are from others', `weight` times.

    Without linear weights every channel counts alike. Parameters have the names that torchvision
    and the package `lpips` give them, `features.0.weight` and `lin0.model.1.weight`.
    """

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__()
        self.weight = weight
        self.features = nn.Sequential(*layers())
        for index, block in enumerate(BLOCKS):
            counted = nn.Conv2d(block[-1], 1, 1, bias=False)
            nn.init.ones_(counted.weight)
            model = nn.Sequential(nn.Identity(), counted)
            self.add_module(f"lin{index}", nn.ModuleDict({"model": model}))

    def features_of(self, images: Tensor) -> list[Tensor]:
        """What the last layer of each block says of images [N, C, H, W] of -1..1.

        Up to five [N, channels, h, w], the channels of every place of length 1.
        """
        x, found = self.prepared(images), []
        for layer in self.features:
            if isinstance(layer, nn.MaxPool2d):
                found.append(F.normalize(x, dim=1, eps=1e-10))
                if min(x.shape[2:]) < 2:
                    break
            x = layer(x)
        return found

    def prepared(self, images: Tensor) -> Tensor:
        """Images as the network knows them: three channels, not too large, centred."""
        x = images.float()[:, :3].expand(-1, 3, -1, -1)
        longer = max(x.shape[2:])
        if longer > LARGEST:
            size = [max(1, round(side * LARGEST / longer)) for side in x.shape[2:]]
            x = F.interpolate(x, size, mode="area")
        mean, spread = (x.new_tensor(of).view(1, 3, 1, 1) for of in (MEAN, SPREAD))
        return ((x + 1) / 2 - mean) / spread

    def forward(self, images: Tensor, targets: Sequence[Tensor]) -> Tensor:
        """How far images [N, C, H, W] are from the `features_of` targets: [N], 0 if equal."""
        total = images.new_zeros(len(images), dtype=torch.float32)
        for index, (mine, other) in enumerate(zip(self.features_of(images), targets, strict=True)):
            counted = self.get_submodule(f"lin{index}.model")((mine - other).square())
            total = total + counted.mean(dim=(1, 2, 3))
        return self.weight * total

    def fingerprint(self) -> str:
        """Tells these weights from others."""
        digest = hashlib.sha256(str(self.weight).encode())
        for tensor in self.state_dict().values():
            digest.update(tensor.cpu().numpy().tobytes())
        return digest.hexdigest()


def layers() -> Iterator[nn.Module]:
    """VGG16's layers up to the last halving, in the order that gives them their numbers."""
    depth = 3
    for block in BLOCKS:
        for width in block:
            yield nn.Conv2d(depth, width, 3, padding=1)
            yield nn.ReLU()
            depth = width
        yield nn.MaxPool2d(2)


def read_perceptual(
    path: Path | str, linear: Path | str | None = None, weight: float = 1.0
) -> Perceptual:
    """The network of a file of VGG16 (torchvision's .pth, or safetensors), nothing unpickled.

    `linear` is a file of the package `lpips`, vgg.pth. Raises NotFound, or InvalidArgument for
    files of anything else or a weight that is not above 0.
    """
    if not 0 < weight < LIMIT:
        raise InvalidArgument(f"The perceptual weight is above 0, got {weight:g}.")
    with torch.device("meta"):  # shapes only: nothing is drawn just to be replaced
        model = Perceptual(weight)
    state = {name: torch.ones(tensor.shape) for name, tensor in model.state_dict().items()}
    convolutions = {name: of for name, of in state.items() if name.startswith("features.")}
    state |= read_tensors(Path(path), convolutions, "VGG16")
    if linear is not None:
        weights = {name: of for name, of in state.items() if name.startswith("lin")}
        state |= read_tensors(Path(linear), weights, "linear weights for VGG16")
    model.load_state_dict(state, assign=True)
    return model.eval().requires_grad_(False)


def read_tensors(path: Path, like: Mapping[str, Tensor], what: str) -> dict[str, Tensor]:
    """Tensors of those names and shapes from a file; raises NotFound or InvalidArgument."""
    with open_source(path) as source:
        if source.size > MAX_BYTES:
            raise InvalidArgument(f"'{path.name}' is larger than {MAX_BYTES >> 20} MB.")
        budget, native = Budget(source.size), is_native(source)
        try:
            top = native_tensors(source) if native else read_top(source, Reading(budget))
            found = top if isinstance(top, dict) else {}
            for name, tensor in like.items():
                given = found.get(name)
                if not isinstance(given, tensors.Tensor) or given.shape != tuple(tensor.shape):
                    size = "x".join(map(str, tensor.shape))
                    raise InvalidArgument(f"'{path.name}' is no {what}: '{name}' is to be {size}.")
            read = {name: found[name].read(budget).astype(np.float32) for name in like}
        except UnreadableCheckpoint as error:
            known = native or container(source) != "no known format"
            why = error if known else "is of no format that is known"
            raise InvalidArgument(f"'{path.name}' is no {what}: it {why}.") from None
    for name, array in read.items():
        if not np.isfinite(array).all():
            raise InvalidArgument(f"'{path.name}' has numbers that are not finite in '{name}'.")
    return {name: torch.from_numpy(array) for name, array in read.items()}
