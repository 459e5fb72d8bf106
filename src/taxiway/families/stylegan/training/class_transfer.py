"""Networks that are to know other classes than they did, or their first, or none."""

import math
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from taxiway.families.stylegan.training.discriminator import LabelMapping

Tensors = Mapping[str, Tensor]
_EMBEDDING = "mapping.embed.weight"
_OUT = ("b4.out.weight", "b4.out.bias")


def generator_of(tensors: Tensors, own: Tensors) -> Tensors:
    """A generator's tensors for a network with other classes, whose fresh ones are `own`.

    An embedding of as many classes stays, any other is fresh. Where there were no classes each
    begins as a region of z: the embedding e of a class is taken for a z as well, and what was made
    of z is made of (z + e) / sqrt(2). Weights of zero instead would learn to tell classes apart
    too slowly, as a mapping network does everything slowly.
    """
    if _EMBEDDING not in own or not _differ(tensors, own):
        return tensors
    embedding = {name: own[name] for name in own if name.startswith("mapping.embed.")}
    first = tensors["mapping.fc0.weight"]
    more = own["mapping.fc0.weight"].shape[1] - first.shape[1]
    if more:
        first = torch.cat([first, F.pad(first, (0, more - first.shape[1]))], dim=1)
    return {**tensors, **embedding, "mapping.fc0.weight": first}


def discriminator_of(tensors: Tensors, own: Tensors) -> Tensors:
    """A discriminator's tensors for a network that knows other classes, or none: its mean verdict.

    A verdict is linear in the direction of its class: the mean direction gives the mean verdict,
    and what gives one number can give it along every direction that new classes have.
    """
    if not tensors or not _differ(tensors, own):
        return tensors
    plain = _without(tensors)
    return _with(plain, own[_EMBEDDING].shape[1]) if _EMBEDDING in own else plain


def network_of(network: Mapping[str, Any], classes: int) -> dict[str, Any]:
    """A network as `networks.build.described` tells it, with so many classes instead."""
    config, shapes = dict(network["config"]), dict(network["shapes"])
    if config["c_dim"] == classes:
        return dict(network)
    if not config["c_dim"]:
        rows, inputs = shapes["mapping.fc0.weight"]
        shapes["mapping.fc0.weight"] = [rows, inputs + config["w_dim"]]
    config.pop("classes", None)
    return {**network, "config": config | {"c_dim": classes}, "shapes": shapes}


def _differ(tensors: Tensors, own: Tensors) -> bool:
    """Whether two networks have other numbers of classes, or one has some and the other none."""
    shapes = [each[_EMBEDDING].shape if _EMBEDDING in each else None for each in (tensors, own)]
    return shapes[0] != shapes[1]


def _without(tensors: Tensors) -> Tensors:
    if _EMBEDDING not in tensors:
        return tensors
    width, classes = tensors[_EMBEDDING].shape
    mapping = LabelMapping(classes, width)
    known = {name: tensors.get(f"mapping.{name}", own) for name, own in mapping.named_parameters()}
    with torch.no_grad():
        directions = torch.func.functional_call(mapping, known, torch.eye(classes))
        mean = directions.mean(dim=0, keepdim=True) / math.sqrt(width)
        return {**tensors, **{name: mean @ tensors[name] for name in _OUT}}


def _with(tensors: Tensors, classes: int) -> Tensors:
    weight, bias = (tensors[name] for name in _OUT)
    width = weight.shape[1]
    mapping = LabelMapping(classes, width)
    with torch.no_grad():
        along = torch.linalg.pinv(mapping(torch.eye(classes))).sum(dim=1) * math.sqrt(width)
    known = {f"mapping.{name}": tensor for name, tensor in mapping.state_dict().items()}
    return {**tensors, **known, _OUT[0]: along[:, None] @ weight, _OUT[1]: along * bias}
