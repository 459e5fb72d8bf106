"""NVIDIA's PyTorch snapshots (StyleGAN2-ADA, StyleGAN3) and those of projects built on them."""

from functools import partial

from taxiway.checkpoint import vetting
from taxiway.checkpoint.contents import Found
from taxiway.checkpoint.fastgan import FIRST, fastgan_checkpoint
from taxiway.checkpoint.limits import Broken, Budget
from taxiway.checkpoint.machine import Machine, Reading
from taxiway.checkpoint.modules import Network, take_apart
from taxiway.checkpoint.opcodes import Cursor
from taxiway.checkpoint.source import Source, embedded_code
from taxiway.checkpoint.stylegan2 import has_table, stylegan2_config
from taxiway.checkpoint.stylegan3 import stylegan3_config
from taxiway.checkpoint.stylegan_xl import stylegan_xl
from taxiway.checkpoint.tensors import Array
from taxiway.checkpoint.torch_stream import open_storage
from taxiway.checkpoint.values import Module

ALIAS_FREE = "synthesis.input.freqs"
"""What only a StyleGAN3 begins with."""
CONSTANT = "synthesis.b4.const"
"""What only a StyleGAN2 begins with."""


def read_pickle(source: Source, reading: Reading) -> object:
    """The top object of a raw pickle; raises Broken or Refused."""
    cursor = Cursor(source, 0, source.size)
    return Machine(cursor, reading, open_storage=partial(open_storage, reading=reading)).run()


def nvidia_checkpoint(generator: Module, budget: Budget) -> Found:
    """What a Generator holds; raises Broken if that is no StyleGAN2 or 3, and no FastGAN."""
    network = take_apart(generator, budget)
    notes = list(vetting.unknown_parts(network))
    if FIRST in network.tensors:
        found = fastgan_checkpoint(network, budget)
        return found._replace(source={**found.source, "notes": notes + found.source["notes"]})
    if ALIAS_FREE in network.tensors:
        tensors = _arrays(network, budget)
        family, config = "stylegan3", stylegan3_config(network)
        if has_table(network):
            tensors, config = stylegan_xl(tensors, config)
    elif CONSTANT in network.tensors:
        tensors = _arrays(network, budget)
        family, config = "stylegan2", stylegan2_config(network, tensors)
    else:
        raise Broken(
            f"holds a network {generator.name!r:.60} that is no StyleGAN2 or 3, or FastGAN"
        )
    vetting.check_agreement(network, {name: each.shape for name, each in network.tensors.items()})
    vetting.check_size(generator, *config["img_resolution"])
    code = embedded_code((module.name, module.text) for module in network.modules.values())
    about = {"format": f"NVIDIA PyTorch pickle ({family})", "embedded_code": code, "notes": notes}
    return Found(family, config, tensors, about)


def _arrays(network: Network, budget: Budget) -> dict[str, Array]:
    return {name: tensor.read(budget) for name, tensor in network.tensors.items()}
