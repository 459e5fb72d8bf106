"""The user's data folder: where Taxiway keeps what must survive, for its owner's eyes only."""

import os
from pathlib import Path

from platformdirs import user_data_path


def data_path(given: Path | None = None) -> Path:
    """`given`, else $TAXIWAY_DATA, else the system's place; it need not be there yet."""
    named = os.environ.get("TAXIWAY_DATA")
    return given or (Path(named) if named else user_data_path("taxiway", appauthor=False))


def data_folder(given: Path | None = None) -> Path:
    """The folder at `data_path`, made for its owner alone (0700) if it is not there.

    Raises OSError if it cannot be made.
    """
    folder = data_path(given)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder.resolve()
