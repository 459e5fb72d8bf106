"""All sets of pictures that are annotated here: folders that the owner named, and pictures that
were dropped into the studio, which lie in the data folder.
"""

import re
import secrets
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

from taxiway.annotation.exchange import bring_in
from taxiway.annotation.folder import AnnotatedFolder
from taxiway.annotation.records import read_struct, write_struct
from taxiway.core import zips
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError, Unavailable
from taxiway.core.files import place_free
from taxiway.core.images import Unusable, is_picture
from taxiway.training.datasets.boxes import formats
from taxiway.training.datasets.boxes.files import measure

ABOUT = "set.json"
MOST_SETS = 1000
MOST_PICTURES = 50_000
MOST_BYTES = 300_000_000
"""Of a picture in a zip file."""
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,60}", re.ASCII)
_UNSAFE = re.compile(r"[^\w.-]+")


class Set(Struct, frozen=True, kw_only=True):
    """What a set.json says: `folder` is where the pictures lie, if they are not our own."""

    title: str
    created: float = 0
    folder: str = ""


class Listed(Struct, frozen=True, kw_only=True):
    """A set in a list: how many of its pictures are in which state, or why it cannot be opened."""

    id: str
    title: str
    own: bool
    path: str
    created: float
    states: dict[str, int] = {}
    error: str = ""


class Added(Struct, frozen=True):
    """How many pictures and boxes came in, and what is wrong with other files, a sentence each."""

    pictures: int
    boxes: int
    wrong: list[str]


