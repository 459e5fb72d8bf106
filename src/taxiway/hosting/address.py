"""Which hosted model a request means: by the name of the Host, or by the first part of the path.

https://NAME.models.example.org/v1/query        a name below one that the server is known by
https://NAME.hosted-models.runwayml.cloud/v1    Runway's own, for pages that have it in them
http://localhost:8080/NAME/v1/query
http://localhost:8080/NAME.hosted-models.runwayml.cloud/v1     what Runway's JavaScript SDK takes
"""

from collections.abc import Sequence
from typing import NamedTuple

from taxiway.web.origin import host_name

RUNWAY = "hosted-models.runwayml.cloud"
LONGEST = 4096
"""No path of ours is longer."""


class Address(NamedTuple):
    """A model, and which of its routes: the parts after `/v1`."""

    model: str
    route: tuple[str, ...]


def address(host: str, path: str, domains: Sequence[str]) -> Address | None:
    """Read a request's Host and path; None if they name no model.

    Repeated slashes count as one and one at the end as none, since the SDK makes them.
    """
    parts = [part for part in path[:LONGEST].split("/") if part]
    model = _below(host_name(host.encode("latin-1")), (*domains, RUNWAY))
    if model is None and len(parts) > 1:
        first = parts.pop(0).lower()
        model = _below(first, (RUNWAY,)) or first
    if model is None or parts[:1] != ["v1"]:
        return None
    return Address(model, tuple(parts[1:]))


def page(host: str, path: str, domains: Sequence[str]) -> str | None:
    """The model whose page that is: `/NAME` or `/NAME/v1`, or by its Host name `/` or `/v1`."""
    model, parts = named(host, path, domains)
    return model if parts in ([], ["v1"]) else None


def named(host: str, path: str, domains: Sequence[str]) -> tuple[str | None, list[str]]:
    """The model that is meant, whatever is asked of it, and the parts of the path behind it."""
    parts = [part for part in path[:LONGEST].split("/") if part]
    model = _below(host_name(host.encode("latin-1")), (*domains, RUNWAY))
    if model is None and parts:
        first = parts.pop(0).lower()
        model = _below(first, (RUNWAY,)) or first
    return model, parts


def _below(name: str, domains: Sequence[str]) -> str | None:
    """What stands before one of `domains` in `name`, if there is just one label."""
    for domain in domains:
        label = name.removesuffix(f".{domain}")
        if label != name and label and "." not in label:
            return label
    return None
