"""Who may ask a hosted model: by a token, or by none where the model is public."""

import time
from collections.abc import Sequence

from msgspec import Struct
from starlette.requests import Request

from taxiway.hosting import tokens
from taxiway.hosting.records import Hosted, Token


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
    token = tokens.find(given, known)
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
