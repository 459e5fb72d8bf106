"""Runway's local HTTP API (docs/http.md)."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from taxiway.servers.http import routes
from taxiway.web.server import Server


class Http(Server):
    """`/query`, `/info`, `/data`, `/error`, OpenAPI and `/generate.png`."""

    title = "HTTP"

    def routes(self) -> Sequence[BaseRoute]:
        return routes.routes(self.context.engine, self.context.name)


SLOT = Http
