"""Twins of the pictures that PyTorch makes on a GPU; see `core.twins`."""

from collections.abc import Callable, Mapping

import torch

from taxiway.backends import Arrays
from taxiway.core import twins
from taxiway.core.images import Pixels

Copy = Callable[[torch.Tensor, torch.Tensor], object]
"""Copies to the first from the second."""


def twins_of(outputs: Mapping[str, torch.Tensor], copy: Copy) -> dict[str, torch.Tensor]:
    """Clones uint8 [N, H, W, 4] of those outputs that are pictures uint8 [N, H, W, 3 or 4].

    They are made in the current queue, and have an opacity, as textures do: a driver may well turn
    three bytes a pixel into four on the processor. Without anybody who wants them, or without
    memory for them, there are none.
    """
    if not twins.wanted():
        return {}
    try:
        return {name: _whole(made, copy) for name, made in outputs.items() if _is_pictures(made)}
    except torch.OutOfMemoryError:
        return {}


def keep_twins(arrays: Arrays, clones: Mapping[str, torch.Tensor]) -> None:
    """Let arrays have those clones, which are done, for twins."""
    for name, clone in clones.items():
        twins.keep(arrays[name], twins.Twin(clone.data_ptr(), clone.device.index or 0, clone))


def lift(picture: Pixels) -> None:
    """Bring a picture [H, W, 3 or 4] to the first GPU, if there is one, as its twin: a test
    picture then goes the way of a model's."""
    if torch.cuda.is_available():
        on_gpu = torch.from_numpy(picture).cuda()[None]
        clones = twins_of({"": on_gpu}, torch.Tensor.copy_)
        torch.cuda.synchronize()
        keep_twins({"": picture}, clones)


def _is_pictures(made: torch.Tensor) -> bool:
    return made.dtype == torch.uint8 and made.ndim == 4 and made.shape[3] in (3, twins.CHANNELS)


def _whole(pictures: torch.Tensor, copy: Copy) -> torch.Tensor:
    size = (*pictures.shape[:3], twins.CHANNELS)
    clone = torch.full(size, 255, dtype=torch.uint8, device=pictures.device)
    copy(clone[..., : pictures.shape[3]], pictures)
    return clone
