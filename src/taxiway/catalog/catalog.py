"""The models there are: a card each, and how a name or a file becomes something to run."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from taxiway.catalog import families
from taxiway.catalog.directions import shipped
from taxiway.catalog.folder import NoDataFolder
from taxiway.catalog.manifest import Manifest, is_manifest, load
from taxiway.catalog.store.shelf import Shelf
from taxiway.core import declaration
from taxiway.core.datatypes import names
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.model import (
    ModelSpec,
    decode_options,
    gathered,
    local_options,
    summary_of,
    title_of,
)
from taxiway.core.parsing import Malformed, from_json

HERE = Path(__file__).parent
PULLED = HERE / "manifests" / "pulled"
"""Manifests of what people may fetch; none of those files comes with us."""
FETCHABLE = frozenset(path.stem for path in PULLED.glob("*.toml"))
DEFAULT = "rainbow"
"""What runs when nobody says otherwise."""

CARD_BYTES = 100_000
LICENCE = "That of its author."
OURS, OUR_LICENCE = "taxiway.families.", "Apache-2.0"
REFERENCE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


class Card(Struct, kw_only=True):
    """What a person should know of a model before running it."""

    name: str
    family: str
    title: str
    summary: str
    description: str = ""
    checkpoint: str | None = None
    manifest: str = ""
    """The file that says how it is run, where it has one."""
    setup: dict[str, Any] = {}
    """What the card itself says of the set-up; nobody's options change it."""
    resolution: int | list[int] | None = None
    licence: str = ""
    made: str = ""
    data: str = ""
    metrics: dict[str, Any] = {}
    limits: str = ""
    command: str = ""
    first_seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] = 0
    """Of an instrument, the seed of the picture that is there before anyone plays."""

    options: list[dict[str, Any]] = []
    """The set-up options that are left to whoever starts it, as `/info` tells fields."""
    commands: list[dict[str, Any]] = []
    """What can be asked of it, as far as that is known before the set-up."""
    needs: list[str] = []
    """Options without which it does not run, and which only who is at the machine gives."""
    error: str = ""
    """Why it cannot be run, a sentence; "" if it can."""


def cards() -> list[Card]:
    """Every model there is, the default first: those that come with us, then those that were
    fetched, then families."""
    found = shipped_cards()
    named = {card.name for card in found}
    found += [card for card in _fetched() if card.name not in named]
    named = {card.name for card in found}
    found += [_plain(name) for name in families.known() if name not in named]
    return sorted(found, key=lambda card: (card.name != DEFAULT, card.name))


def shipped_cards() -> list[Card]:
    """Of each model that comes with us, which has a card or a manifest."""
    found = [
        _known(msgspec.json.decode(path.read_bytes(), type=Card))
        for path in sorted((HERE / "cards").glob("*.json"))
    ]
    manifests = sorted((HERE / "manifests").glob("*.toml"))
    return [*found, *(of_manifest(path, HERE / "weights") for path in manifests)]


def _fetched() -> list[Card]:
    """Of each model in the store, as far as its manifest can be read."""
    found = list[Card]()
    with suppress(NoDataFolder):
        shelf = Shelf()
        for name in shelf.names():
            with suppress(InvalidArgument, OSError):
                found.append(of_manifest(shelf.manifest_of(name)))
    return found


def offered() -> list[Card]:
    """Those that a client can start: all that need no path of this machine."""
    return [card for card in cards() if not card.needs]


def card(name: str) -> Card:
    """The card of that name; NotFound lists what there is, another error says what is wrong."""
    found = _named(name)
    if found is not None:
        return found
    if name in FETCHABLE:
        raise NotFound(f"'{name}' is not here yet: taxiway models pull {name} fetches it.")
    there_are = names([card.name for card in cards()])
    raise NotFound(
        f"No model named '{name}'. There are: {there_are}; "
        "or give a checkpoint file or a ported model's folder."
    )


def of_client(name: str, options: dict[str, Any]) -> Card:
    """The card of a model that a client may start with these options. Raises InvalidArgument."""
    found = card(name)
    local = {*found.needs, *local_options(declaration.family(found.family))}
    if wrong := sorted(local & {*options, *found.needs}):
        raise InvalidArgument(
            f"'{name}' takes '{wrong[0]}', a path, from the command line only.", wrong[0]
        )
    checked(spec(found, options))
    return found


