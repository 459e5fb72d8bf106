"""Scenes over HTTP (docs/playing.md): presets, movement and timeline as one file.

GET  /studio/api/scene    the file                POST /studio/api/scene   play one's
GET  /studio/api/timeline.jsonl    the timeline as a session, to be filmed; ?fps=25, else 60, is
                                   how many changes a second it has
"""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from taxiway.core.errors import InvalidArgument
from taxiway.live.presets import scene
from taxiway.live.session import LiveSession
from taxiway.servers.studio.manager_routes import PREFIX, guarded
from taxiway.web.powers import Power, Tokens

PATH = PREFIX + "/scene"
TIMELINE = PREFIX + "/timeline.jsonl"
FRAMES, FEWEST_FRAMES, MOST_FRAMES = 60, 0.1, 240
"""Changes a second of a timeline that is written as a session."""


def routes(session: LiveSession, tokens: Tokens) -> list[Route]:
    """The routes of one session; the owner alone puts a file's presets in place of those here."""

    async def give(request: Request) -> Response:
        data = await scene.taken(session)
        headers = {"content-disposition": 'attachment; filename="scene.zip"'}
        return Response(data, media_type="application/zip", headers=headers)

    async def take(request: Request) -> Any:
        found = await asyncio.to_thread(scene.unpacked, await request.body())
        scene.put(session, found)
        return {"presets": sorted(found.presets)}

    async def timeline(request: Request) -> Response:
        lines = session.timeline.session_lines(rate(request.query_params.get("fps", str(FRAMES))))
        headers = {"content-disposition": 'attachment; filename="timeline.jsonl"'}
        return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)

    return [
        guarded(TIMELINE, "GET", timeline, tokens, Power.PLAY),
        guarded(PATH, "GET", give, tokens, Power.PLAY),
        guarded(PATH, "POST", take, tokens),
    ]


def rate(text: str) -> float:
    """How many changes a second are asked for. Raises InvalidArgument."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not FEWEST_FRAMES <= found <= MOST_FRAMES:
        takes = f"{FEWEST_FRAMES:g} to {MOST_FRAMES}"
        raise InvalidArgument(f"'fps' takes {takes}, got {text[:20]!r}.", "fps")
    return found
