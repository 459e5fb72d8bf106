"""Directions in w that change what one layer says most: GANSpace on activations.

Härkönen et al. 2020: the principal components of a layer's activations, then least squares from
the coordinates along them back to w.
"""

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor, nn

from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.bending.bend import layers_of
from taxiway.families.stylegan.directions.components import principal, signed
from taxiway.families.stylegan.directions.direction import Doubles
from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.rendering.sampling import w_batches

LEAST = 10_000
"""Samples, for least squares that can be trusted."""
SKETCHED = 1024
"""Numbers to which an activation is brought."""
TOGETHER = 16


def activation_axes(
    generator: Generator,
    layer: str,
    count: int,
    samples: int = LEAST,
    progress: Callable[[int], None] = lambda done: None,
) -> Doubles:
    """How w changes along each of a layer's first components: [count, w_dim], not of length 1.

    `layer` is a name as in `bending.bend`; `progress` gets how many samples are done. Raises
    InvalidArgument for a layer that there is not, or several.
    """
    w: list[Any] = []
    seen: list[Any] = []
    with torch.inference_mode():
        for batch in w_batches(generator, max(samples, LEAST), seed=2, batch=TOGETHER):
            progress(TOGETHER * len(w))
            w.append(batch.numpy())
            seen.append(sketch(activations(generator, layer, batch)).numpy())
    return regressed(np.concatenate(seen), np.concatenate(w), count)


def regressed(seen: Any, w: Any, count: int) -> Doubles:
    """The change of w [N, D] with each of the first components of rows [N, K]."""
    found = principal([seen])
    kept = min(count, int((found.deviations > 1e-9 * found.deviations[0]).sum()))
    axes = found.axes[:kept] / found.deviations[:kept, None]
    coordinates = (seen - found.mean) @ axes.T
    # Against w less its mean, as the coordinates have none: no constant is to be found.
    solved = np.linalg.lstsq(coordinates, w.astype(np.float64) - w.mean(axis=0), rcond=None)
    return signed(solved[0])


class Reached(Exception):
    """A layer has spoken; what comes after it need not be computed."""

    def __init__(self, said: Tensor) -> None:
        self.said = said


def activations(generator: Generator, layer: str, w: Tensor) -> Tensor:
    """What a layer says [N, C, H, W] of w [N, w_dim]."""
    chosen = layers_of(generator, layer)
    if len(chosen) != 1:
        names = ", ".join(name for name, _ in chosen)
        raise InvalidArgument(f"'layer' takes one layer, got {layer[:40]!r}: {names}.", "layer")
    hook = chosen[0][1].register_forward_hook(stop)
    try:
        generator.synthesis(w.to(generator.device)[:, None].expand(-1, generator.num_ws, -1))
    except Reached as reached:
        return reached.said
    finally:
        hook.remove()
    raise AssertionError("every layer is reached")


def stop(layer: nn.Module, given: Any, said: Tensor) -> NoReturn:
    """The hook that ends a generator's work at a layer."""
    raise Reached(said)


def sketch(said: Tensor) -> Tensor:
    """Rows [N, up to 1,024] that are about as far from each other as activations [N, C, H, W].

    Every number is added, its sign drawn, to one of the places, drawn too (count sketch, Charikar
    et al. 2002): the same draw for every call. Small layers are given as they are.
    """
    rows = said.flatten(1).float().cpu()
    if rows.shape[1] <= SKETCHED:
        return rows
    random = torch.Generator().manual_seed(0)
    places = torch.randint(SKETCHED, (rows.shape[1],), generator=random)
    signs = 2 * torch.randint(2, (rows.shape[1],), generator=random).float() - 1
    return torch.zeros(len(rows), SKETCHED).index_add_(1, places, rows * signs)
