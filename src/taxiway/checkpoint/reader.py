"""Opening a checkpoint: tell its format by its first bytes, read it, check what was found."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from taxiway.checkpoint import foreign, records, schema, shapes
from taxiway.checkpoint.containers import (
    OTHERS,
    Generator,
    find_generator,
    is_averaged,
    looks_right,
    opaque_in,
)
from taxiway.checkpoint.contents import Checkpoint, Found, printable
from taxiway.checkpoint.limits import MAX_FILE, SUPPORTED, Broken, Budget, CutShort, Misfit, Refused
from taxiway.checkpoint.machine import Reading, Seen
from taxiway.checkpoint.native import described_family, is_native, native_checkpoint, native_tensors
from taxiway.checkpoint.nvidia import nvidia_checkpoint, read_pickle
from taxiway.checkpoint.packed import unpacked
from taxiway.checkpoint.rosinality import rosinality_checkpoint
from taxiway.checkpoint.source import Source
from taxiway.checkpoint.state_dict import described_checkpoint, state_checkpoint
from taxiway.checkpoint.tensorflow import tensorflow_checkpoint
from taxiway.checkpoint.tensors import Tensor
from taxiway.checkpoint.torch_stream import is_stream, read_stream
from taxiway.checkpoint.torch_zip import read_zip
from taxiway.checkpoint.values import Module, Record
from taxiway.checkpoint.vetting import listed, unknown_texts
from taxiway.core.errors import NotFound, UnreadableCheckpoint

NVIDIAS = (3, 2)
"""The averaged generator is the last of three in NVIDIA's tuples."""


def read_checkpoint(path: Path | str) -> Checkpoint:
    """The generator in a checkpoint file, read without running anything that is in it.

    Reads `.pkl` of StyleGAN 1, 2, 3 and XL and of FastGAN, rosinality's `.pt` and Taxiway's own
    `.safetensors`, told apart by their contents. Raises NotFound if there is no
    such file and UnreadableCheckpoint if it is foreign, broken or hostile.
    """
    path = Path(path)
    with open_source(path) as source:
        try:
            return read_source(source)
        except UnreadableCheckpoint as error:
            raise UnreadableCheckpoint(printable(f"'{path.name}' {error}.")) from None


def holds_generator(path: Path | str) -> bool:
    """Whether a file holds a generator of a layout that `read_checkpoint` knows.

    Told from its structure, whatever it is called; the numbers are not read. Raises NotFound if
    there is no such file, UnreadableCheckpoint if it cannot be opened.
    """
    with open_source(Path(path)) as source:
        try:
            if is_native(source) and (family := described_family(source)) is not None:
                return family in schema.FAMILIES
            if foreign.by_first_bytes(source):
                return False
            top = read_top(source, Reading(Budget(source.size), Seen()))
            return find_generator(top) is not None
        except (Broken, Refused):
            return False


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """The bytes of a file; raises NotFound or, where it cannot be read, UnreadableCheckpoint."""
    if not path.is_file():
        is_else = path.exists()
        raise NotFound(f"'{path}' is no file." if is_else else f"There is no file '{path}'.")
    try:
        with path.open("rb") as file, unpacked(file, path.stat().st_size) as data:
            yield Source(data)
    except Broken as error:
        raise UnreadableCheckpoint(printable(f"'{path.name}' {error}.")) from None
    except OSError as error:
        raise UnreadableCheckpoint(f"'{path}' cannot be read: {error.strerror}.") from None


def read_source(source: Source) -> Checkpoint:
    """The checkpoint in a source; errors are clauses whose subject is the file."""
    checkpoint = checked(_find(source))
    about = {"sha256": source.whole().sha256(), "bytes": source.size}
    return replace(checkpoint, source=checkpoint.source | about)


def checked(found: Found) -> Checkpoint:
    """What was found, once it is known to be a whole network; raises Broken if it is not."""
    schema.check(found.family, found.config)
    tensors, unused = shapes.fit(found.family, found.config, found.tensors)
    notes = list(found.source.get("notes", []))
    if extra := [name for name in unused if not shapes.is_filter(found.config, name)]:
        notes.append(f"ignored tensors that the network has no use for: {listed(extra)}")
    notes += unknown_texts(found.source.get("embedded_code", []))
    source = {**found.source, "notes": [printable(note) for note in notes]}
    return Checkpoint(found.family, found.config, tensors, source)


def container(source: Source) -> str:
    """What kind of file holds the top object, by its first bytes."""
    if is_native(source):
        return "safetensors file"
    start = source.read(0, min(2, source.size))
    if start == b"PK":
        return "zip file"
    if is_stream(source):
        return "torch stream"
    return "pickle" if start[:1] == b"\x80" else "no known format"


