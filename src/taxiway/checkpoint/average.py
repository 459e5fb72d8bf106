"""The average w of a mapping network, for files that lack it (Karras et al. 2019, appendix B)."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from taxiway.checkpoint.shapes import compare, mapping_shapes
from taxiway.checkpoint.tensors import Array

DRAWS = 4096
WORK = 1e10  # multiplications; an 8-layer mapping of 512 takes 8.6e9


def average_w(tensors: Mapping[str, Array], config: Mapping[str, Any]) -> tuple[Array, int]:
    """The mean w [w_dim] of random z (always the same ones), and of how many."""
    shapes = mapping_shapes(config, tensors)
    del shapes["mapping.w_avg"]
    compare(shapes, tensors)
    count = min(DRAWS, max(64, int(WORK / sum(map(math.prod, shapes.values())))))
    x = np.random.RandomState(0).standard_normal((count, config["z_dim"])).astype(np.float32)
    x /= np.sqrt((x * x).mean(axis=1, keepdims=True) + 1e-8)
    lr = config["mapping"]["lr_multiplier"]
    with np.errstate(all="ignore"):  # broken weights give a broken average, no warning
        for i in range(config["mapping"]["num_layers"]):
            weight, bias = (tensors[f"mapping.fc{i}.{part}"] for part in ("weight", "bias"))
            x = x @ (weight.T * (lr / math.sqrt(weight.shape[1]))) + bias * lr
            x = np.maximum(x, 0.2 * x) * math.sqrt(2)
        return x.mean(axis=0).astype(np.float32), count