def choose(model: str | None, checkpoint: Path | None = None) -> Card:
    """The card of what `taxiway run MODEL --checkpoint FILE` means.

    MODEL is a model's name, `package.module:Class`, a manifest, or what a family opens: a
    checkpoint file, a ported model's folder or program, the address of a model server. With a
    checkpoint it is the name of a family with an option of that name, of one of its models, or None
    for the family that opens it. Raises NotFound, UnreadableCheckpoint or InvalidArgument.
    """
    if checkpoint is not None:
        return _of_checkpoint(model, checkpoint)
    assert model is not None
    path, named = Path(model).expanduser(), _named(model)
    is_there = "://" in model or (bool(model) and path.exists())
    if named is None and is_manifest(path):
        return _of_own_manifest(path)
    if named is None and is_there:
        return _of_file(model if "://" in model else str(path), families.opener(model))
    if named is None and len(path.parts) + len(path.suffixes) > 1:
        raise NotFound(f"There is no file '{model}', nor a model of that name.")
    if named is not None and is_there and families.asked(str(path))[0]:
        raise InvalidArgument(
            f"'{model}' is a model's name and something that can be run in this folder: "
            f"write {Path('.') / model} for that, or rename it."
        )
    return named or card(model)


def is_name(model: str) -> bool:
    """Whether `choose` takes it as a name, or as `package.module:Class`, and not as a path."""
    return "://" in model or bool(REFERENCE.fullmatch(model)) or _has(model)


def _of_checkpoint(model: str | None, checkpoint: Path) -> Card:
    if not checkpoint.exists():
        raise NotFound(f"There is no file '{checkpoint}'.")
    if model is None and is_manifest(checkpoint):
        return _of_own_manifest(checkpoint)
    if model is None:
        return _of_file(str(checkpoint), families.opener(str(checkpoint)))
    family = card(model).family
    if "checkpoint" not in declaration.family(family).options:
        raise InvalidArgument(f"'{model}' takes no checkpoint.")
    return _of_file(str(checkpoint), family)


def of_manifest(path: Path, folder: Path | None = None) -> Card:
    """The card of a manifest whose files lie below `folder`, by itself its own.

    Its `error` says which file is not there. Raises InvalidArgument for what is no manifest, and
    OSError.
    """
    return _known(card_of(load(path), path.absolute(), (folder or path.parent).absolute()))


def card_of(manifest: Manifest, path: Path, folder: Path) -> Card:
    """What a manifest at `path` tells people and the family that runs it."""
    main, onnx, port = manifest.main_file, manifest.onnx, manifest.port
    setup: dict[str, Any] = dict(manifest.transformers.settings) if manifest.transformers else {}
    if onnx is not None:
        setup = {"manifest": str(path)}
    if manifest.motion is not None:
        setup = {"manifest": str(path), "key_points": str(folder / manifest.motion.key_points)}
    if port is not None:
        setup = {"path": str(folder / main)} | ({"python": port.python} if port.python else {})
    return Card(
        name=manifest.name,
        family=manifest.family,
        title=manifest.title,
        summary=manifest.summary,
        description=manifest.description,
        checkpoint=None if port is not None else str(folder / main),
        manifest=str(path),
        setup=setup,
        licence=manifest.licence.weights,
        made=manifest.made,
        data=manifest.data,
        metrics=manifest.metrics,
        limits=" ".join(filter(None, (manifest.limits, manifest.bias))),
    )


def _of_own_manifest(path: Path) -> Card:
    """The card of somebody's own manifest, all of whose files must be there."""
    found = of_manifest(path)
    if found.error:
        raise NotFound(found.error)
    return replace(found, name=_free(found.name))


def _of_file(path: str, family: str) -> Card:
    """The card of what a family opens; another one's name is not taken."""
    model = declaration.family(family)
    described = getattr(model, "described", None)
    if described is not None:
        parts = dict(described(path))
        return _known(
            Card(**{"licence": LICENCE, **parts, "family": family, "name": _free(parts["name"])})
        )
    file = Path(path)
    made = beside(file, family) or Card(
        name=file.stem,
        family=family,
        title=file.stem,
        summary=f"A {title_of(model)} from your file {file.name}.",
        checkpoint=str(file.resolve()),
        licence="That of the file's author.",
    )
    return _known(replace(made, name=_free(made.name)))


