"""What is fetched: which files, and never a program."""

from pathlib import PurePosixPath

from msgspec import Struct

from taxiway.catalog.manifest import FETCHED, check_path
from taxiway.core.errors import InvalidArgument

PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".bin", ".ckpt")
MOST_BYTES = 40 * 2**30


class Wanted(Struct, frozen=True, kw_only=True):
    """A file of a model: its name there, where it is, and what is known of it beforehand.

    `sources` are https addresses, or hf:// ones, tried in this order; 0 bytes and no hash are not
    known yet. `git` is what git calls the contents, as hubs know small files.
    """

    path: str
    sources: tuple[str, ...] = ()
    bytes: int = 0
    sha256: str = ""
    git: str = ""


def check_wanted(path: str) -> None:
    """Raises InvalidArgument for what is no file of a model's folder, or may hold a program."""
    try:
        check_path(path)
    except ValueError as error:
        raise InvalidArgument(f"A model's file {error}.") from None
    ending = PurePosixPath(path).suffix.lower()
    if ending in PICKLES:
        raise InvalidArgument(
            f"'{path}' is a pickle, which can hold a program, so it is not fetched: fetch it "
            f"yourself from where you trust it, then taxiway run {PurePosixPath(path).name}, which "
            "reads it and runs nothing that is in it."
        )
    if ending not in FETCHED:
        raise InvalidArgument(
            f"'{path}' is not fetched: only {', '.join(FETCHED)} are, which hold no program."
        )
