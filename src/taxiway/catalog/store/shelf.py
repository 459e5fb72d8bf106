"""The models that are here, and what is known of each: read only, without a look at the network."""

import re
from pathlib import Path

from msgspec import Struct

from taxiway.catalog.folder import data_path
from taxiway.core.errors import NotFound
from taxiway.core.parsing import Malformed, from_json

MANIFEST, RECORD = "manifest.toml", "pulled.json"
MOST_RECORD_BYTES = 4_000_000
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)


class Kept(Struct, kw_only=True):
    """A file of a model; `first` says that its hash was taken from what came."""

    path: str
    bytes: int
    sha256: str
    source: str = ""
    first: bool = False


class Pulled(Struct, kw_only=True):
    """What is known of a model that was fetched."""

    name: str
    files: list[Kept]
    commit: str = ""
    on: str = ""
    """The day, such as 2026-11-29."""

    @property
    def bytes(self) -> int:
        """Of all its files."""
        return sum(file.bytes for file in self.files)


class Shelf:
    """Models in folders of `folder/models`, each of files that are whole."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or data_path() / "store"

    def names(self) -> list[str]:
        """The models that are here, whole."""
        models = self.folder / "models"
        found = sorted(path.name for path in models.iterdir()) if models.is_dir() else []
        return [name for name in found if NAME.fullmatch(name) and self.pulled(name)]

    def place_of(self, name: str) -> Path:
        """The folder of a model's files, which a family opens."""
        return self.folder / "models" / name

    def manifest_of(self, name: str) -> Path:
        """The manifest among them."""
        return self.place_of(name) / MANIFEST

    def pulled(self, name: str) -> Pulled | None:
        """What is known of a model that is here; None where it is not, or not all of it."""
        place = self.place_of(name)
        try:
            data = (place / RECORD).read_bytes()
            found: Pulled = from_json(data, Pulled, MOST_RECORD_BYTES)
            whole = all((place / one.path).stat().st_size == one.bytes for one in found.files)
        except (OSError, Malformed):
            return None
        return found if whole and (place / MANIFEST).is_file() else None

    def found(self, name: str) -> Pulled:
        """What is known of a model that is here. Raises NotFound."""
        record = self.pulled(name) if NAME.fullmatch(name) else None
        if record is None:
            there_are = ", ".join(self.names()) or "none"
            raise NotFound(
                f"'{name}' was not fetched; what comes with Taxiway needs no store. "
                f"Fetched: {there_are}."
            )
        return record

    def own_manifests(self) -> list[Path]:
        """Manifests of one's own, of models that can be fetched."""
        return sorted((self.folder / "manifests").glob("*.toml"))
