"""Opening a checkpoint: tell its format by its first bytes, read it, check what was found."""

from pathlib import Path
from typing import Any

from taxiway.core.errors import NotFound, UnreadableCheckpoint
from taxiway.networks.checkpoint import schema, shapes
from taxiway.networks.checkpoint.contents import Checkpoint, Found
from taxiway.networks.checkpoint.limits import Broken, Budget
from taxiway.networks.checkpoint.machine import Reading
from taxiway.networks.checkpoint.native import native_checkpoint
from taxiway.networks.checkpoint.nvidia import nvidia_checkpoint, read_pickle
from taxiway.networks.checkpoint.source import Source
from taxiway.networks.checkpoint.values import Module


def read_checkpoint(path: Path | str) -> Checkpoint:
    """The generator in a checkpoint file, read without running anything that is in it.

    Reads StyleGAN2-ADA-PyTorch and StyleGAN3 `.pkl` and
    Taxiway's own `.safetensors`. Raises NotFound if there is no such file
    and UnreadableCheckpoint if it is foreign, broken or hostile.
    """
    path = Path(path)
    if not path.is_file():
        raise NotFound(f"There is no file '{path}'.")
    with path.open("rb") as file:
        source = Source(file)
        try:
            return _checked(_find(source), source)
        except UnreadableCheckpoint as error:
            raise UnreadableCheckpoint(f"'{path.name}' {error}.") from None


def _find(source: Source) -> Found:
    budget = Budget(source.size)
    if source.size > 8 and source.read(8, 9) == b"{":
        return native_checkpoint(source, budget)
    match read_pickle(source, Reading(budget)):
        case {"G_ema": Module() as generator}:
            return nvidia_checkpoint(generator, budget)
    raise Broken("is a pickle of something else than a StyleGAN")


def _checked(found: Found, source: Source) -> Checkpoint:
    schema.check(found.family, found.config)
    tensors, unused = shapes.fit(found.family, found.config, found.tensors)
    notes = list(found.source.get("notes", []))
    if extra := [name for name in unused if not name.endswith("resample_filter")]:
        notes.append(
            f"ignored {len(extra)} tensors that the network has no use for: {extra[0]} ..."
        )
    about: dict[str, Any] = {"sha256": source.sha256(), "bytes": source.size, "notes": notes}
    return Checkpoint(found.family, found.config, tensors, {**found.source, **about})
