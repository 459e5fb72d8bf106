"""Tokens of hosted models: 256 random bits, shown once and kept as SHA-256; and what they allow."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable, Sequence

from msgspec import Struct
from starlette.requests import Request

from taxiway.hosting.records import Hosted, Token

PREFIX = "tw_"
"""Lets people and scanners see what a stray token is; and none can look like an option."""


def new_token() -> str:
    """A token: `tw_` and 43 characters that mean the same in a header, a shell and an address."""
    return random_text(PREFIX)


def random_text(prefix: str) -> str:
    """256 random bits that mean the same in a header, a shell and an address, after `prefix`."""
    return prefix + secrets.token_urlsafe(32)


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


class Access(Struct, frozen=True):
    """Whom a request is counted to, if anybody; `refusal` is a sentence if it may not be asked."""

    token: Token | None
    refusal: str | None = None


def bearer(request: Request) -> str:
    """The token that a request brings, which may be any text; empty for none."""
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    return given.strip() if kind.lower() == "bearer" else ""


def access(given: str, hosted: Hosted, known: Sequence[Token], scope: str) -> Access:
    """What `given` allows; a token of a public model that is no good is as good as none."""
    token = find(given, known)
    refusal = _why_not(token, scope)
    anyone = next((candidate for candidate in known if candidate.hash is None), None)
    if refusal is not None and hosted.public and anyone is not None:
        return Access(anyone)
    return Access(token, refusal)


def _why_not(token: Token | None, scope: str) -> str | None:
    if token is None:
        return "This model is private: send 'Authorization: Bearer TOKEN' with a token of it."
    state = token.state(time.time())
    if state in ("revoked", "expired"):
        return f"This token is {state}."
    if scope not in token.limits.scopes:
        return f"This token does not allow {scope}."
    return None
