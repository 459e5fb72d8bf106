"""How many files and sockets this process may have open at once."""

import contextlib
import sys

FEW = 256
"""So many the connections of one address, a few models and the libraries do with."""
ASKED = (65536, 10240)
"""What is asked for, the largest first; macOS gives no more than the second."""


def most() -> int | None:
    """How many may be open at once; None where the system has no such limit, as Windows."""
    if sys.platform == "win32":
        return None
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if limit == resource.RLIM_INFINITY else limit


def allow_more() -> str:
    """Take what the system lets us: often a shell begins with 1024 or 256, one a connection.

    A sentence where it is few all the same, else nothing.
    """
    if sys.platform != "win32":
        _raise_limit()
    there_are = most()
    if there_are is None or there_are >= FEW:
        return ""
    return (
        f"Only {there_are} files and sockets may be open at once here, which is few for a server: "
        f"raise that by ulimit -n {FEW}."
    )


def _raise_limit() -> None:
    import resource

    for wanted in ASKED:
        limit, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        given = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if limit == resource.RLIM_INFINITY or limit >= given:
            return
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (given, hard))
