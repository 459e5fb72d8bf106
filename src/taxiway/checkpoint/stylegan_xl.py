"""StyleGAN-XL (Sauer et al. 2022): a StyleGAN3 whose classes come from a table of features.

The table of an image classifier's averages, its projection and activation are worked into one row
for each class on reading; then its mapping network is a StyleGAN3's. Truncation goes to the centre
of the class. A super-resolution generator is a stem with further layers and needs nothing else.
"""

import math
from typing import Any

import numpy as np

from taxiway.checkpoint.limits import Broken
from taxiway.checkpoint.shapes import shape_of
from taxiway.checkpoint.tensors import Array

TABLE = "mapping.embed_proj.weight"
"""What only StyleGAN-XL has."""
CENTRES = "mapping.class_w_avg"
"""One w for each class [c_dim, w_dim]."""
SLOPE = 0.2

Config = dict[str, Any]


def stylegan_xl(tensors: dict[str, Array], config: Config) -> tuple[dict[str, Array], Config]:
    """The tensors and config of a taken-apart StyleGAN-XL, as those of a StyleGAN3."""
    kept = {name: each for name, each in tensors.items() if not name.startswith("mapping.embed")}
    if not config["c_dim"]:
        return kept, config  # the table is there, and unused
    rows = label_rows(tensors)
    classes = config["c_dim"]
    if len(rows) != classes:
        raise Broken(f"has features of {len(rows)} classes for its {classes}")
    # A dense layer divides by the root of its inputs; this one is to give the rows themselves.
    weight = (rows.T * math.sqrt(classes)).astype(np.float32)
    kept["mapping.embed.weight"] = np.ascontiguousarray(weight)
    kept["mapping.embed.bias"] = np.zeros(len(weight), np.float32)
    centres = tensors.get("mapping.w_avg")
    if centres is not None and centres.shape == (classes, config["w_dim"]):
        kept[CENTRES] = centres
        kept["mapping.w_avg"] = centres.mean(axis=0, dtype=np.float64).astype(np.float32)
        config = {**config, "mapping": {**config["mapping"], "class_centres": True}}
    return kept, config


def label_rows(tensors: dict[str, Array]) -> Array:
    """What each class adds to z [c_dim, features]: leaky ReLU of its projected features."""
    features = tensors.get("mapping.embed.weight", np.zeros((0, 0), np.float32))
    outputs, inputs = shape_of(tensors, TABLE, 2)
    if features.ndim != 2 or features.shape[1] != inputs:
        raise Broken(f"has classes of {features.shape[-1]} features where {inputs} fit")
    if shape_of(tensors, "mapping.embed_proj.bias", 1) != (outputs,):
        raise Broken("has a projection of its classes whose bias does not fit")
    weight = tensors[TABLE].astype(np.float64) / math.sqrt(inputs)
    rows = features.astype(np.float64) @ weight.T + tensors["mapping.embed_proj.bias"]
    return np.maximum(rows, SLOPE * rows) * math.sqrt(2)
