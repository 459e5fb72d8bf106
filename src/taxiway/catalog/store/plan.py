"""What fetching a model means: which files, how much of them is here, what is still to come."""

import hashlib
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from taxiway.catalog.manifest import File, Manifest
from taxiway.catalog.store import hub
from taxiway.catalog.store.blobs import Blobs
from taxiway.catalog.store.hashes import git_of, is_sha256, sha256_of
from taxiway.catalog.store.wanted import Wanted, check_wanted
from taxiway.catalog.store.web import Web
from taxiway.core.errors import InvalidArgument


class Plan(Struct, kw_only=True):
    """The files of a model. `here` are those that are on this machine, by name: where."""

    manifest: Manifest
    text: bytes
    wanted: list[Wanted]
    commit: str = ""
    here: dict[str, Path] = {}

    @property
    def missing(self) -> list[Wanted]:
        """What is to be fetched."""
        return [each for each in self.wanted if each.path not in self.here]

    @property
    def bytes(self) -> int:
        """Of all files, as far as that is known."""
        there = (path.stat().st_size for path in self.here.values())
        return sum(there) + sum(each.bytes for each in self.missing)


def wanted_of(manifest: Manifest, web: Web) -> tuple[list[Wanted], str]:
    """A model's files, and the commit of the hub's repository that was looked at, if one was.

    Raises InvalidArgument where one is none that is fetched, NotFound or Unavailable of the hub.
    """
    wanted, commit = [_of_file(file) for file in manifest.file], ""
    by_hub = manifest.transformers
    if by_hub is not None and by_hub.id and not wanted:
        found = hub.repository(web, by_hub.id, by_hub.revision)
        commit = found.commit
        wanted = [
            _of_sibling(by_hub.id, commit, one)
            for one in found.files
            # Folders hold the same once more, for other programs.
            if "/" not in one.path and any(fnmatchcase(one.path, each) for each in by_hub.files)
        ]
    if manifest.port is not None or not wanted or not all(each.sources for each in wanted):
        raise InvalidArgument(
            f"'{manifest.name}' does not say where its files are fetched from: put them beside its "
            f"manifest, and taxiway run that."
        )
    for each in wanted:
        check_wanted(each.path)
    return wanted, commit


def key_of(wanted: Wanted) -> str:
    """Under which name its part grows, the same for every process that fetches it."""
    return wanted.sha256 or f"from-{hashlib.sha256(wanted.sources[0].encode()).hexdigest()[:40]}"


def found_here(wanted: Wanted, blobs: Blobs) -> Path | None:
    """The file, where it is in the store, or in the hub's own cache with the right contents."""
    if wanted.sha256 and blobs.has(wanted.sha256):
        return blobs.path(wanted.sha256)
    for source in wanted.sources:
        kept = hub.cached(source, wanted.sha256)
        if kept is None:
            continue
        named = kept.resolve().name  # large files lie there under their hash
        expected = replace(wanted, sha256=wanted.sha256 or (named if is_sha256(named) else ""))
        if (expected.sha256 or expected.git) and not trouble(expected, kept):
            return kept
    return None


def trouble(wanted: Wanted, file: Path) -> str:
    """What of a file is not as it should be, a clause; "" if all that is known is right."""
    if wanted.bytes and file.stat().st_size != wanted.bytes:
        return f"it has {file.stat().st_size} bytes instead of {wanted.bytes}"
    if wanted.sha256 and sha256_of(file) != wanted.sha256:
        return "its SHA-256 is another"
    if wanted.git and git_of(file) != wanted.git:
        return "its contents are not those that the hub names"
    return ""


def _of_file(file: File) -> Wanted:
    return Wanted(path=file.path, sources=tuple(file.sources), bytes=file.bytes, sha256=file.sha256)


def _of_sibling(name: str, commit: str, file: hub.Sibling) -> Wanted:
    return Wanted(
        path=file.path,
        sources=(f"hf://{name}@{commit}/{file.path}",),
        bytes=file.size,
        sha256=file.lfs.sha256 if file.lfs else "",
        git="" if file.lfs else file.git,
    )
