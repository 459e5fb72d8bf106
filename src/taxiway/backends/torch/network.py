"""A graph as PyTorch runs it: arrays in, arrays out, whatever the device."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from taxiway.backends import Arrays, Inputs


class TorchNetwork:
    """What a graph's `torch` built, without gradients, on one device."""

    def __init__(
        self, call: Callable[..., dict[str, torch.Tensor]], device: torch.device | str
    ) -> None:
        self.call, self.device = call, torch.device(device)

    @torch.inference_mode()
    def run(self, inputs: Inputs) -> Arrays:
        given = {name: self._tensor(value) for name, value in inputs.items()}
        return {name: tensor.cpu().numpy() for name, tensor in self.call(**given).items()}

    def _tensor(self, value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return value
        return torch.from_numpy(np.array(value)).to(self.device)  # a copy: it may be read-only
