"""What the studio's page talks to (docs/studio.md, docs/wire.md)."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from taxiway.servers.studio import (
    elsewhere_routes,
    live_routes,
    mapping_routes,
    output_routes,
    page,
    page_backend,
    routes,
    scene_routes,
    walk_routes,
)
from taxiway.web.server import Server


class Studio(Server):
    """The page, its files, its socket, and what it may do beside playing its model."""

    title = "The studio"

    def routes(self) -> Sequence[BaseRoute]:
        context = self.context
        return [
            *routes.routes(context.session, context.tokens, context.card),
            *page_backend.routes(context.session, context.tokens),
            *elsewhere_routes.routes(context.config, context.tokens),
            *walk_routes.routes(context.session, context.tokens),
            *live_routes.routes(context.session, context.tokens),
            *scene_routes.routes(context.session, context.tokens),
            *mapping_routes.routes(context.session, context.tokens),
            *output_routes.routes(context.outputs, context.inputs, context.tokens, context.opened),
            *context.studio_routes,
            *page.routes(context.tokens, context.config),
        ]


SLOT = Studio
