"""What the studio's page talks to (docs/studio.md, docs/wire.md)."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from taxiway.servers.studio import output_routes, page, routes, walk_routes
from taxiway.web.server import Server


class Studio(Server):
    """The page, its files, its socket, and what it may do beside playing its model."""

    title = "The studio"

    def routes(self) -> Sequence[BaseRoute]:
        context = self.context
        return [
            *routes.routes(context.session, context.token, context.card),
            *walk_routes.routes(context.session, context.token),
            *output_routes.routes(context.outputs, context.inputs, context.token),
            *context.studio_routes,
            *page.routes(context.token),
        ]


SLOT = Studio
