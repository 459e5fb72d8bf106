"""Tokens of hosted models: 256 random bits that are shown once; only their SHA-256 is kept."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable

from taxiway.hosting.records import Token

PREFIX = "tw_"
"""Lets people and scanners see what a stray token is; and none can look like an option."""


def new_token() -> str:
    """A token: `tw_` and 43 characters that mean the same in a header, a shell and an address."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is kept of a token. Its 256 bits are beyond guessing, so nothing slower is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def find(token: str, among: Iterable[Token]) -> Token | None:
    """The one of `among` that `token` is, if any; takes as long whichever it is."""
    wanted = digest(token)
    found = None
    for candidate in among:
        if candidate.hash is not None and hmac.compare_digest(candidate.hash, wanted):
            found = candidate
    return found
