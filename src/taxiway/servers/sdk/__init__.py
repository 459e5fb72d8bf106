"""What Runway's Model SDK served (docs/ports.md): its plug-ins ask a model by its address."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, WebSocketRoute

from taxiway.servers.sdk import routes
from taxiway.servers.sdk.stream import Streams
from taxiway.web.powers import Power, declared
from taxiway.web.server import Server


class Sdk(Server):
    """Routes of one word each, every path that no other server takes, and a socket at `/`."""

    title = "The Model SDK"
    is_last = True

    def routes(self) -> Sequence[BaseRoute]:
        engine, name = self.context.engine, self.context.name
        streams = Streams(engine, name)
        socket = declared(Power.ASK, [WebSocketRoute("/", streams.serve)])
        return [*routes.routes(engine, name), *socket]


SLOT = Sdk
