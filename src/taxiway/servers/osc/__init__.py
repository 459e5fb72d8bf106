"""OSC in and out, by UDP (docs/osc.md)."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from taxiway.servers.osc import listing
from taxiway.servers.osc.server import OscServer
from taxiway.web.listen import CannotListen
from taxiway.web.server import Server


class Osc(Server):
    """Runway's OSC server, and addresses for the live picture."""

    title = "OSC"
    _server: OscServer | None = None
    _off = "OSC is off, by --osc-port off."

    def routes(self) -> Sequence[BaseRoute]:
        return listing.routes(self.context.session, self._door)

    async def start(self) -> int | None:
        context = self.context
        if context.config.osc_port is None:
            return None
        server = OscServer(context.engine, context.session, context.config, context.jobs)
        try:
            await server.start()
        except CannotListen as error:
            self._off = f"OSC is off: {error}"
            raise
        self._server = server
        return server.port

    def _door(self) -> tuple[int | None, str]:
        return (None, self._off) if self._server is None else (self._server.port, "")

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop()


SLOT = Osc
