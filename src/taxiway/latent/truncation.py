"""Truncation: w pulled towards a centre, so that pictures are calmer and more alike.

Karras et al. 2019, appendix B. The symbol of its strength is psi.
"""

import numpy as np
import numpy.typing as npt

from taxiway.latent.space import Array


def truncate(
    w: npt.ArrayLike,
    centre: npt.ArrayLike,
    truncation: float = 1.0,
    cutoff: int | None = None,
    num_ws: int = 1,
) -> Array:
    """ws float32 [N, num_ws, w_dim] of w [N, w_dim] (or of ws), its first `cutoff` rows pulled.

    `centre` is [w_dim], or one for each of N as [N, 1, w_dim]; `truncation` 1 changes nothing and
    0 gives the centre, below 0 what lies beyond it.
    """
    w = np.asarray(w, np.float32)
    ws = w if w.ndim == 3 else np.repeat(w[:, None], num_ws, axis=1)  # [N, num_ws, w_dim]
    if truncation == 1:
        return ws
    rows = ws.shape[1] if cutoff is None else cutoff
    pulled = lerp(np.asarray(centre, np.float32), ws[:, :rows], truncation)
    return np.concatenate([pulled, ws[:, rows:]], axis=1)


def lerp(start: Array, end: Array, weight: float) -> Array:
    """From start (0) to end (1), rounded once: the very numbers that `torch.lerp` gives.

    It begins at the nearer end and multiplies and adds in one step, so float64 carries both.
    """
    near_start = abs(np.float32(weight)) < 0.5
    factor = np.float32(weight) if near_start else np.float32(weight) - np.float32(1)
    base = start if near_start else end
    return (factor.astype(np.float64) * (end - start) + base).astype(np.float32)
