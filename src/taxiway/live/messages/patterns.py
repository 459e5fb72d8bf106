"""OSC's address patterns: ?, *, [a-z], [!a], {one,other}; each within one part of an address.

(opensoundcontrol.stanford.edu/spec-1_0.html, "OSC Message Dispatching and Pattern Matching")
"""

import re
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from taxiway.core.errors import InvalidArgument

LONGEST = 256
"""Letters of a pattern that is looked at."""
SPECIAL = frozenset("?*[]{}")
RANGE = re.compile(r"(\d{1,8})-(\d{1,8})", re.ASCII)
_TOKEN = re.compile(r"\*+|\?|\[[^\]/]*\]|\{[^}/]*\}|[^?*\[\]{}]")


def is_pattern(address: str) -> bool:
    """Whether it stands for all that it matches, rather than for itself."""
    return not SPECIAL.isdisjoint(address)


@lru_cache(4096)
def matches(pattern: str, address: str) -> bool:
    """Whether a pattern, part by part, is met by an address; one that makes no sense by none."""
    parts, there = pattern.split("/"), address.split("/")
    if len(parts) != len(there) or len(pattern) > LONGEST:
        return False
    return all(_meets(part, text) for part, text in zip(parts, there, strict=True))


def _meets(part: str, text: str) -> bool:
    """Every place to which the tokens can lead is kept, so that no pattern takes long."""
    tokens = _tokens(part)
    places = {0} if tokens is not None else set()
    for token in tokens or ():
        places = {end for place in places for end in _ends(token, text, place)}
    return len(text) in places


@lru_cache(256)
def _tokens(part: str) -> list[str] | None:
    tokens: list[str] = _TOKEN.findall(part)
    return tokens if sum(map(len, tokens)) == len(part) else None


def _ends(token: str, text: str, place: int) -> list[int]:
    """Where a token that begins at `place` of `text` may end."""
    if token[0] == "*":
        return list(range(place, len(text) + 1))
    if token[0] == "{":
        words = token[1:-1].split(",")
        return [place + len(word) for word in words if text.startswith(word, place)]
    if place == len(text):
        return []
    found = token in ("?", text[place])
    if token[0] == "[" and len(token) > 1:
        found = _is_among(text[place], token[1:-1])
    return [place + 1] if found else []


def _is_among(letter: str, listed: str) -> bool:
    """Whether a letter is one of a list such as `0-9a`, or none of `!0-9`."""
    rest = listed.removeprefix("!")
    found = False
    while rest:
        if len(rest) > 2 and rest[1] == "-":
            found, rest = found or rest[0] <= letter <= rest[2], rest[3:]
        else:
            found, rest = found or rest[0] == letter, rest[1:]
    return found is not listed.startswith("!")


@lru_cache(256)
def places(name: str, words: str, length: int) -> npt.NDArray[np.intp]:
    """Which numbers of a vector `3`, `16-31` or a pattern such as `*` stands for, in order.

    Raises InvalidArgument naming the input.
    """
    if is_pattern(words):
        return np.array([at for at in range(length) if matches(words, str(at))], np.intp)
    found = RANGE.fullmatch(words)
    if found is not None and int(found[1]) <= int(found[2]) < length:
        return np.arange(int(found[1]), int(found[2]) + 1)
    if words.isascii() and words.isdigit() and len(words) < 9 and int(words) < length:
        return np.array([int(words)], np.intp)
    raise InvalidArgument(f"'{name}' has numbers 0 to {length - 1}, got '{words[:20]}'.", name)