def read_top(source: Source, reading: Reading) -> object:
    """The top object of a pickle or torch file, whatever it is; raises Broken or Refused."""
    match container(source):
        case "safetensors file":
            return native_tensors(source)
        case "zip file":
            return read_zip(source, reading)
        case "torch stream":
            return read_stream(source.whole(), reading)
    return read_pickle(source, reading)


def _find(source: Source) -> Found:
    if source.size > MAX_FILE:
        raise Broken(f"is {source.size >> 30} GB large, more than any network")
    if is_native(source) and described_family(source) is not None:
        return native_checkpoint(source, Budget(source.size))
    if kind := foreign.by_first_bytes(source):
        raise Broken(f"is {kind}; {SUPPORTED}")
    try:
        return _found_in(source)
    except (CutShort, Misfit):
        raise
    except (Broken, Refused):
        _refuse(source)
        raise


def _found_in(source: Source) -> Found:
    """The generator of a file, whatever stands beside it, which is noted."""
    budget, seen = Budget(source.size), Seen()
    return found_in(read_top(source, Reading(budget, seen)), budget, seen)


def found_in(top: object, budget: Budget, seen: Seen) -> Found:
    """The generator in a top object. Raises Broken or Refused if it has none that is known."""
    if hostile := [wanted for wanted in seen.refused if records.is_hostile(wanted)]:
        raise Refused(hostile[0])
    generator = find_generator(top)
    if generator is None:
        raise Broken(f"holds no network that is known; {SUPPORTED}")
    try:
        found = _network_of(generator, budget)
    except Broken as error:
        raise (Misfit(str(error)) if looks_right(generator.value) else error) from None
    if opaque := opaque_in(generator.value, Budget(0)):
        raise Refused(opaque.wanted)
    return found._replace(source=found.source | {"notes": _notes(found, generator, seen)})


def _refuse(source: Source) -> None:
    """Raise the sentence that says best why a file is refused, if there is a better one.

    It is the first thing that the file asks for in vain, or what kind of file it is.
    """
    try:
        top = read_top(source, Reading(Budget(source.size)))
    except Broken:
        if container(source) == "no known format":
            raise Broken(f"is of no format that is known; {SUPPORTED}") from None
        raise
    except Refused as refusal:
        top, seen, _ = look(source)
        if kind := foreign.by_contents(top, seen.names):
            raise Broken(f"is {kind} (it asks for {refusal.wanted}); {SUPPORTED}") from None
        raise
    if kind := foreign.by_contents(top, ()):
        raise Broken(f"is {kind}; {SUPPORTED}")


def _network_of(generator: Generator, budget: Budget) -> Found:
    """What is found in a generator, by the kind of object that it is."""
    match generator.value:
        case Module() as module:
            return nvidia_checkpoint(module, budget)
        case Record() as network:
            return tensorflow_checkpoint(network, budget)
        case dict() as state if isinstance(text := _beside(generator, "taxiway"), str):
            found = described_checkpoint(state, text, budget)
            average = _beside(generator, "latent_avg")
            if isinstance(average, Tensor):
                found.tensors["mapping.w_avg"] = average.read(budget)
            return found
        case dict() as state if "input.input" in state:
            return rosinality_checkpoint(state, _beside(generator, "latent_avg"), budget)
        case state:
            return state_checkpoint(state, budget)


def _beside(generator: Generator, name: str) -> object:
    """What stands beside the generator: rosinality's average w, our own description."""
    beside = generator.beside if isinstance(generator.beside, dict) else {}
    return beside.get(name)


def _notes(found: Found, generator: Generator, seen: Seen) -> list[str]:
    notes = list(found.source.get("notes", []))
    places = [int(place) for place in generator.where if place.isdigit()]
    count = len(generator.beside) if isinstance(generator.beside, tuple | list) else 0
    if places and (count, places[-1]) != NVIDIAS:
        notes.append(f"this is one of {count}: whether it is the averaged one is not said")
    name = generator.where[-1] if generator.where else ""
    if name in OTHERS:
        notes.append(f"this is '{name}': the file has no averaged generator")
    elif name and not name.isdigit() and not is_averaged(name):
        notes.append(f"this is '{name:.60}': whether it is the averaged generator is not said")
    kinds = ("a call of ", "an object of ", "attributes of ")
    if passed := [wanted for wanted in seen.refused if not wanted.startswith(kinds)]:
        notes.append(f"passed over, and not run: {listed(passed)}")
    return notes


def look(source: Source) -> tuple[object, Seen, str | None]:
    """The top object as far as it can be told, all names in the file, and where it breaks.

    Nothing is refused here, and nothing done: what the table lacks becomes an `Opaque`.
    """
    seen = Seen()
    try:
        return read_top(source, Reading(Budget(source.size), seen)), seen, None
    except UnreadableCheckpoint as error:
        return None, seen, str(error)
