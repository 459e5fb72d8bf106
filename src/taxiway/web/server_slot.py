"""The servers there are, ours and other packages': found, given their settings, started."""

import logging
from collections.abc import Mapping
from typing import Any, TypeVar

from taxiway.core import slots
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.web.listen import CannotListen, PortInUse
from taxiway.web.server import ManagerServer, Server

log = logging.getLogger("taxiway.servers")

Kind = type[Server] | type[ManagerServer]
T = TypeVar("T")


def server_kinds() -> dict[str, Kind]:
    """Every server by name; one that cannot be loaded is reported and left out."""
    kinds = {}
    for name in slots.members("servers"):
        try:
            kinds[name] = slots.load("servers", name)
        except Exception as error:
            # Another package's module may raise whatever it likes.
            message = str(error) if isinstance(error, TaxiwayError) else f"{error!r}."
            print(f"The server '{name}' is off: {message}", flush=True)
    return kinds


def of_kind(kinds: Mapping[str, Kind], wanted: type[T]) -> dict[str, type[T]]:
    """Those that are a subclass of `wanted`: Server or ManagerServer."""
    return {
        name: kind
        for name, kind in kinds.items()
        if isinstance(kind, type) and issubclass(kind, wanted)
    }


def decoded(kind: Kind, given: Mapping[str, Any], slot: int = 0) -> dict[str, Any]:
    """The values of a server's settings: those given, else their defaults.

    A port is moved up by `slot`. Raises InvalidArgument naming the setting.
    """
    for name in given:
        if name not in kind.settings and name != "port":
            there_are = ", ".join(kind.settings) or "none"
            raise InvalidArgument(f"{kind.title} has no setting '{name}'; there are: {there_are}.")
    values: dict[str, Any] = {
        name: None if value is None else setting.decode(name, value)
        for name, setting in kind.settings.items()
        for value in [given.get(name, setting.fallback)]
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
    except OSError as error:
        print(f"{title} is off: {error.strerror or error}.", flush=True)
    except Exception as error:
        # Another package's server must not take the models down with it.
        log.exception("%s failed to start", title)
        print(f"{title} is off: {type(error).__name__}: {error}.", flush=True)
    return None
