"""Sinks and sources of a model over HTTP (docs/outputs.md), for the studio's page and its token.

GET /studio/api/outputs
POST /studio/api/outputs/NAME  start it, with its settings    DELETE ...  stop it
POST /studio/api/sources/NAME  likewise                       DELETE ...
"""

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from taxiway.live.inputs import Inputs
from taxiway.live.outputs import Outputs
from taxiway.servers.studio.manager_routes import PREFIX, body, guarded


def routes(outputs: Outputs | None, inputs: Inputs | None, token: str) -> list[Route]:
    """The routes, which only who knows `token` may use: a path is the owner's to open."""
    if outputs is None or inputs is None:
        return []

    async def show(request: Request) -> Any:
        return {"outputs": await outputs.status(), "sources": await inputs.status()}

    table = [guarded(PREFIX + "/outputs", "GET", show, token)]
    for kind, ways in (("outputs", outputs), ("sources", inputs)):
        table += _member_routes(f"{PREFIX}/{kind}/{{name}}", ways, token)
    return table


def _member_routes(path: str, ways: Outputs | Inputs, token: str) -> list[Route]:
    async def start(request: Request) -> Any:
        return await ways.start(request.path_params["name"], await body(request, dict[str, Any]))

    async def stop(request: Request) -> Any:
        name = request.path_params["name"]
        await ways.stop(name)
        return await ways.one(name)

    return [guarded(path, "POST", start, token), guarded(path, "DELETE", stop, token)]
