"""A checkpoint's two networks as graphs, which any backend may compute.

Nothing here imports torch before PyTorch is the one that computes.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from taxiway.backends import Graph
from taxiway.checkpoint import Checkpoint
from taxiway.families.stylegan.networks import (
    build_generator,
    graph_fastgan,
    graph_mapping,
    graph_stylegan1,
    graph_stylegan2,
    graph_stylegan3,
)
from taxiway.families.stylegan.networks.graph_change import Change, unchanged

if TYPE_CHECKING:
    import torch

    from taxiway.families.stylegan.networks.generator import Generator

Call = Callable[..., dict[str, Any]]

WRITTEN: dict[str, Call] = {
    "stylegan1": graph_stylegan1.synthesis,
    "stylegan2": graph_stylegan2.synthesis,
    "stylegan3": graph_stylegan3.synthesis,
    "fastgan": graph_fastgan.synthesis,
}
"""The synthesis network of each family, written down in operations."""
REFEREED = 256**2
"""Pixels of pictures up to which plain numpy can say what is exact: at 128 px in half a second."""


def graphs_of(
    checkpoint: Checkpoint, built: "Generator | None" = None, change: Change | None = None
) -> tuple[Graph, Graph]:
    """Synthesis and mapping; `built` is the checkpoint's generator, if there is one already.

    With a `change` of layers PyTorch, which has no operations, does not compute the synthesis.

    Synthesis takes ws float32 [N, num_ws, w_dim], a `noise_mode` (const, random, none) and, of a
    StyleGAN3, a `transform` float32 [N, 3, 3]; it gives `image` uint8 [N, H, W, C], or with a
    `layer` of `layers.bendable` its `features` float32 [N, C, h, w]. Mapping takes z [N, z_dim] and
    labels c [N, c_dim] where there are any; it gives w [N, w_dim], not truncated.
    A network without w takes z and c side by side, as one row, and its mapping puts them so.
    """
    generator = cache(lambda: built or build_generator(checkpoint))  # both graphs are of one
    config, tensors = checkpoint.config, checkpoint.tensors
    synthesis, mapping = part(tensors, "synthesis"), part(tensors, "mapping")
    written = WRITTEN[checkpoint.family]
    ws = example_ws(config, tensors)
    z = np.zeros((1, config["z_dim"]), np.float32)
    return (
        Graph(
            checkpoint.family,
            config,
            synthesis,
            {"ws": ws, "noise_mode": "const"},
            None if change else lambda dtype, device: torch_synthesis(generator(), dtype, device),
            partial(written, config=config, tensors=synthesis, change=change or unchanged),
            {"ws": near(ws), "noise_mode": "const"},
            checkpoint.source.get("sha256", ""),
            "reference" if math.prod(config["img_resolution"]) <= REFEREED else "",
            checkpoint.family == "stylegan3",
        ),
        Graph(
            "mapping",
            config,
            mapping,
            {"z": z},
            lambda dtype, device: torch_mapping(generator(), device),
            partial(graph_mapping.mapping, config=config, tensors=mapping)
            if mapping
            else partial(graph_fastgan.mapping, config=config),
        ),
    )


def small_graph(checkpoint: Checkpoint, side: int) -> Graph | None:
    """Synthesis that stops at pictures of up to `side` pixels; None where the network has no such.

    Only a StyleGAN2 whose picture grows from block to block has. It is exact as far as it goes, and
    a sixteenth of the work or less at a quarter of the side.
    """
    if checkpoint.family != "stylegan2":
        return None
    synthesis = part(checkpoint.tensors, "synthesis")
    fitting = [name for name in graph_stylegan2.small_blocks(synthesis) if int(name[1:]) <= side]
    if not fitting:
        return None
    graph, _ = graphs_of(checkpoint)
    assert graph.operations is not None
    small = partial(graph.operations, until=fitting[-1])
    key = graph.key and f"{graph.key} until {fitting[-1]}"
    return replace(graph, torch=None, operations=small, key=key)


def example_ws(config: Any, tensors: Any) -> Any:
    """The average w for every layer; of a network without w, zeros: [1, num_ws or 1, width]."""
    if not config["num_ws"]:
        return np.zeros((1, 1, config["z_dim"] + config["c_dim"]), np.float32)
    return np.tile(np.asarray(tensors["mapping.w_avg"], np.float32), (1, config["num_ws"], 1))


def near(ws: Any) -> Any:
    """Three ws [3, num_ws, w_dim] around the average, about as far as those of truncation 0.5."""
    steps = np.random.default_rng(0).standard_normal((3, 1, ws.shape[2]), np.float32)
    return ws + np.float32(0.5) * steps


def part(tensors: Any, name: str) -> dict[str, Any]:
    """The tensors of one of the networks, without its name."""
    return {k.removeprefix(f"{name}."): v for k, v in tensors.items() if k.startswith(f"{name}.")}


def torch_synthesis(
    generator: "Generator", dtype: "torch.dtype", device: "torch.device | str | None" = None
) -> Call:
    """The fast form of a generator's synthesis network on a device, as a graph is called."""
    import copy

    import torch

    from taxiway.families.stylegan.networks.fast import fast_synthesis

    synthesis = generator.synthesis
    if device is not None:
        synthesis = copy.deepcopy(synthesis).to(device)
    with torch.no_grad():
        return as_pictures(fast_synthesis(synthesis, dtype), synthesis)


def as_pictures(synthesis: Any, plain: Any = None) -> Call:
    """A synthesis network, plain or fast, as a graph is called; `plain` is itself unless given."""
    from taxiway.families.stylegan.networks.features import features_of
    from taxiway.families.stylegan.networks.generator import to_uint8

    def call(
        ws: Any, noise_mode: Any = "const", transform: Any = None, layer: str = ""
    ) -> dict[str, Any]:
        if layer:
            return {"features": features_of(plain or synthesis, layer, ws)}
        return {"image": to_uint8(synthesis(ws, noise_mode, transform))}

    return call


def torch_mapping(generator: "Generator", device: "torch.device | str | None" = None) -> Call:
    """The fast form of a generator's mapping network on a device, as a graph is called."""
    import copy

    from taxiway.families.stylegan.networks.mapping import fast_mapping

    mapping = generator.mapping
    mapping = fast_mapping(mapping if device is None else copy.deepcopy(mapping).to(device))

    def call(z: Any, c: Any = None) -> dict[str, Any]:
        return {"w": mapping(z, c)}

    return call
