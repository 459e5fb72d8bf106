"""Scenes over HTTP (docs/playing.md): the presets as one file.

GET  /studio/api/scene    the file                POST /studio/api/scene   take one's presets
GET  /studio/api/timeline.jsonl    the timeline as a session, to be filmed
"""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from taxiway.core.errors import NotFound
from taxiway.live.movement.file import restore, to_text
from taxiway.live.presets import scene
from taxiway.live.session import LiveSession
from taxiway.servers.studio.manager_routes import PREFIX, guarded
from taxiway.web.powers import Power, Tokens

PATH = PREFIX + "/scene"
TIMELINE = PREFIX + "/timeline.jsonl"
FRAMES = 60
"""Changes a second of a timeline that is written as a session."""


def routes(session: LiveSession, tokens: Tokens) -> list[Route]:
    """The routes of one session; the owner alone puts a file's presets in place of those here."""

    async def give(request: Request) -> Response:
        presets = dict(session.kept.presets)
        if not presets:
            raise NotFound("There are no presets yet; store some first.")
        named = {state.picture for state in presets.values() if state.picture}
        pictures = {name: await session.kept.picture(name) for name in sorted(named)}
        movement = to_text(session.movement) if session.movement.is_set_up else b""
        data = scene.packed(presets, pictures, session.spec.name, movement)
        headers = {"content-disposition": 'attachment; filename="scene.zip"'}
        return Response(data, media_type="application/zip", headers=headers)

    async def take(request: Request) -> Any:
        data = await request.body()
        presets, pictures = await asyncio.to_thread(scene.unpacked, data)
        movement = await asyncio.to_thread(scene.movement_in, data)
        session.kept.put_all(presets, pictures)
        if movement is not None:
            restore(session.movement, movement)
        return {"presets": sorted(presets)}

    async def timeline(request: Request) -> Response:
        lines = session.timeline.session_lines(FRAMES)
        headers = {"content-disposition": 'attachment; filename="timeline.jsonl"'}
        return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)

    return [
        guarded(TIMELINE, "GET", timeline, tokens, Power.PLAY),
        guarded(PATH, "GET", give, tokens, Power.PLAY),
        guarded(PATH, "POST", take, tokens),
    ]
