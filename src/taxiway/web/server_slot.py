"""The servers there are, ours and other packages': found, given their settings, started."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from starlette.routing import BaseRoute

from taxiway.core import slots
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.core.faults import blamed, broken
from taxiway.web.listen import CannotListen, PortInUse
from taxiway.web.server import ManagerServer, Server

Kind = type[Server] | type[ManagerServer]
T = TypeVar("T")


def server_kinds() -> dict[str, Kind]:
    """Every server by name; one that cannot be loaded is reported and left out."""
    kinds = {}
    for name in slots.members("servers"):
        try:
            kinds[name] = slots.load("servers", name)
        except TaxiwayError as error:
            print(f"The server '{name}' is off: {error}", flush=True)
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


def made(name: str, kind: type[T], context: Any) -> T | None:
    """A server, or None, and the reason printed, where making it fails."""
    try:
        with blamed(kind, "Making it"):
            server: T = cast("Any", kind)(context)
            return server
    except (TaxiwayError, OSError) as error:
        print(f"The server '{name}' is off: {error}", flush=True)
    return None


def routes_of(server: Server) -> Sequence[BaseRoute]:
    """What a server serves at the model's HTTP port; none, and the reason printed, if it fails."""
    try:
        with blamed(server, "routes()"):
            routes = [*server.routes()]
        if wrong := [each for each in routes if not isinstance(each, BaseRoute)]:
            raise broken(server, f"routes() gives Starlette's routes, got {wrong[0]!r:.60}")
        return routes
    except (TaxiwayError, OSError) as error:
        print(f"{server.title} has no routes: {error}", flush=True)
    return ()


async def stopped(server: Server | ManagerServer) -> None:
    """Stop a server; what it raises is one sentence, so that the others stop too."""
    try:
        with blamed(server, "stop()"):
            await server.stop()
    except (TaxiwayError, OSError) as error:
        print(f"{server.title} did not stop: {error}", flush=True)


async def started(server: Server | ManagerServer, title: str) -> int | None:
    """Start a server that Taxiway can do without, and say so if it must; its port, if any."""
    try:
        with blamed(server, "start()"):
            return await server.start()
    except PortInUse as error:
        print(f"{title} is off: port {error.port} is in use.", flush=True)
    except CannotListen as error:
        print(f"{title} is off: {error}", flush=True)
    except OSError as error:
        print(f"{title} is off: {error.strerror or error}.", flush=True)
    except TaxiwayError as error:
        print(f"{title} is off: {error}", flush=True)
    return None
