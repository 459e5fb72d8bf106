"""Sinks and sources of a model over HTTP (docs/outputs.md), for the owner's page.

GET /studio/api/outputs
POST /studio/api/outputs/NAME  start it, with its settings    DELETE ...  stop it
POST /studio/api/outputs/NAME/test  send a test picture for some seconds
POST /studio/api/sources/NAME  likewise                       DELETE ...
"""

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from taxiway.core.opened import OpenFolders
from taxiway.live.inputs import Inputs
from taxiway.live.outputs import Outputs
from taxiway.servers.studio.manager_routes import PREFIX, body, guarded
from taxiway.web.powers import Tokens


def routes(
    outputs: Outputs | None, inputs: Inputs | None, tokens: Tokens, opened: OpenFolders
) -> list[Route]:
    """The routes, which only the owner may use, with paths below what is `opened` only."""
    if outputs is None or inputs is None:
        return []

    async def show(request: Request) -> Any:
        return {"outputs": await outputs.status(), "sources": await inputs.status()}

    async def test(request: Request) -> Any:
        return await outputs.test(request.path_params["name"])

    table = [
        guarded(PREFIX + "/outputs", "GET", show, tokens),
        guarded(PREFIX + "/outputs/{name}/test", "POST", test, tokens),
    ]
    for kind, ways in (("outputs", outputs), ("sources", inputs)):
        table += _member_routes(f"{PREFIX}/{kind}/{{name}}", ways, tokens, opened)
    return table


def _member_routes(
    path: str, ways: Outputs | Inputs, tokens: Tokens, opened: OpenFolders
) -> list[Route]:
    async def start(request: Request) -> Any:
        name, settings = request.path_params["name"], await body(request, dict[str, Any])
        for setting in ways.members.find(name).paths:
            if isinstance(settings.get(setting), str):
                opened.check(settings[setting], setting)
        return await ways.start(name, settings)

    async def stop(request: Request) -> Any:
        name = request.path_params["name"]
        await ways.stop(name)
        return await ways.one(name)

    return [guarded(path, "POST", start, tokens), guarded(path, "DELETE", stop, tokens)]
