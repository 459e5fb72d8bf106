"""What moves, as text: modulators, what they move, and the tempo; in the data folder and in scenes.

Whoever wrote it, nothing moves when it is read: modulators come switched off.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct

from taxiway.core.errors import TaxiwayError
from taxiway.core.parsing import Malformed, from_json
from taxiway.live.movement.modulators import MODULATORS, MOST_TARGETS, Movement
from taxiway.live.movement.tempo import WHEN

MOST_BYTES = 500_000


class ModulatorText(Struct, frozen=True):
    """A modulator, by how it was set up."""

    kind: str
    settings: dict[str, Any] = {}
    targets: dict[str, float] = {}


class MovementFile(Struct, frozen=True, kw_only=True):
    """`movement.json`."""

    taxiway: str = ""
    version: int = 0
    bpm: float = 120.0
    changes: str = "now"
    modulators: dict[str, ModulatorText] = {}


def to_text(movement: Movement) -> bytes:
    """The text of what is set up."""
    modulators = {
        str(number): ModulatorText(each.kind, each.settings, each.targets)
        for number, each in sorted(movement.modulators.items())
    }
    file = MovementFile(
        taxiway="movement",
        version=1,
        bpm=movement.tempo.bpm,
        changes=movement.tempo.when,
        modulators=modulators,
    )
    return msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n"


def from_text(data: bytes) -> MovementFile:
    """What a text says. Raises Malformed, and nothing else."""
    found: MovementFile = from_json(data, MovementFile, MOST_BYTES)
    if (found.taxiway, found.version) != ("movement", 1):
        raise Malformed("its movement is none of Taxiway's, or of another version")
    return found


def restore(movement: Movement, found: MovementFile) -> None:
    """Set up what a text says, in place of what there is; what cannot be is left out."""
    for number in list(movement.modulators):
        movement.remove(number)
    with suppress(TaxiwayError):
        movement.tempo.set(found.bpm)
    movement.tempo.when = found.changes if found.changes in WHEN else "now"
    for number in range(1, MODULATORS + 1):
        each = found.modulators.get(str(number))
        if each is not None:
            with suppress(TaxiwayError):
                movement.put(number, each.kind, each.settings, on=False)
                movement.modulators[number].targets = _sound(each.targets)
    movement.changed()


def _sound(targets: Mapping[str, float]) -> dict[str, float]:
    found = {name[:100]: amount for name, amount in targets.items() if -1 <= amount <= 1}
    return dict(list(found.items())[:MOST_TARGETS])
