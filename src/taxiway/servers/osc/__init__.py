"""OSC in and out, by UDP (docs/osc.md)."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from taxiway.servers.osc import listing
from taxiway.servers.osc.server import OscServer
from taxiway.web.server import Server


class Osc(Server):
    """Runway's OSC server, and addresses for the live picture."""

    title = "OSC"
    _server: OscServer | None = None

    def routes(self) -> Sequence[BaseRoute]:
        context = self.context
        return listing.routes(context.session, self._port)

    async def start(self) -> int | None:
        context = self.context
        if context.config.osc_port is None:
            return None
        self._server = OscServer(context.engine, context.session, context.config, context.jobs)
        await self._server.start()
        return self._server.port

    def _port(self) -> int | None:
        return None if self._server is None else self._server.port

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop()


SLOT = Osc
