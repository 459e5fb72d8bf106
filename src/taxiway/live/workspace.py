"""A workspace as one file to share: which models run, how, what feeds what, the presets of each.

    workspace.json     models with their options, mappings, and the chains
    scenes/N.zip       the scene of the Nth model: presets, pictures, movement and timeline

No weights are in it, and no path of a machine: whoever opens it has the models, or is told which
are missing. What somebody else made is read with bounds.
"""

import zipfile
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

import msgspec
from msgspec import Struct, field

from taxiway.core import zips
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.core.parsing import Malformed, from_json
from taxiway.live.chains import Link
from taxiway.live.mapping.bindings import checked
from taxiway.live.presets import scene
from taxiway.live.session import LiveSession

TEXT = "workspace.json"
MOST_TEXT_BYTES = 4_000_000
MOST_MODELS = 32
MOST_BYTES = 100_000_000
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every entry, so that the same workspace is the same file."""


class Place(Struct, kw_only=True):
    """A model that runs: its card's name, how it was set up, and what is played on it."""

    name: str
    options: dict[str, Any] = {}
    command: str | None = None
    bindings: list[dict[str, Any]] = []
    scene: bytes = b""
    """The file of its scene; in a file of its own."""


class Text(Struct, kw_only=True):
    """`workspace.json`."""

    taxiway: str = ""
    version: int = 0
    models: list[Place] = []
    chains: list[Link] = field(default_factory=list)


async def taken(session: LiveSession, options: dict[str, Any], command: str | None) -> Place:
    """What is played on a session now."""
    try:
        file = await scene.taken(session)
    except NotFound:
        file = b""
    return Place(
        name=session.spec.name,
        options=options,
        command=command,
        bindings=[msgspec.to_builtins(each) for each in session.mapping.bindings],
        scene=file,
    )


def apply(session: LiveSession, place: Place) -> list[str]:
    """Play on a session what was kept of one; what of it cannot be, a sentence each.

    Where the workspace has no presets or no mapping of a model, those that are here stay.
    """
    said = []
    try:
        if place.bindings:
            session.mapping.change(checked(place.bindings))
    except TaxiwayError as error:
        said.append(f"The mapping of '{place.name}': {error}")
    try:
        if place.scene:
            scene.put(session, scene.unpacked(place.scene))
    except TaxiwayError as error:
        said.append(f"The presets of '{place.name}': {error}")
    return said


def packed(places: Sequence[Place], chains: Iterable[Link]) -> bytes:
    """The file of a workspace."""
    models = [msgspec.structs.replace(place, scene=b"") for place in places]
    text = Text(taxiway="workspace", version=1, models=models, chains=list(chains))
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        data = msgspec.json.format(msgspec.json.encode(text), indent=1)
        file.writestr(zipfile.ZipInfo(TEXT, EPOCH), data, zipfile.ZIP_DEFLATED)
        for number, place in enumerate(places, 1):
            if place.scene:
                file.writestr(zipfile.ZipInfo(f"scenes/{number}.zip", EPOCH), place.scene)
    return written.getvalue()


def unpacked(data: bytes) -> Text:
    """A workspace from its file. Raises InvalidArgument, and nothing else."""
    try:
        if len(data) > MOST_BYTES:
            raise Malformed(f"it is larger than {MOST_BYTES // 1_000_000} MB")
        with zips.opened(BytesIO(data)) as file:
            return _read(file)
    except (Malformed, zips.Unreadable) as error:
        raise InvalidArgument(f"This is no workspace: it {_clause(error)}.") from None


def _read(file: zipfile.ZipFile) -> Text:
    members = set(file.namelist())
    if TEXT not in members:
        raise zips.Unreadable(f"has no {TEXT}")
    text = zips.contents(file, TEXT, MOST_TEXT_BYTES)
    try:
        found: Text = from_json(text, Text, MOST_TEXT_BYTES)
    except Malformed as error:
        raise zips.Unreadable(f"has a {TEXT} that is wrong: {error}") from None
    if (found.taxiway, found.version) != ("workspace", 1):
        raise zips.Unreadable("is none of Taxiway's, or of another version")
    if not 1 <= len(found.models) <= MOST_MODELS:
        raise zips.Unreadable(f"has {len(found.models)} models, where 1 to {MOST_MODELS} can run")
    for number, place in enumerate(found.models, 1):
        own = f"scenes/{number}.zip"
        place.scene = zips.contents(file, own, scene.MOST_BYTES) if own in members else b""
    return found


def _clause(error: Exception) -> str:
    return str(error).removeprefix("it ")
