"""Directions in w that change what one layer says most: GANSpace on activations.

Härkönen et al. 2020: the principal components of a layer's activations, then least squares from
the coordinates along them back to w.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.directions.components import principal, signed
from taxiway.families.stylegan.directions.direction import Doubles
from taxiway.families.stylegan.networks.layers import bendable, layers_meant
from taxiway.families.stylegan.rendering.renderer import CheckpointRenderer, TorchRenderer
from taxiway.families.stylegan.rendering.sampling import w_batches
from taxiway.latent.space import Array

LEAST = 10_000
"""Samples, for least squares that can be trusted."""
SKETCHED = 1024
"""Numbers to which an activation is brought."""
TOGETHER = 16


def activation_axes(
    renderer: CheckpointRenderer | TorchRenderer,
    layer: str,
    count: int,
    samples: int = LEAST,
    progress: Callable[[int], None] = lambda done: None,
) -> Doubles:
    """How w changes along each of a layer's first components: [count, w_dim], not of length 1.

    `layer` is a name as bends have it; `progress` gets how many samples are done. Raises
    InvalidArgument for a layer that there is not, or several.
    """
    name = one_layer(renderer, layer)
    w: list[Any] = []
    seen: list[Any] = []
    for batch in w_batches(renderer, max(samples, LEAST), seed=2, batch=TOGETHER):
        progress(TOGETHER * len(w))
        w.append(batch)
        seen.append(sketch(renderer.features(name, batch)))
    return regressed(np.concatenate(seen), np.concatenate(w), count)


def one_layer(renderer: CheckpointRenderer | TorchRenderer, name: str) -> str:
    """The one layer that a name means; raises InvalidArgument for none or several."""
    found = layers_meant(bendable(renderer.family, renderer.tensors), name)
    if len(found) != 1:
        names = ", ".join(found)
        raise InvalidArgument(f"'layer' takes one layer, got {name[:40]!r}: {names}.", "layer")
    return found[0]


def regressed(seen: Any, w: Any, count: int) -> Doubles:
    """The change of w [N, D] with each of the first components of rows [N, K]."""
    found = principal([seen])
    kept = min(count, int((found.deviations > 1e-9 * found.deviations[0]).sum()))
    axes = found.axes[:kept] / found.deviations[:kept, None]
    coordinates = (seen - found.mean) @ axes.T
    # Against w less its mean, as the coordinates have none: no constant is to be found.
    solved = np.linalg.lstsq(coordinates, w.astype(np.float64) - w.mean(axis=0), rcond=None)
    return signed(solved[0])


def sketch(said: Array) -> Array:
    """Rows [N, up to 1,024] that are about as far from each other as activations [N, C, H, W].

    Every number is added, its sign drawn, to one of the places, drawn too (count sketch, Charikar
    et al. 2002): the same draw for every call. Small layers are given as they are.
    """
    rows = said.reshape(len(said), -1).astype(np.float32)
    if rows.shape[1] <= SKETCHED:
        return rows
    random = np.random.default_rng(0)
    places = random.integers(SKETCHED, size=rows.shape[1])
    signed_rows = rows * random.choice(np.array([-1, 1], np.float32), rows.shape[1])
    return np.stack([np.bincount(places, row, SKETCHED) for row in signed_rows]).astype(np.float32)
