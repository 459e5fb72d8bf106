"""How a network is changed while it is written down: layer by layer."""

from collections.abc import Callable

from taxiway.backends import Node, Operations

Change = Callable[[Operations, str, Node, tuple[int, int, int]], Node]
"""(operations, the layer's name, what it gives [N, C, H, W], (C, H, W)) to what it is to give."""


def unchanged(ops: Operations, name: str, x: Node, shape: tuple[int, int, int]) -> Node:
    """Nothing is changed."""
    return x
