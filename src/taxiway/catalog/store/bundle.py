"""A model as one file, for a stick: its manifest, its licence and its weights; and back again."""

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from taxiway.catalog import catalog
from taxiway.catalog import manifest as manifests
from taxiway.catalog.manifest import File, Manifest
from taxiway.catalog.store.blobs import Blobs
from taxiway.catalog.store.shelf import MANIFEST, MOST_RECORD_BYTES, RECORD, Kept, Pulled
from taxiway.catalog.store.store import Store, Tell
from taxiway.catalog.store.wanted import MOST_BYTES, check_wanted
from taxiway.core import zips
from taxiway.core.errors import InvalidArgument
from taxiway.core.files import whole_file
from taxiway.core.parsing import Malformed, from_json

LICENCE, FILES = "LICENCE.txt", "files/"
MOST_FILES = 1000
PIECE = 2**20
EPOCH = (1980, 1, 1, 0, 0, 0)


def export(store: Store, name: str, out: Path, tell: Tell) -> Pulled:
    """Write a model that is here as one file. Raises NotFound, or OSError."""
    record, place = store.found(name), store.place_of(name)
    text = (place / MANIFEST).read_bytes()
    parts = {
        MANIFEST: text,
        RECORD: msgspec.json.encode(record),
        LICENCE: licence_words(manifests.read(text, MANIFEST)).encode(),
    }
    done = 0
    with whole_file(out) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for member, data in parts.items():
            archive.writestr(zipfile.ZipInfo(member, EPOCH), data)
        for each in record.files:
            info = zipfile.ZipInfo(FILES + each.path, EPOCH)
            info.file_size = each.bytes
            with (place / each.path).open("rb") as source, archive.open(info, "w") as target:
                while piece := source.read(PIECE):
                    target.write(piece)
                    done += len(piece)
                    tell(done, record.bytes, f"Writes {out.name}.")
    return record


def licence_words(manifest: Manifest) -> str:
    """What may be done with a model, as people read it."""
    licence = manifest.licence
    commerce = {True: "allowed", False: "not allowed", None: "not known"}[licence.commercial]
    lines = [
        f"{manifest.title} ({manifest.name})",
        f"Licence of the weights: {licence.weights}",
        f"Licence of the code: {licence.code}" if licence.code else "",
        f"Commercial use: {commerce}",
        f"Where it stands: {licence.source}" if licence.source else "",
        f"By: {manifest.credit}" if manifest.credit else "",
    ]
    return "\n".join(filter(None, lines)) + "\n"


def take(store: Store, file: Path, tell: Tell) -> str:
    """Take a model over from such a file; its name.

    Raises InvalidArgument for whatever else it is, or Unavailable where there is no room.
    """
    try:
        with zips.opened(file) as archive:
            return _taken(store, archive, tell)
    except zips.Unreadable as error:
        raise InvalidArgument(f"'{file.name}' {error}.") from None
    except (Malformed, KeyError) as error:
        words = error if isinstance(error, Malformed) else f"it has no {error}"
        raise InvalidArgument(
            f"'{file.name}' is no model as taxiway models export writes: {words}."
        ) from None


def take_beside(store: Store, path: Path, tell: Tell) -> tuple[str, bool]:
    """Take a manifest over, with the files that lie beside it; its name, and whether those do.

    Without them it is one that can be pulled. Raises InvalidArgument.
    """
    manifest = manifests.load(path)
    _check_name(manifest.name)
    text = path.read_bytes()
    there = [path.parent / each.path for each in manifest.file]
    if not there or not all(each.is_file() for each in there):
        kept = store.folder / "manifests" / f"{manifest.name}.toml"
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole_file(kept) as written:
            written.write(text)
        return manifest.name, False
    files = [_adopted(store, each, path.parent / each.path, tell) for each in manifest.file]
    store.keep(Pulled(name=manifest.name, files=files), text)
    return manifest.name, True


