"""The address of this server for another device, `GET /studio/api/elsewhere` (docs/control.md)."""

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from taxiway.core.config import Config
from taxiway.servers.studio.manager_routes import PREFIX, guarded
from taxiway.web.addresses import elsewhere
from taxiway.web.powers import Power, Tokens


def routes(config: Config, tokens: Tokens) -> list[Route]:
    """The route; the address lets nobody do more than a page there may."""

    async def show(request: Request) -> Any:
        """The address and a picture of it, null where only this machine is listened to."""
        from taxiway.web import qr

        scheme = "https" if config.certificate else "http"
        address = elsewhere(config.host, request.scope["server"][1], scheme)
        return {"address": address, "picture": address and qr.as_svg(address)}

    return [guarded(PREFIX + "/elsewhere", "GET", show, tokens, Power.PLAY)]
