"""Checkpoints that a page has sent: files of the data folder, each a model that can be started."""

import filecmp
import os
import shutil
from pathlib import Path

from taxiway.catalog import catalog, families
from taxiway.catalog.catalog import Card
from taxiway.core import declaration, zips
from taxiway.core.errors import InvalidArgument, TaxiwayError, Unavailable

PORTS = ("runway_model.py", "runway.yml")
"""What the folder of a ported model has."""


class KeptModels:
    """The models of `folder`; each is looked at once, and again when its file has changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[tuple[str, int, int], Card | None] = {}

    def cards(self) -> list[Card]:
        """A card for every file that a family opens, by name."""
        files = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        found = [self._card(file) for file in files if not file.name.startswith(".")]
        return [card for card in found if card is not None]

    def find(self, name: str) -> Card | None:
        """The card of that name."""
        return next((card for card in self.cards() if card.name == name), None)

    def keep(self, sent: Path) -> Card:
        """Take over a file that was sent, under a name that no other has, and say what it is.

        What is here already, byte for byte, is not kept twice. `sent` is gone afterwards. Raises
        UnreadableCheckpoint or InvalidArgument where no family reads it, Unavailable for the disk.
        """
        try:
            family = opener(sent)
            path = self._same(sent) or self._moved(sent)
        except OSError as error:
            raise Unavailable(f"'{sent.name}' cannot be kept: {error.strerror}.") from None
        finally:
            sent.unlink(missing_ok=True)
        card = self._known[_state(path)] = catalog.choose(family, path)
        return card

    def _same(self, sent: Path) -> Path | None:
        size = sent.stat().st_size
        alike = (file for file in self.folder.glob("*") if file.stat().st_size == size)
        return next((file for file in alike if filecmp.cmp(file, sent, shallow=False)), None)

    def _moved(self, sent: Path) -> Path:
        """A new file of its own stem: models are called by it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = 1
        while True:
            stem = sent.stem if number == 1 else f"{sent.stem}-{number}"
            path, number = self.folder / f"{stem}{sent.suffix}", number + 1
            if any(file.stem.lower() == stem.lower() for file in self.folder.iterdir()):
                continue
            try:
                path.touch(exist_ok=False)  # ours from here on
            except FileExistsError:
                continue
            shutil.move(sent, path)
            return path

    def _card(self, file: Path) -> Card | None:
        try:
            state = _state(file)
            if state not in self._known:
                self._known[state] = catalog.choose(opener(file), file)
            return self._known[state]
        except (TaxiwayError, OSError):
            return None


def opener(path: Path) -> str:
    """The family of a checkpoint, by what is in it; a program is none, whoever would run it.

    Raises UnreadableCheckpoint or InvalidArgument.
    """
    if _holds_port(path):
        raise InvalidArgument(
            f"'{path.name}' holds a ported model, a program, which would run with your rights: "
            "unpack it, and start its folder in the terminal, by taxiway run FOLDER."
        )
    try:
        family = families.opener(str(path))
    except TaxiwayError as error:
        raise type(error)(str(error).replace(str(path), path.name)) from None
    if "checkpoint" not in declaration.family(family).options:
        raise InvalidArgument(
            f"'{path.name}' is a program, which would run with your rights: start it in the "
            f"terminal, by taxiway run {path.name}."
        )
    return family


def _holds_port(path: Path) -> bool:
    """Whether it is a zip file of a ported model's folder."""
    try:
        with zips.opened(path) as archive:
            return any(name.rpartition("/")[2] in PORTS for name in archive.namelist())
    except (zips.Unreadable, OSError):
        return False


def _state(file: Path) -> tuple[str, int, int]:
    found = os.stat(file)
    return str(file), found.st_size, found.st_mtime_ns