def take_sent(store: Store, file: Path) -> tuple[str, bool]:
    """Take a model over from a file that a page has sent, if it is one of these two; its name, else
    "", and whether its files are here: those that a manifest tells of are still to be fetched.

    Raises InvalidArgument.
    """

    def quiet(done: int, total: int, message: str) -> None:
        """Nobody is told."""

    if manifests.is_manifest(file):
        return take_beside(store, file, quiet)
    try:
        with zips.opened(file) as archive:
            is_ours = {MANIFEST, RECORD} <= set(archive.namelist())
    except zips.Unreadable:
        return "", False
    return (take(store, file, quiet), True) if is_ours else ("", False)


def _adopted(store: Store, file: File, there: Path, tell: Tell) -> Kept:
    """A file beside a manifest, in the store."""
    check_wanted(file.path)
    size = there.stat().st_size
    store.blobs.check_room(size)
    try:
        with there.open("rb") as source:
            sha256 = store.blobs.keep(
                source, size, file.sha256, lambda done: tell(done, size, f"Copies {file.path}.")
            )
    except ValueError as error:
        raise InvalidArgument(f"'{file.path}' beside the manifest {error}.") from None
    return Kept(path=file.path, bytes=size, sha256=sha256, first=not file.sha256)


def _taken(store: Store, archive: zipfile.ZipFile, tell: Tell) -> str:
    text = zips.contents(archive, MANIFEST, manifests.MOST_BYTES)
    manifest = manifests.read(text, MANIFEST)
    record: Pulled = from_json(
        zips.contents(archive, RECORD, MOST_RECORD_BYTES), Pulled, MOST_RECORD_BYTES
    )
    _check_name(manifest.name)
    _check(record, manifest)
    members = [archive.getinfo(FILES + each.path) for each in record.files]
    for member, each in zip(members, record.files, strict=True):
        if member.file_size != each.bytes:
            raise Malformed(f"its {each.path} has {member.file_size} bytes, and not {each.bytes}")
    here = {each.sha256 for each in record.files if store.blobs.has(each.sha256)}
    store.blobs.check_room(sum(each.bytes for each in record.files if each.sha256 not in here))
    done = 0
    for member, each in zip(members, record.files, strict=True):

        def report(now: int, before: int = done, path: str = each.path) -> None:
            tell(before + now, record.bytes, f"Takes {path} out.")

        if each.sha256 not in here:
            _unpack(store.blobs, archive, member, each, report)
        done += each.bytes
    store.keep(record, text)
    return record.name


def _check_name(name: str) -> None:
    """Raises InvalidArgument for the name of a model of ours."""
    if name in {card.name for card in catalog.shipped_cards()}:
        raise InvalidArgument(
            f"A model '{name}' comes with Taxiway: give the manifest another name."
        )


def _check(record: Pulled, manifest: Manifest) -> None:
    """Raises Malformed or InvalidArgument where the two do not belong together."""
    if record.name != manifest.name:
        raise Malformed(f"its manifest is that of '{manifest.name}', its record of '{record.name}'")
    if not 1 <= len(record.files) <= MOST_FILES or record.bytes > MOST_BYTES:
        raise Malformed(f"it has {len(record.files)} files of {record.bytes} bytes")
    hashes = {}
    for each in record.files:
        check_wanted(each.path)
        if each.bytes < 0 or len(each.sha256) != 64 or not each.sha256.isalnum():
            raise Malformed(f"what it says of {each.path} is no size and no SHA-256")
        hashes[each.path] = each.sha256
    for file in manifest.file:
        if hashes.get(file.path) is None or (file.sha256 and file.sha256 != hashes[file.path]):
            raise Malformed(f"its {file.path} is not the one that its manifest names")


def _unpack(
    blobs: Blobs,
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    file: Kept,
    report: Callable[[int], None],
) -> None:
    try:
        with archive.open(member) as source:
            blobs.keep(source, file.bytes, file.sha256, report)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, ValueError) as error:
        # RuntimeError: encrypted, or NotImplementedError for a way of packing.
        raise Malformed(f"its {file.path} cannot be taken out: it {error}") from None