class Sets:
    """Those of a folder of the data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open = dict[Path, AnnotatedFolder]()
        self._lock = threading.Lock()

    def all(self) -> list[Listed]:
        """Every set, newest first."""
        found = []
        for path in self.folder.glob(f"*/{ABOUT}") if self.folder.is_dir() else ():
            id = path.parent.name
            if _ID.fullmatch(id):
                found.append(self._listed(id))
        return sorted(found, key=lambda each: (-each.created, each.id))

    def find(self, id: str) -> AnnotatedFolder:
        """A set's folder, which stays one object. Raises NotFound."""
        root = self._root(id, self.about(id))
        with self._lock:
            if root not in self._open:
                self._open[root] = AnnotatedFolder(root)
                self._open[root].settle()
            return self._open[root]

    def about(self, id: str) -> Set:
        """What a set says of itself. Raises NotFound or InvalidArgument."""
        path = self.folder / id / ABOUT
        about = read_struct(path, Set) if _ID.fullmatch(id) else None
        if about is None:
            raise NotFound(f"There is no set of pictures '{id[:80]}'.")
        return about

    def place(self, id: str) -> Path | None:
        """The folder of a set, as trainers take it; None for what is no set."""
        try:
            return self.find(id).root
        except TaxiwayError:
            return None

    def create(self, title: str) -> str:
        """An empty set in the data folder; its id. Raises InvalidArgument or Unavailable."""
        title = " ".join(title.split())[:100]
        if not title:
            raise InvalidArgument("A set takes a name.", "title")
        return self._add(Set(title=title, created=time.time()))

    def take(self, folder: Path) -> str:
        """A set of the pictures in a folder, which stay there; its id, the same the next time.

        Raises NotFound, InvalidArgument or Unavailable.
        """
        root = folder.expanduser().resolve()
        if not root.is_dir():
            raise NotFound(f"There is no folder '{folder}'.")
        if not AnnotatedFolder(root).names()[0]:
            raise InvalidArgument(f"'{folder}' holds no pictures.")
        for listed in self.all():
            if not listed.own and Path(listed.path) == root:
                return listed.id
        return self._add(Set(title=root.name[:100], created=time.time(), folder=str(root)))

    def remove(self, id: str) -> None:
        """Remove a set; pictures and boxes only if they are our own. Raises NotFound."""
        root = self._root(id, self.about(id))
        with self._lock:
            self._open.pop(root, None)
            shutil.rmtree(self.folder / id, ignore_errors=True)

    def add(self, id: str, files: Sequence[Path]) -> Added:
        """Move pictures into a set of our own, out of zip files too, with the boxes in those.

        Raises NotFound, InvalidArgument or Unavailable.
        """
        if self.about(id).folder:
            raise InvalidArgument("Its pictures lie in a folder of yours; put others there.")
        folder, count, boxes, wrong = self.find(id), 0, 0, list[str]()
        (folder.root / "images").mkdir(exist_ok=True)
        stems = {str(PurePosixPath(name).with_suffix("")) for name in folder.names()[0]}
        for file in files:
            try:
                if file.suffix.lower() == ".zip":
                    count += self._unpack(file, folder, stems)
                    boxes += boxes_in(folder, file)
                else:
                    self._place(file, folder, stems)
                    count += 1
            except (TaxiwayError, Unusable) as error:
                words = str(error).rstrip(".")
                wrong.append(
                    f"'{file.name}' {words}." if isinstance(error, Unusable) else f"{words}."
                )
            except OSError as error:
                raise Unavailable(f"'{file.name}' cannot be kept: {error.strerror}.") from None
        return Added(count, boxes, wrong)

    def _unpack(self, file: Path, folder: AnnotatedFolder, stems: set[str]) -> int:
        count, holding = 0, folder.root / f".{secrets.token_hex(4)}"
        try:
            holding.mkdir()
            with zips.opened(file) as archive:
                for name in archive.namelist()[: 2 * MOST_PICTURES]:
                    if is_picture(name) and safe(name) is not None:
                        path = holding / PurePosixPath(name).name
                        path.write_bytes(zips.contents(archive, name, MOST_BYTES))
                        self._place(path, folder, stems, PurePosixPath(name))
                        count += 1
        except zips.Unreadable as reason:
            raise InvalidArgument(f"'{file.name}' {reason}.") from None
        finally:
            shutil.rmtree(holding, ignore_errors=True)
        return count

    def _place(
        self,
        file: Path,
        folder: AnnotatedFolder,
        stems: set[str],
        name: PurePosixPath | None = None,
    ) -> None:
        """Move a picture into a folder, under a name that no other has but for its ending."""
        if not is_picture(file.name):
            raise Unusable("is no picture")
        measure(file.parent, file.name)
        if len(stems) >= MOST_PICTURES:
            raise Unusable(f"is one more than the {MOST_PICTURES} pictures that a set takes")
        path = PurePosixPath(safe(str(name or file.name)) or file.name)
        number, free = 1, path
        while str(free.with_suffix("")) in stems:
            number += 1
            free = path.with_stem(f"{path.stem}-{number}")
        stems.add(str(free.with_suffix("")))
        target = folder.root / "images" / free
        target.parent.mkdir(parents=True, exist_ok=True)
        place_free(file, target)

    def _add(self, about: Set) -> str:
        if len(self.all()) >= MOST_SETS:
            raise InvalidArgument(f"There are {MOST_SETS} sets already; remove one first.")
        slug = re.sub(r"[^a-z0-9]+", "-", about.title.lower()).strip("-")[:40] or "set"
        id = f"{slug}-{secrets.token_hex(3)}"
        try:
            (self.folder / id).mkdir(mode=0o700, parents=True)
            if not about.folder:
                (self.folder / id / "images").mkdir()
        except OSError as error:
            words = f"'{self.folder / id}' cannot be made: {error.strerror}."
            raise Unavailable(words) from None
        write_struct(self.folder / id / ABOUT, about)
        return id

    def _root(self, id: str, about: Set) -> Path:
        return Path(about.folder) if about.folder else self.folder / id

    def _listed(self, id: str) -> Listed:
        try:
            about = self.about(id)
        except TaxiwayError as error:
            return Listed(id=id, title=id, own=False, path="", created=0, error=str(error))
        root = self._root(id, about)
        listed = Listed(
            id=id, title=about.title, own=not about.folder, path=str(root), created=about.created
        )
        states = dict[str, int]()
        try:
            for picture in self.find(id).overview().pictures:
                states[picture.state] = states.get(picture.state, 0) + 1
        except TaxiwayError as error:
            return replace(listed, error=str(error))
        return replace(listed, states=states)


def boxes_in(folder: AnnotatedFolder, file: Path) -> int:
    """Take the boxes that a zip file has beside its pictures; how many."""
    try:
        formats.read(file, {})
    except InvalidArgument:
        return 0  # there are none
    return bring_in(folder, file).boxes


def safe(name: str) -> str | None:
    """A picture's name in a zip file as one below our folder; None for what would lead out."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.name:
        return None
    parts = [_UNSAFE.sub("-", part).strip("-.") or "x" for part in path.parts[:-1]]
    while parts and parts[0] in ("images", "."):
        parts.pop(0)
    stem = _UNSAFE.sub("-", path.stem).strip("-.")[:80] or "picture"
    return "/".join([*parts[:4], f"{stem}{path.suffix.lower()[:12]}"])
