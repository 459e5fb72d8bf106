"""Bending while it plays: a layer's transforms as a model's inputs, and as inputs of its network.

So a fader that moves compiles nothing: the bent network is written down once for each layer, and
what it does to that layer comes with every call. At rest the network that is not bent computes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from taxiway.backends import Inputs, Network, Node, Operations
from taxiway.checkpoint import Checkpoint
from taxiway.choosing import Choice, as_chosen
from taxiway.core.datatypes import AnyDataType, Category, Number
from taxiway.families.stylegan.bending.warps import Layer, Matrix, middles, moved, noise, nonzero
from taxiway.families.stylegan.networks.graph_change import Change
from taxiway.families.stylegan.networks.graphs import graphs_of
from taxiway.families.stylegan.rendering.kept import KeptNetwork
from taxiway.latent.torch_random import randperm

Array = npt.NDArray[Any]

PREFIX = "bend_"
GROUP = "Bending"
LAYERS = 3
"""Layers whose bent networks are kept: each has all the weights once more."""
MOST_NOISE = 10.0


class LiveBend(Struct, frozen=True, kw_only=True):
    """How one layer is bent: first scaled, then turned by degrees, shifted by shares of its size.

    Then, by amounts of 0 to 1, it is cut to 0 and 1, gets grain (up to 10 times what each channel
    varies) and is silenced. `share` of 0 to 1 says how many of its channels that is done to.
    """

    layer: str = ""
    scale: float = 1.0
    rotate: float = 0.0
    x: float = 0.0
    y: float = 0.0
    threshold: float = 0.0
    noise: float = 0.0
    ablate: float = 0.0
    share: float = 1.0

    @classmethod
    def of(cls, inputs: Mapping[str, Any]) -> "LiveBend":
        """The bend among a call's decoded inputs."""
        names = [name for name in cls.__struct_fields__ if PREFIX + name in inputs]
        return cls(**{name: inputs[PREFIX + name] for name in names})

    @property
    def acts_on(self) -> str:
        """The layer that it changes; "" at rest."""
        return self.layer if self.share > 0 and any(self._done) else ""

    @property
    def _done(self) -> tuple[float, ...]:
        placed = self.scale - 1, self.rotate % 360, self.x, self.y
        return *placed, self.threshold, self.noise, self.ablate

    def arrays(self, shape: tuple[int, int, int]) -> dict[str, Array]:
        """What the bent network of a layer [C, H, W] takes: a batch of one."""
        channels, high, wide = shape
        chosen = np.zeros((1, channels), np.float32)
        count = round(min(max(self.share, 0), 1) * channels)
        chosen[:, randperm(0, channels)[:count]] = 1  # more of them are these and others
        amounts = np.clip([self.threshold, self.noise, self.ablate], 0, [1, MOST_NOISE, 1])
        return {
            "bend_places": self._places(high, wide)[None],
            "bend_amounts": amounts.astype(np.float32)[None, None],  # [1, 1, 3]
            "bend_channels": chosen,
        }

    def _places(self, high: int, wide: int) -> Array:
        """Where each place [H, W, 2] of the bent layer lay, in -1..1."""
        layer: Any = Layer(None, 0, high, wide)  # type: ignore[arg-type]
        scaled = np.eye(2) / nonzero(self.scale)
        matrix: Matrix = scaled @ moved(layer, self.x, self.y, self.rotate % 360)  # [2, 3]
        across, down = np.meshgrid(middles(wide), middles(high))
        seen = np.stack([across, down, np.ones((high, wide))], axis=2) @ matrix.T  # [H, W, 2]
        beyond = np.abs(seen + 1) % 4  # a mirror image every 4; float32 has no room for more
        return (np.where(beyond > 2, 4 - beyond, beyond) - 1).astype(np.float32)


