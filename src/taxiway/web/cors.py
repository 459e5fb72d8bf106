"""By which headers a browser lets a page of another origin ask, and read the answer (CORS)."""

import re

METHODS = b"GET, HEAD, POST, DELETE, OPTIONS"
ASKED = b"Content-Type, Accept, Authorization, Cache-Control, X-Runway-Output-Format"
"""What a preflight that names no headers is told."""
EXPOSED = b"Retry-After, X-Place-In-Line, X-Request-Id, X-Taxiway-Ignored"
NAMES = re.compile(rb"[\w!#$%&'*+.^`|~-]+(\s*,\s*[\w!#$%&'*+.^`|~-]+)*", re.ASCII)
MOST_BYTES = 1024

Headers = dict[bytes, bytes]


def cors(headers: Headers, is_welcome: bool, to_all: bool) -> list[tuple[bytes, bytes]]:
    """The headers of any answer, to a request with `headers`; `to_all`: any origin is welcome.

    It may have come with credentials, as some ask by default: no cookie authorises anything.
    """
    answer = [(b"access-control-expose-headers", EXPOSED), (b"vary", b"Origin")]
    origin = headers.get(b"origin")
    if origin is not None and is_welcome:
        # A star would not do with credentials.
        answer.append((b"access-control-allow-origin", origin))
        answer.append((b"access-control-allow-credentials", b"true"))
    elif origin is None and to_all:
        answer.append((b"access-control-allow-origin", b"*"))
    return answer


def preflight(headers: Headers) -> list[tuple[bytes, bytes]]:
    """What is said beside to a browser that asks what may be asked.

    Whatever headers a page wants to send, it may: libraries add their own, and none means anything
    here beside those of the docs.
    """
    asked = headers.get(b"access-control-request-headers", b"").strip()
    is_plain = len(asked) <= MOST_BYTES and NAMES.fullmatch(asked)
    answer = [
        (b"access-control-allow-methods", METHODS),
        (b"access-control-allow-headers", asked if is_plain else ASKED),
        (b"access-control-max-age", b"86400"),
    ]
    if headers.get(b"access-control-request-private-network") == b"true":
        answer.append((b"access-control-allow-private-network", b"true"))
    return answer
