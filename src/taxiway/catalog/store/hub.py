"""The hub of Hugging Face: its addresses, what it says of a model's files, its own cache here."""

import os
import re
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote

from msgspec import Struct, field

from taxiway.catalog.store.download import host_of
from taxiway.catalog.store.web import Web
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError, Unavailable
from taxiway.core.parsing import Malformed, from_json

ADDRESS = re.compile(r"hf://([\w.-]+/[\w.-]+)(?:@([\w.-]+))?/(\S+)", re.ASCII)
NEWEST = "main"
MOST_BYTES = 16_000_000
_COMMIT = re.compile(r"[0-9a-f]{40}", re.ASCII)


class Lfs(Struct):
    """What the hub knows of a large file."""

    sha256: str = ""


class Sibling(Struct):
    """A file of a repository."""

    path: str = field(name="rfilename")
    size: int = 0
    git: str = field(name="blobId", default="")
    lfs: Lfs | None = None


class Repository(Struct):
    """A repository at a commit."""

    commit: str = field(name="sha")
    files: list[Sibling] = field(name="siblings", default_factory=list)


def endpoint() -> str:
    """The hub's address, or that of the user's own (HF_ENDPOINT)."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def is_offline() -> bool:
    """Whether the user wants no network (HF_HUB_OFFLINE)."""
    return os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "on", "yes", "true")


def parts_of(source: str) -> tuple[str, str, str]:
    """Repository, revision and path of an hf:// address. Raises InvalidArgument."""
    found = ADDRESS.fullmatch(source)
    if found is None:
        raise InvalidArgument(f"'{source[:200]}' is no hf://OWNER/NAME@COMMIT/FILE.")
    return found[1], found[2] or NEWEST, found[3]


def address(source: str) -> str:
    """Where a source is on the web."""
    if not source.startswith("hf://"):
        return source
    repository, revision, path = parts_of(source)
    return f"{endpoint()}/{repository}/resolve/{revision}/{quote(path)}"


def repository(web: Web, name: str, revision: str) -> Repository:
    """What the hub says of a repository. Raises NotFound or Unavailable."""
    url = f"{endpoint()}/api/models/{name}/revision/{revision or NEWEST}?blobs=true"
    try:
        with web.open(url).response as response:
            found: Repository = from_json(response.read(MOST_BYTES + 1), Repository, MOST_BYTES)
    except HTTPError as error:
        with error:
            if error.code in (401, 404):
                raise NotFound(f"{host_of(url)} has no '{name}' that everyone may see.") from None
            raise Unavailable(f"{host_of(url)} answers {error.code} {error.reason}.") from None
    except TaxiwayError:
        raise
    except Malformed as error:
        raise Unavailable(
            f"What {host_of(url)} says of '{name}' is not understood: {error}."
        ) from None
    except (OSError, HTTPException) as error:
        words = str(getattr(error, "reason", error)) or type(error).__name__
        raise Unavailable(f"{host_of(url)} cannot be reached: {words}.") from None
    return found


def cached(source: str, sha256: str) -> Path | None:
    """The file in the hub's own cache; its hash is still to be looked at."""
    if not source.startswith("hf://"):
        return None
    name, revision, path = parts_of(source)
    folder = cache() / f"models--{name.replace('/', '--')}"
    if sha256:
        kept = folder / "blobs" / sha256
        return kept if kept.is_file() else None
    commit = revision if _COMMIT.fullmatch(revision) else _line(folder / "refs" / revision)
    found = folder / "snapshots" / commit / path
    return found if _COMMIT.fullmatch(commit) and found.is_file() else None


def cache() -> Path:
    """Where the hub's own programs keep what they fetched."""
    given = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if given:
        return Path(given).expanduser()
    home = os.environ.get("HF_HOME")
    if home:
        return Path(home).expanduser() / "hub"
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "huggingface" / "hub"


def _line(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")[:64].strip()
    except OSError:
        return ""
