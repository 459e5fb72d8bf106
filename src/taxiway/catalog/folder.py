"""The user's data folder: where Taxiway keeps what must survive, for its owner's eyes only."""

import errno
import os
from datetime import datetime
from pathlib import Path

from platformdirs import user_data_path

from taxiway.core.errors import TaxiwayError


class NoDataFolder(TaxiwayError):
    """There is no place for what must survive."""

    def __init__(self) -> None:
        super().__init__(
            "There is no home folder to keep data in; name a folder in TAXIWAY_DATA, as in "
            "TAXIWAY_DATA=/srv/taxiway."
        )


def recording_path(given: str, ending: str) -> Path:
    """A path as it was given; for none, one in the data folder that is called after the time.

    Raises NoDataFolder.
    """
    if given.strip():
        return Path(given).expanduser().absolute()
    name = f"{datetime.now():%Y-%m-%d %H.%M.%S}{ending}"
    return data_path() / "recordings" / name


def data_path(given: Path | None = None) -> Path:
    """`given`, else $TAXIWAY_DATA, else the system's place; it need not be there yet.

    Raises NoDataFolder for a user without a home, as in many containers.
    """
    named = os.environ.get("TAXIWAY_DATA")
    if given or named:
        return given or Path(str(named))
    try:
        found = user_data_path("taxiway", appauthor=False)
    except RuntimeError:  # of newer versions of platformdirs; older ones leave the ~ in it
        raise NoDataFolder from None
    if not found.is_absolute():
        raise NoDataFolder
    return found


def data_folder(given: Path | None = None) -> Path:
    """The folder at `data_path`, made for its owner alone (0700) if it is not there.

    Raises NotADirectoryError for a file, OSError if it cannot be made.
    """
    folder = data_path(given)
    if folder.exists() and not folder.is_dir():
        wrong = "Data is kept in a folder, which this is not"
        raise NotADirectoryError(errno.ENOTDIR, wrong, folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder.resolve()
