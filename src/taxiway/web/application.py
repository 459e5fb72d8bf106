"""From routes to the whole ASGI application: JSON errors, no redirects, the guard, request ids."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp

from taxiway.core.config import Config
from taxiway.web.guard import Guard
from taxiway.web.requests import Requests
from taxiway.web.responses import Answered


def application(routes: Sequence[BaseRoute], config: Config) -> ASGIApp:
    """Compose `routes` into what `listen` serves."""
    # A redirect breaks preflights and the small clients that know none.
    app = Answered(Router(routes, redirect_slashes=False))
    guarded: ASGIApp = Guard(app, config)
    if config.trace:
        from taxiway.web.tracing import Traced

        guarded = Traced(guarded)
    return Requests(guarded)
