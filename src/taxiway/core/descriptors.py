"""How many files and sockets this process may have open at once."""

import contextlib
import sys

ASKED = (65536, 10240)
"""What is asked for, the largest first; macOS gives no more than the second."""


def most() -> int | None:
    """How many may be open at once; None where the system has no such limit, as Windows."""
    if sys.platform == "win32":
        return None
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if limit == resource.RLIM_INFINITY else limit


def allow_more() -> None:
    """Take what the system lets us: often a shell begins with 1024 or 256, one a connection."""
    if sys.platform == "win32":
        return
    import resource

    for wanted in ASKED:
        limit, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        given = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if limit == resource.RLIM_INFINITY or limit >= given:
            return
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (given, hard))
