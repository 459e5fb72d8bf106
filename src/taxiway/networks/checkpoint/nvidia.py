"""NVIDIA's PyTorch snapshots (StyleGAN2-ADA, StyleGAN3): a pickle of persistent objects."""

import hashlib
from functools import partial
from typing import Any

from taxiway.networks.checkpoint.contents import Found
from taxiway.networks.checkpoint.limits import Broken, Budget
from taxiway.networks.checkpoint.machine import Machine, Reading
from taxiway.networks.checkpoint.modules import Network, take_apart
from taxiway.networks.checkpoint.opcodes import Cursor
from taxiway.networks.checkpoint.source import Source, Text
from taxiway.networks.checkpoint.stylegan2 import stylegan2_config
from taxiway.networks.checkpoint.stylegan3 import stylegan3_config
from taxiway.networks.checkpoint.tensors import Array
from taxiway.networks.checkpoint.torch_stream import open_storage
from taxiway.networks.checkpoint.values import Module


def read_pickle(source: Source, reading: Reading) -> object:
    """The top object of a raw pickle; raises Broken or Refused."""
    cursor = Cursor(source, 0, source.size)
    return Machine(cursor, reading, open_storage=partial(open_storage, reading=reading)).run()


def nvidia_checkpoint(generator: Module, budget: Budget) -> Found:
    """What a persistent Generator holds; raises Broken if that is no StyleGAN2 or 3."""
    network = take_apart(generator, budget)
    if "synthesis.input.freqs" in network.tensors:
        tensors = _arrays(network, budget)
        family, config = "stylegan3", stylegan3_config(network)
    elif "synthesis.b4.const" in network.tensors:
        tensors = _arrays(network, budget)
        family, config = "stylegan2", stylegan2_config(network, tensors)
    else:
        raise Broken(f"holds a network {generator.name!r:.60} that is no StyleGAN2 or StyleGAN3")
    return Found(
        family,
        config,
        tensors,
        {"format": f"NVIDIA PyTorch pickle ({family})", "embedded_code": embedded_code(network)},
    )


def embedded_code(network: Network) -> list[dict[str, Any]]:
    """The source texts that a stock loader would have run: their hash, size and classes."""
    texts: dict[int, dict[str, Any]] = {}
    for module in network.modules.values():
        entry = texts.get(id(module.text)) or _code(module.text)
        texts[id(module.text)] = entry
        if module.name not in entry["classes"]:
            entry["classes"].append(module.name)
    return list(texts.values())


def _code(text: str | Text) -> dict[str, Any]:
    if isinstance(text, Text):
        return {"sha256": text.span.sha256(), "bytes": len(text.span), "classes": []}
    data = text.encode()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "classes": []}


def _arrays(network: Network, budget: Budget) -> dict[str, Array]:
    return {name: tensor.read(budget) for name, tensor in network.tensors.items()}
