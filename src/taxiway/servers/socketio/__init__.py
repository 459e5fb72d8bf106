"""Runway's Socket.IO API (docs/socketio.md): at the HTTP port, and where old sketches look."""

from collections.abc import Sequence

from msgspec import structs
from starlette.routing import BaseRoute

from taxiway.servers.socketio.server import SocketIo
from taxiway.web.application import application
from taxiway.web.listen import Listener
from taxiway.web.server import Server, ServerContext


class SocketIoServer(Server):
    """The same clients at both ports; the second serves Runway's HTTP API as well."""

    title = "Socket.IO"

    def __init__(self, context: ServerContext) -> None:
        super().__init__(context)
        readers = context.session.readers
        self._clients = SocketIo(context.engine, context.name, jobs=context.jobs, readers=readers)
        self._listener: Listener | None = None

    def routes(self) -> Sequence[BaseRoute]:
        return self._clients.routes()

    async def start(self) -> int | None:
        if self.context.config.socketio_port is None:
            return None
        config = structs.replace(self.context.config, port=self.context.config.socketio_port)
        routes = [*self.context.http_routes, *self._clients.routes()]
        self._listener = Listener(application(routes, config), config)
        await self._listener.start()
        return self._listener.port

    async def stop(self) -> None:
        # First: a poll that hangs would hold its listener up.
        self._clients.close()
        if self._listener is not None:
            await self._listener.stop()


SLOT = SocketIoServer
