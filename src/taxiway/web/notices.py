"""What the person at the terminal should know of clients, once each; and the client itself."""

from collections.abc import Mapping
from urllib.parse import quote

from taxiway.core.command import Command
from taxiway.core.datatypes import Wire

MOST_NOTICES = 50
"""So that nobody can fill the terminal."""
MOST_NAMES = 16
MOST_LETTERS = 40

_said: set[str] = set()


def ignored(command: Command, wire: Mapping[str, Wire]) -> dict[str, str]:
    """A header that names those inputs in `wire` which `command` does not have."""
    names = [quote(name[:MOST_LETTERS], errors="replace") for name in command.unknown(wire)]
    return {"x-taxiway-ignored": ", ".join(names[:MOST_NAMES])} if names else {}


def shortened(name: str) -> str:
    """A client's word as it may stand in a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in name[:MOST_LETTERS])


def once(sentence: str, about: str = "") -> None:
    """Print `sentence`, unless one `about` the same was printed before or there were very many."""
    key = about or sentence
    if key not in _said and len(_said) < MOST_NOTICES:
        _said.add(key)
        print(sentence, flush=True)