def _named(name: str) -> Card | None:
    """The card of a name or a `package.module:Class`. Raises what is wrong with it."""
    if REFERENCE.fullmatch(name):
        declaration.family(name)
        return replace(_plain(name), name=_free(name.rpartition(":")[2]))
    for found in cards():
        if found.name == name:
            if found.error:
                families.look_again(found.family)
                found = _known(found)
            if found.error:
                raise NotFound(found.error)
            return found
    return None


def _has(name: str) -> bool:
    return any(card.name == name for card in cards())


def _free(name: str) -> str:
    """A name for what is no model of ours, which takes no other model's."""
    slug = _slug(name)
    return f"{slug}-2" if _has(slug) else slug


def _plain(name: str) -> Card:
    """The card of a family that has none: what its class says."""
    family = families.known().get(name) or families.look(name)
    title = title_of(family.model) if family.model else name
    summary = summary_of(family.model) if family.model else family.error
    is_ours = family.model is not None and family.model.__module__.startswith(OURS)
    runs_alone = family.model is not None and not families.local_needs(family.model)
    return _known(
        Card(
            name=name,
            family=name,
            title=title,
            summary=summary or f"The model family '{name}'.",
            licence=OUR_LICENCE if is_ours and runs_alone else LICENCE,
        )
    )


def _known(card: Card) -> Card:
    """The card with what its family declares, or why it cannot be run."""
    family = families.known().get(card.family) or families.look(card.family)
    model = family.model
    if model is None:
        return replace(card, error=family.error)
    fixed = {*card.setup, *(["checkpoint"] if card.checkpoint else [])}
    commands = getattr(model, "commands", {})
    return replace(
        card,
        options=families.free_options(model, fixed),
        commands=[command.describe() for command in commands.values()],
        needs=[] if fixed else families.local_needs(model),
        error=_absent(card),
    )


def _absent(card: Card) -> str:
    """Which file of a manifest is not there, a sentence; "" if all are."""
    given = card.checkpoint if card.manifest else None
    if given is None or (HERE / "weights" / given).exists():
        return ""
    return (
        f"'{card.name}' has its file '{Path(given).name}' not here yet: "
        f"taxiway models pull {card.name} fetches it, if its manifest says from where."
    )


def trained(checkpoint: Path) -> Card | None:
    """The card that `taxiway train` wrote beside a checkpoint, of the family that it names itself;
    the checkpoint is not looked into. A `package.module:Class` that it names is not imported."""
    found = beside(checkpoint)
    return _known(found) if found and ":" not in found.family else found


def beside(checkpoint: Path, family: str = "") -> Card | None:
    """The card that `taxiway train` wrote beside a checkpoint, under its name as .json.

    Only its words and figures count; what is not understood is passed over.
    """
    path = checkpoint.with_suffix(".json")
    if not path.is_file() or path.stat().st_size > CARD_BYTES:
        return None
    try:
        found: Card = from_json(path.read_bytes(), Card)
    except (Malformed, OSError):
        return None
    family = family or found.family
    return replace(found, family=family, checkpoint=str(checkpoint.resolve()), setup={})


def spec(chosen: Card, options: dict[str, Any] | None = None) -> ModelSpec:
    """What the engine is told to run for a card. Raises what is wrong with its family."""
    model = declaration.family(chosen.family)
    merged = gathered(model, options or {})
    merged |= chosen.setup
    if chosen.checkpoint is not None:
        merged["checkpoint"] = str(HERE / "weights" / chosen.checkpoint)
        comes_with_us = not Path(chosen.checkpoint).is_absolute()
        if comes_with_us and "directions" in model.options and shipped(chosen.name):
            merged.setdefault("directions", str(HERE / "directions" / chosen.name))
    return ModelSpec(name=chosen.name, family=chosen.family, options=merged, title=chosen.title)


def shareable(chosen: Card) -> dict[str, Any]:
    """What a card says of the set-up that means the same on another machine: no paths."""
    local = local_options(declaration.family(chosen.family))
    return {name: value for name, value in chosen.setup.items() if name not in local}


def checked(spec: ModelSpec) -> ModelSpec:
    """`spec`, if its family would take the options. Raises InvalidArgument."""
    decode_options(spec.name, declaration.family(spec.family), spec.options)
    return spec


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")[:64] or "model"
