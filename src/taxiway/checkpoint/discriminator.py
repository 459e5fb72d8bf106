"""The discriminator in NVIDIA's snapshots and beside our files: needed only to train a model on."""

from collections.abc import Mapping
from pathlib import Path

from taxiway.checkpoint.contents import printable
from taxiway.checkpoint.limits import Broken, Budget, Refused
from taxiway.checkpoint.machine import Reading
from taxiway.checkpoint.modules import take_apart
from taxiway.checkpoint.native import is_native, native_tensors, write_tensors
from taxiway.checkpoint.reader import container, open_source, read_top
from taxiway.checkpoint.source import Source
from taxiway.checkpoint.tensors import Array
from taxiway.checkpoint.values import Module
from taxiway.core.errors import UnreadableCheckpoint


def beside(path: Path) -> Path:
    """Where the discriminator of one of our own files is: "rainbow.discriminator.safetensors"."""
    return path.with_suffix(".discriminator.safetensors")


def write_discriminator(path: Path, tensors: Mapping[str, Array]) -> None:
    """Write a discriminator's tensors beside the model at `path`, weights in 8 bits each."""
    write_tensors(beside(path), tensors, "int8", {"of": path.name})


def read_discriminator(path: Path | str) -> dict[str, Array]:
    """Its tensors by name ("b64.conv0.weight"), or none where there is no discriminator.

    It is in the file, or in a file of its own beside one of ours. Raises NotFound if there is no
    such file, UnreadableCheckpoint if it is broken or hostile.
    """
    path = Path(path)
    with open_source(path) as source:
        if not is_native(source):
            return _read(source, path) if container(source) == "pickle" else {}
    if not beside(path).is_file():
        return {}
    with open_source(beside(path)) as source:
        return _read(source, beside(path))


def _read(source: Source, path: Path) -> dict[str, Array]:
    try:
        return _tensors(source)
    except (Broken, Refused) as error:
        raise UnreadableCheckpoint(printable(f"'{path.name}' {error}.")) from None


def _tensors(source: Source) -> dict[str, Array]:
    budget = Budget(source.size)
    if is_native(source):
        return {name: tensor.read(budget) for name, tensor in native_tensors(source).items()}
    top = read_top(source, Reading(budget))
    network = top.get("D") if isinstance(top, dict) else None
    if not isinstance(network, Module):
        return {}
    found = take_apart(network, budget).tensors
    return {name: tensor.read(budget) for name, tensor in found.items()}