def bend_inputs(layers: Sequence[str]) -> dict[str, AnyDataType]:
    """The inputs of a model that are read by `LiveBend.of`; `layers` are those it may bend."""

    def amount(text: str, default: float = 0, most: float = 1, least: float = 0) -> Number:
        return Number(
            default=default, min=least, max=most, step=0.01, description=text, group=GROUP
        )

    middle = layers[len(layers) // 2]
    return {
        "bend_layer": Category(
            one_of=tuple(layers), default=middle, description="The layer to bend.", group=GROUP
        ),
        "bend_scale": amount("Larger around the middle; below 0 mirrored.", 1, 3, -3),
        "bend_rotate": Number(
            default=0, min=-180, max=180, step=1, description="Degrees, clockwise.", group=GROUP
        ),
        "bend_x": amount("Shift, in widths.", least=-1),
        "bend_y": amount("Shift, in heights.", least=-1),
        "bend_threshold": amount("Towards 1 where the layer is over 0, else 0."),
        "bend_noise": amount("Grain, as a share of what each channel varies.", most=2),
        "bend_ablate": amount("Silenced, by so much."),
        "bend_share": amount("How many of the channels are bent.", 1),
    }


class BentNetworks:
    """A checkpoint's synthesis network with one layer bent, compiled when a layer is first asked
    for as the network that is not bent was."""

    def __init__(self, checkpoint: Checkpoint, choice: Choice) -> None:
        self._checkpoint, self._choice = checkpoint, choice
        self._networks: dict[str, tuple[Network, tuple[int, int, int]]] = {}

    def run(self, bends: Sequence[LiveBend], inputs: Inputs) -> Any:
        """The pictures of a batch, each with its own bend; all of them act on one layer."""
        network, shape = self._of(bends[0].acts_on)
        each = [bend.arrays(shape) for bend in bends]
        arrays = {name: np.concatenate([one[name] for one in each]) for name in each[0]}
        return network.run({**inputs, **arrays})

    def _of(self, layer: str) -> tuple[Network, tuple[int, int, int]]:
        found = self._networks.pop(layer, None) or self._compiled(layer)
        self._networks[layer] = found
        if len(self._networks) > LAYERS:
            del self._networks[next(iter(self._networks))]
        return found

    def _compiled(self, layer: str) -> tuple[Network, tuple[int, int, int]]:
        shapes: list[tuple[int, int, int]] = []
        graph, _ = graphs_of(self._checkpoint, change=bent(layer, shapes))
        network = as_chosen(graph, self._choice)
        network.run(graph.example)
        return KeptNetwork(network, 1), shapes[0]


def bent(layer: str, shapes: list[tuple[int, int, int]]) -> Change:
    """The change of a layer by `LiveBend.arrays`; the layer's shape [C, H, W] comes to `shapes`."""

    def change(ops: Operations, name: str, x: Node, shape: tuple[int, int, int]) -> Node:
        if name != layer:
            return x
        shapes.append(shape)
        channels, high, wide = shape
        y = ops.sampled(x, ops.input("bend_places", (high, wide, 2)))  # [N, C, H, W]
        numbers = ops.input("bend_amounts", (1, 3))
        threshold, grain, ablate = (
            ops.per_channel(ops.part(numbers, 0, at, at + 1))  # [N, 1, 1, 1]
            for at in range(3)
        )
        y = towards(ops, y, ops.above(y, 0), threshold)
        grainy = noise(Layer(ops, *shape), y, 1)
        y = towards(ops, y, grainy, grain)
        y = towards(ops, y, ops.mul(y, ops.const(0)), ablate)
        chosen = ops.per_channel(ops.input("bend_channels", (channels,)))  # [N, C, 1, 1]
        return towards(ops, x, y, chosen)

    return change


def towards(ops: Operations, x: Node, y: Node, amount: Node) -> Node:
    """x at 0, y at 1, between them or beyond as they say."""
    return ops.add(x, ops.mul(amount, ops.add(y, ops.mul(x, ops.const(-1.0)))))
