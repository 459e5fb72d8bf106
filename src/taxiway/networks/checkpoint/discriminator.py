"""The discriminator in NVIDIA's snapshots: needed only to train a model on."""

from pathlib import Path

from taxiway.core.errors import UnreadableCheckpoint
from taxiway.networks.checkpoint.contents import printable
from taxiway.networks.checkpoint.limits import Broken, Budget, Refused
from taxiway.networks.checkpoint.machine import Reading
from taxiway.networks.checkpoint.modules import take_apart
from taxiway.networks.checkpoint.native import is_native
from taxiway.networks.checkpoint.reader import container, open_source, read_top
from taxiway.networks.checkpoint.source import Source
from taxiway.networks.checkpoint.tensors import Array
from taxiway.networks.checkpoint.values import Module


def read_discriminator(path: Path | str) -> dict[str, Array]:
    """Its tensors by name ("b64.conv0.weight"), or none where the file has no discriminator.

    Raises NotFound if there is no such file, UnreadableCheckpoint if it is broken or hostile.
    """
    path = Path(path)
    with open_source(path) as source:
        if is_native(source) or container(source) != "pickle":
            return {}
        try:
            return _tensors(source)
        except (Broken, Refused) as error:
            raise UnreadableCheckpoint(printable(f"'{path.name}' {error}.")) from None


def _tensors(source: Source) -> dict[str, Array]:
    budget = Budget(source.size)
    top = read_top(source, Reading(budget))
    network = top.get("D") if isinstance(top, dict) else None
    if not isinstance(network, Module):
        return {}
    found = take_apart(network, budget).tensors
    return {name: tensor.read(budget) for name, tensor in found.items()}
