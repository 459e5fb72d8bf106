"""From routes to the whole ASGI application: JSON errors, no redirects, the guard, request ids."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from taxiway.core.config import Config
from taxiway.web.guard import Guard
from taxiway.web.requests import Requests
from taxiway.web.responses import HANDLERS


def application(routes: Sequence[BaseRoute], config: Config) -> ASGIApp:
    """Compose `routes` into what `listen` serves."""
    app = Starlette(routes=routes, exception_handlers=HANDLERS)
    # A redirect breaks preflights and the small clients that know none.
    app.router.redirect_slashes = False
    guarded: ASGIApp = Guard(app, config)
    if config.trace:
        from taxiway.web.tracing import Traced

        guarded = Traced(guarded)
    return Requests(guarded)
