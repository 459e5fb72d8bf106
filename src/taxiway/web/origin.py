"""Whether a page came from this very server, also through a proxy."""

from starlette.types import Scope

OWN_NAMES = "taxiway.names"
"""Where the guard puts into the scope by which names the server may be called."""
PLAIN_PORTS = (80, 443)
"""Ports that no Host names."""


def is_own_origin(scope: Scope) -> bool:
    """Whether the Origin of a request is that of a page of this server.

    It is if it has the name and the port of the Host; or only the name, where a proxy dropped the
    port (as nginx's `$host` is without); or a name that the server may be called by, where a proxy
    puts its own Host in its place. The port that we listen at tells whether there is a proxy: a
    browser would have named it.
    """
    headers = dict(scope["headers"])
    scheme, _, authority = headers.get(b"origin", b"").lower().partition(b"://")
    host = headers.get(b"host", b"").lower()
    if scheme not in (b"http", b"https") or not authority:
        return False
    name = host_name(authority)
    port = (scope.get("server") or ("", None))[1]
    dropped = port not in (None, *PLAIN_PORTS) and not has_port(host)
    return (
        authority == host
        or (dropped and name == host_name(host))
        or name in [own.lower() for own in scope.get(OWN_NAMES, ())]
    )


def foreign_origin(scope: Scope) -> str | None:
    """The origin of a page that is not ours; None for our own and for programs.

    A picture in a page brings no Origin, but browsers say that it is of another site.
    """
    headers: dict[bytes, bytes] = dict(scope["headers"])
    origin = headers.get(b"origin")
    if origin is not None and not is_own_origin(scope):
        return origin[:200].decode("latin-1")
    return "another site" if headers.get(b"sec-fetch-site") == b"cross-site" else None


def has_port(host: bytes) -> bool:
    """Whether a Host header names a port."""
    return b":" in host.rpartition(b"]")[2]


def host_name(header: bytes) -> str:
    """The name in a Host header, lower case, without port, brackets or final dot."""
    text = header.decode("latin-1").lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].removesuffix(".")


def foreign_words(scope: Scope) -> str:
    """Why a page that is not our own is refused, and what to do if it is."""
    origin = dict(scope["headers"]).get(b"origin", b"")[:100]
    name = host_name(origin.partition(b"://")[2])
    words = "Only the studio's own page may do this"
    if not name:
        return f"{words}."
    return f"{words}, got one of '{name}'; if this is it, start Taxiway with --allow-host {name}."
