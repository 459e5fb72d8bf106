"""The mapping network of StyleGAN 1, 2 and 3 in plain operations, from a checkpoint's tensors.

The same as `mapping`, without PyTorch.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.backends import Node, Operations

Array = npt.NDArray[np.float32]
Tensors = Mapping[str, npt.NDArray[Any]]

GAINS = {"lrelu": math.sqrt(2), "relu": math.sqrt(2), "swish": math.sqrt(2)}
"""What keeps the variance of activations; that of the others is 1."""
HOMOGENEOUS = ("linear", "lrelu", "relu")
"""Activations that let a positive factor through, so that it can be applied before them."""


def mapping(ops: Operations, config: Mapping[str, Any], tensors: Tensors) -> dict[str, Node]:
    """z [N, z_dim], and labels c [N, c_dim] where there are any, to w [N, w_dim], not truncated."""
    options = config["mapping"]
    joins, labels = options.get("joins_labels", False), config["c_dim"]
    x = ops.input("z", (config["z_dim"],))  # [N, z_dim]
    if labels:
        weight, bias = dense(tensors, "embed", options.get("embed_lr_multiplier", 1.0))
        c = ops.input("c", (labels,))  # [N, c_dim]
        label = ops.add(ops.matmul(c, ops.const(weight)), ops.const(bias))  # [N, label_dim]
        parts = [x, label] if joins else [normalised(ops, x), normalised(ops, label)]
        x = ops.concat(parts)  # [N, z_dim + label_dim]
    if joins or not labels:
        x = normalised(ops, x)
    activation = options["activation"]
    gain = GAINS.get(activation, 1.0)
    early, late = (gain, 1.0) if activation in HOMOGENEOUS else (1.0, gain)
    for index in range(options["num_layers"]):
        weight, bias = dense(tensors, f"fc{index}", options["lr_multiplier"], early)
        x = ops.add(ops.matmul(x, ops.const(weight)), ops.const(bias))  # [N, the layer's width]
        x = ops.activation(x, activation)
        x = x if late == 1 else ops.mul(x, ops.const(late))
    return {"w": x}


def dense(tensors: Tensors, name: str, lr: float = 1.0, gain: float = 1.0) -> tuple[Array, Array]:
    """A layer's weight [in, out] and bias [1, out], its gains worked in."""
    weight = np.asarray(tensors[f"{name}.weight"], np.float32)  # [out, in]
    scaled = weight * np.float32(lr * gain / math.sqrt(weight.shape[1]))
    bias = np.asarray(tensors[f"{name}.bias"], np.float32) * np.float32(lr * gain)
    return np.ascontiguousarray(scaled.T), bias[None]


def normalised(ops: Operations, x: Node) -> Node:
    """Each row of x [N, C] scaled to unit mean square."""
    mean = ops.mean(ops.mul(x, x), 1)  # [N, 1]
    return ops.mul(x, ops.power(ops.add(mean, ops.const(1e-8)), -0.5))
