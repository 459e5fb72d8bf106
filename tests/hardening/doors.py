"""What a running Taxiway serves, as it is, so that no route can be forgotten by a test."""

import re

from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from taxiway.model_servers import ModelServers
from taxiway.web.guard import Guard
from taxiway.web.listen import Listener


def listener_of(model_servers: ModelServers) -> Listener:
    listener = model_servers._servers["painter"].listener
    assert listener is not None
    return listener


def routes_of(listener: Listener) -> list[tuple[str, set[str]]]:
    """Path and methods of every HTTP route that a port serves."""
    guard = listener._uvicorn.config.app
    assert isinstance(guard, Guard)
    assert isinstance(guard.app, Starlette)
    found = [route for route in guard.app.routes if not isinstance(route, WebSocketRoute)]
    assert all(isinstance(route, Route) for route in found)
    return [(route.path, route.methods or set()) for route in found if isinstance(route, Route)]


def address(path: str) -> str:
    """A path with something in place of its parameters."""
    return re.sub(r"{(\w+)(:path)?}", lambda found: "painter" if found[1] == "name" else "x", path)
