"""Runway's local HTTP API (docs/http.md)."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from taxiway.servers.http import routes
from taxiway.web.server import Server


class Http(Server):
    """`/query`, `/info`, `/data`, `/error`, OpenAPI and `/generate.png`."""

    title = "HTTP"

    def routes(self) -> Sequence[BaseRoute]:
        context = self.context
        return routes.routes(context.engine, context.name, context.session.readers)


SLOT = Http
