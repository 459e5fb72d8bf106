"""What one layer of a synthesis network in PyTorch says, and no later one has to."""

from typing import Any, NoReturn

from torch import Tensor, nn


class Reached(Exception):
    """A layer has spoken; what comes after it need not be computed."""

    def __init__(self, said: Tensor) -> None:
        self.said = said


def features_of(synthesis: nn.Module, layer: str, ws: Tensor) -> Tensor:
    """What the layer of that name gives [N, C, H, W] for ws [N, num_ws, w_dim]."""
    hook = synthesis.get_submodule(layer).register_forward_hook(stop)
    try:
        synthesis(ws)
    except Reached as reached:
        return reached.said.float()
    finally:
        hook.remove()
    raise AssertionError("every layer is reached")


def stop(layer: nn.Module, given: Any, said: Tensor) -> NoReturn:
    """The hook that ends a network's work at a layer."""
    raise Reached(said)
