"""What a running Taxiway serves, as it is, so that no route can be forgotten by a test."""

import re

from starlette.routing import BaseRoute, Route, Router, WebSocketRoute

from taxiway.model_servers import ModelServers
from taxiway.web.guard import Guard
from taxiway.web.listen import Listener
from taxiway.web.responses import Answered


def listener_of(model_servers: ModelServers) -> Listener:
    listener = model_servers._servers["painter"].listener
    assert listener is not None
    return listener


def routes_of(listener: Listener) -> list[BaseRoute]:
    """Every route that a port serves."""
    guard = listener._uvicorn.config.app.app  # type: ignore[union-attr]
    assert isinstance(guard, Guard)
    assert isinstance(guard.app, Answered)
    router = guard.app.app
    assert isinstance(router, Router)
    assert all(isinstance(route, (Route, WebSocketRoute)) for route in router.routes)
    return list(router.routes)


def http_routes_of(listener: Listener) -> list[tuple[str, set[str]]]:
    """Path and methods of every HTTP route that a port serves."""
    found = (route for route in routes_of(listener) if isinstance(route, Route))
    return [(route.path, route.methods or set()) for route in found]


def address(path: str) -> str:
    """A path with something in place of its parameters."""
    return re.sub(r"{(\w+)(:path)?}", lambda found: "painter" if found[1] == "name" else "x", path)
