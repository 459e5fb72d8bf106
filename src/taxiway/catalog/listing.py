"""All models side by side: ours, one's own, those that were fetched, and those that can be.

What a person chooses by: what goes in and comes out, whose it is, how large, and whether it runs
on this machine.
"""

from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from taxiway.catalog import catalog, families
from taxiway.catalog import manifest as manifests
from taxiway.catalog.catalog import PULLED as OURS
from taxiway.catalog.catalog import Card
from taxiway.catalog.manifest import Manifest
from taxiway.catalog.store.blobs import megabytes
from taxiway.catalog.store.shelf import Shelf
from taxiway.core.errors import NotFound, TaxiwayError
from taxiway.core.extras import PACKAGES, lacking
from taxiway.core.memory import memory_here

NOT_TRIED = "Not tried by us: its files were not here to be run."

Origin = Literal["taxiway", "own", "trained", "fetched", "catalogue"]


class Entry(Struct, kw_only=True, rename="camel"):
    """A model in the list; `bytes` is 0 where nobody has said, `is_here` whether it can start now.

    `takes` and `gives` are data types by their tags; `tried` and `cannot` are sentences, "" where
    there is nothing to say.
    """

    name: str
    title: str
    summary: str
    family: str
    task: str = ""
    origin: Origin
    is_here: bool
    bytes: int = 0
    licence: str = ""
    licence_source: str = ""
    commercial: bool | None = None
    credit: str = ""
    data: str = ""
    bias: str = ""
    limits: str = ""
    takes: list[str] = []
    gives: list[str] = []
    tried: str = ""
    cannot: str = ""
    has_picture: bool = False
    """Whether there is one that it made."""


def entries(shelf: Shelf) -> list[Entry]:
    """Every model by name; what was fetched stands in place of what could be."""
    ready = (card for card in catalog.cards() if not card.needs)  # not what needs a file
    found = {card.name: _shipped(card, shelf) for card in ready}
    for path in [*sorted(OURS.glob("*.toml")), *shelf.own_manifests()]:
        found.setdefault(path.stem, _of_manifest(path, shelf))
    for name in shelf.names():
        found[name] = _of_manifest(shelf.manifest_of(name), shelf)
    return [found[name] for name in sorted(found)]


def manifest_path(name: str, shelf: Shelf) -> Path:
    """The manifest of a model that is fetched, or can be. Raises NotFound."""
    places = [shelf.manifest_of(name)] if name in shelf.names() else []
    places += [path for path in (*shelf.own_manifests(), *OURS.glob("*.toml")) if path.stem == name]
    if not places:
        there_are = ", ".join(sorted(path.stem for path in OURS.glob("*.toml")))
        raise NotFound(f"No model named '{name}' can be fetched. There are: {there_are}.")
    return places[0]


def _shipped(card: Card, shelf: Shelf) -> Entry:
    """Of a model that comes with us; its manifest says more than its card, where it has one."""
    if not card.manifest:
        return of_card(card, "taxiway")
    found = _of_manifest(Path(card.manifest), shelf)
    return replace(
        found,
        origin="taxiway",
        is_here=not card.error,
        cannot=card.error or found.cannot,
        tried="" if found.tried == NOT_TRIED else found.tried,
    )


def of_card(card: Card, origin: Origin) -> Entry:
    """What a card says, for the list."""
    command = card.commands[0] if card.commands else {}
    return Entry(
        name=card.name,
        title=card.title,
        summary=card.summary,
        family=card.family,
        origin=origin,
        is_here=not card.error,
        licence=card.licence,
        data=card.data,
        limits=card.limits,
        takes=[field["type"] for field in command.get("inputs", ())],
        gives=[field["type"] for field in command.get("outputs", ())],
        cannot=card.error,
    )


def _of_manifest(path: Path, shelf: Shelf) -> Entry:
    try:
        manifest = manifests.load(path)
    except (TaxiwayError, OSError) as error:
        return Entry(
            name=path.stem, title=path.stem, summary="", family="", origin="own", is_here=False,
            cannot=str(error),
        )  # fmt: skip
    pulled = shelf.pulled(manifest.name)
    takes, gives = _types(manifest)
    return Entry(
        name=manifest.name,
        title=manifest.title,
        summary=manifest.summary,
        family=manifest.family,
        task=manifest.task,
        origin="fetched" if pulled else "catalogue" if path.parent == OURS else "own",
        is_here=pulled is not None,
        bytes=pulled.bytes if pulled else size_of(manifest),
        licence=manifest.licence.weights,
        licence_source=manifest.licence.source,
        commercial=manifest.licence.commercial,
        credit=manifest.credit,
        data=manifest.data,
        bias=manifest.bias,
        limits=manifest.limits,
        takes=takes,
        gives=gives,
        tried=tried(manifest),
        cannot=cannot(manifest),
    )


def size_of(manifest: Manifest) -> int:
    """What is to be fetched, as far as anybody said."""
    return manifest.bytes or manifest.needs.download_mb * 1_000_000


def tried(manifest: Manifest) -> str:
    """Who ran these very files, a sentence."""
    tested = manifest.tested
    if tested is None:
        return NOT_TRIED
    using = f" with {tested.using}" if tested.using else ""
    return f"Tried on {tested.on.isoformat()} by {tested.by}{using}."


def cannot(manifest: Manifest) -> str:
    """Why it cannot be run on this machine, a sentence; "" if it can, as far as is known."""
    known = families.known().get(manifest.family)
    if known is None:
        return f"No model family '{manifest.family}' is here, which would run it."
    if known.model is None:
        return known.error
    for module, (extra, _) in PACKAGES.items():
        if extra in manifest.needs.extras and (said := lacking(module, f"'{manifest.name}'")):
            return said
    if manifest.needs.memory_mb * 1e6 > memory_here():
        return f"It takes {megabytes(manifest.needs.memory_mb * 1e6)} of memory, more than is here."
    return ""


def _types(manifest: Manifest) -> tuple[list[str], list[str]]:
    """What goes in and comes out, by the tags of data types."""
    onnx = manifest.onnx
    if onnx is not None:
        gives = [each.find or _tag(each.field) for each in onnx.output]
        return [_tag(each.field) for each in onnx.input], gives
    known = families.known().get(manifest.family)
    commands = list(getattr(known.model, "commands", {}).values()) if known and known.model else []
    if not commands:
        return [], []
    takes, gives = commands[0].inputs.values(), commands[0].outputs.values()
    return [_tag(field) for field in takes], [_tag(field) for field in gives]


def _tag(field: Any) -> str:
    return str(field.__struct_config__.tag)
