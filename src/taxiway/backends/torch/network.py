"""A graph as PyTorch runs it: arrays in, arrays out, whatever the device."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from taxiway.backends import Arrays, Inputs, NoMemory
from taxiway.backends.torch.twins import keep_twins, twins_of
from taxiway.core.errors import Spent


class TorchNetwork:
    """What a graph's `torch` built, without gradients, on one device."""

    def __init__(
        self, call: Callable[..., dict[str, torch.Tensor]], device: torch.device | str
    ) -> None:
        self.call, self.device = call, torch.device(device)

    @torch.inference_mode()
    def run(self, inputs: Inputs) -> Arrays:
        with failing(self.device):
            return self.computed(inputs)

    def computed(self, inputs: Inputs) -> Arrays:
        """The outputs of one call, whatever PyTorch raises."""
        given = {name: self._tensor(value) for name, value in inputs.items()}
        made = self.call(**given)
        clones = twins_of(made, torch.Tensor.copy_) if self.device.type == "cuda" else {}
        arrays = {name: tensor.cpu().numpy() for name, tensor in made.items()}  # waits for both
        keep_twins(arrays, clones)
        return arrays

    def _tensor(self, value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return value
        return torch.from_numpy(np.array(value)).to(self.device)  # a copy: it may be read-only


@contextmanager
def failing(device: torch.device) -> Iterator[None]:
    """Make a sentence of what PyTorch raises where a GPU has no memory left, or is gone.

    Raises NoMemory, and Spent where nothing will work any more in this process, as after a machine
    slept or a driver crashed: whatever is asked then, the same error comes.
    """
    try:
        yield
    except torch.OutOfMemoryError:
        raise NoMemory(
            "The GPU has too little memory left for this; stop other models and programs on it."
        ) from None
    except torch.AcceleratorError as error:
        if device.type != "cuda" or is_well(device):
            raise
        first = str(error).partition("\n")[0].rstrip(". ")
        raise Spent(f"The GPU is lost to this model, which starts anew: {first}.") from None


def is_well(device: torch.device) -> bool:
    """Whether a GPU still does something for this process."""
    try:
        torch.cuda.synchronize(device)
    except RuntimeError:
        return False
    return True
