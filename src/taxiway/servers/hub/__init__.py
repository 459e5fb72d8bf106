"""The hub at 5142 (docs/hub.md), where Runway's Photoshop and Unity plug-ins start models."""

from taxiway.servers.hub.server import listener
from taxiway.web.listen import Listener
from taxiway.web.server import ManagerServer


class Hub(ManagerServer):
    """One hub for all models, on this machine only."""

    title = "The hub of Runway's plug-ins"
    _listener: Listener | None = None

    async def start(self) -> int | None:
        config = self.context.config
        if config.hub_port is None:
            return None
        self._listener = listener(self.context.manager, config, config.hub_port)
        await self._listener.start()
        return self._listener.port

    async def stop(self) -> None:
        if self._listener is not None:
            await self._listener.stop()


SLOT = Hub
