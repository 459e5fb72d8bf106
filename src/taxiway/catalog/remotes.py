"""Other machines that models can run on, by the names that the user gave them."""

import json
import re
from pathlib import Path

from taxiway.catalog.folder import data_path
from taxiway.core.datatypes import names
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.files import write_whole

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def remotes() -> dict[str, str]:
    """Their addresses by name. Raises InvalidArgument for a file that somebody damaged."""
    file = place()
    try:
        found = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError:
        found = None
    if isinstance(found, dict) and all(isinstance(each, str) for each in found.values()):
        return found
    raise InvalidArgument(f"'{file}' is no list of machines; mend or remove it.")


def address_of(box: str) -> str:
    """The address that a name stands for, or the address itself. Raises NotFound."""
    if "://" in box or re.match(r"ray(\?|$)", box):
        return box
    known = remotes()
    if box not in known:
        there = f"There are: {names(list(known))}" if known else "There is none yet"
        raise NotFound(
            f"No machine is called '{box}'. {there}; add it: taxiway remote add {box} ssh://user@host."
        )
    return known[box]


def keep(name: str, address: str) -> None:
    """Remember an address, in place of what the name stood for. Raises InvalidArgument."""
    if not NAME.fullmatch(name):
        raise InvalidArgument(
            f"A machine's name has small letters, digits and hyphens, got {name[:70]!r}."
        )
    place().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(place(), json.dumps({**remotes(), name: address}, indent=1).encode())


def forget(name: str) -> None:
    """Forget a name. Raises NotFound."""
    address_of(name)
    write_whole(place(), json.dumps({k: v for k, v in remotes().items() if k != name}).encode())


def place() -> Path:
    """The file."""
    return data_path() / "remotes.json"
