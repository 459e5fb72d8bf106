"""Actions on the live session over HTTP (docs/playing.md), for the studio's page and programs.

GET  /studio/api/live                  what can be done, with inputs; the kinds of modulators
POST /studio/api/live/ACTION           do it, as {"number": 3, "seconds": 2}
GET  /studio/api/live-pictures/NAME    a small picture of a preset or of the history
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from taxiway.live.messages import actions
from taxiway.live.movement import modulators as movement
from taxiway.live.session import LiveSession
from taxiway.servers.studio.manager_routes import PREFIX, Handler, body, guarded
from taxiway.web.powers import Power, Tokens

PATH = PREFIX + "/live"
PICTURES = PREFIX + "/live-pictures"
KEPT = {"cache-control": "private, max-age=31536000, immutable"}
"""A picture never changes under its name."""


def routes(session: LiveSession, tokens: Tokens) -> list[Route]:
    """The routes of one session."""

    async def show(request: Request) -> Any:
        known = movement.kinds()
        modulators = [known.declaration(kind).describe() for kind in known.kinds]
        titles = {kind: found.title for kind, found in known.kinds.items()}
        return {
            "actions": [action.command.describe() for action in actions.ACTIONS.values()],
            "modulators": [{**each, "title": titles[each["name"]]} for each in modulators],
            "broken": known.broken,
        }

    async def act(request: Request) -> Any:
        inputs = await body(request, dict[str, Any]) if await request.body() else {}
        actions.perform(session, request.path_params["action"], inputs)
        return {}

    async def picture(request: Request) -> Response:
        data = await session.kept.picture(request.path_params["name"])
        return Response(data, media_type="image/jpeg", headers=KEPT)

    table: list[tuple[str, str, Handler]] = [
        (PATH, "GET", show),
        (PATH + "/{action:path}", "POST", act),
        (PICTURES + "/{name}", "GET", picture),
    ]
    return [guarded(path, method, handler, tokens, Power.PLAY) for path, method, handler in table]
