"""The servers there are, ours and other packages': found, given their settings, started."""

import logging
from collections.abc import Mapping
from typing import Any, TypeVar

from taxiway.core import slots
from taxiway.core.errors import TaxiwayError
from taxiway.web.listen import CannotListen, PortInUse
from taxiway.web.server import ManagerServer, Server

log = logging.getLogger("taxiway.servers")

Kind = TypeVar("Kind", Server, ManagerServer)


def server_kinds(wanted: type[Kind]) -> dict[str, type[Kind]]:
    """Every server of that kind, by name; one that cannot be loaded is reported and left out."""
    kinds = {}
    for name in slots.members("servers"):
        try:
            kind = slots.load("servers", name)
        except TaxiwayError as error:
            print(f"The server '{name}' is off: {error}", flush=True)
            continue
        if isinstance(kind, type) and issubclass(kind, wanted):
            kinds[name] = kind
    return kinds


def decoded(
    kind: type[Server] | type[ManagerServer], given: Mapping[str, Any], slot: int = 0
) -> dict[str, Any]:
    """The values of a server's settings: those given, else their defaults.

    A port is moved up by `slot`. Raises InvalidArgument naming the setting.
    """
    values: dict[str, Any] = {
        name: setting.decode(name, given[name]) if name in given else setting.fallback
        for name, setting in kind.settings.items()
    }
    if values.get("port"):
        values["port"] += slot
    return values


async def started(server: Server | ManagerServer, title: str) -> int | None:
    """Start a server that Taxiway can do without, and say so if it must; its port, if any."""
    try:
        return await server.start()
    except PortInUse as error:
        print(f"{title} is off: port {error.port} is in use.", flush=True)
    except CannotListen as error:
        print(f"{title} is off: {error}", flush=True)
    except Exception as error:
        # Another package's server must not take the models down with it.
        log.exception("%s failed to start", title)
        print(f"{title} is off: {type(error).__name__}: {error}.", flush=True)
    return None
