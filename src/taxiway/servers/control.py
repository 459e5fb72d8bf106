"""The studio's desk over HTTP (docs/control.md): start and stop models, link one to another.

GET /studio/api/desk           POST /studio/api/running    DELETE /studio/api/running/NAME
                               POST /studio/api/chains     DELETE /studio/api/chains
"""

import hmac
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.routing import Route

from taxiway.core.errors import InvalidArgument
from taxiway.live.chains import Chains, Link
from taxiway.servers.answers import Answer, error_answer, to_json
from taxiway.servers.desk import Desk

PREFIX = "/studio/api"
T = TypeVar("T")


class Wanted(Struct, kw_only=True):
    """What to start: a card's name, options of its set-up, and the command that /query means."""

    model: str
    options: dict[str, Any] = {}
    command: str | None = None


def routes(desk: Desk, chains: Chains, token: str) -> list[Route]:
    """The routes, which only who knows `token` may use, and a page only if it is our own."""

    async def show(request: Request) -> Any:
        return {"models": desk.models(), "running": desk.places(), "chains": chains.links}

    async def start(request: Request) -> Any:
        wanted = await _body(request, Wanted)
        return await desk.start(wanted.model, wanted.options, wanted.command)

    async def stop(request: Request) -> Any:
        await desk.stop(request.path_params["name"])
        return {}

    async def link(request: Request) -> Any:
        return await chains.add(await _body(request, Link))

    async def unlink(request: Request) -> Any:
        chains.remove(await _body(request, Link))
        return {}

    def route(path: str, method: str, handler: Callable[[Request], Awaitable[Any]]) -> Route:
        async def guarded(request: Request) -> Answer:
            return _refusal(request, token) or Answer(to_json(await handler(request)))

        return Route(PREFIX + path, guarded, methods=[method])

    return [
        route("/desk", "GET", show),
        route("/running", "POST", start),
        route("/running/{name}", "DELETE", stop),
        route("/chains", "POST", link),
        route("/chains", "DELETE", unlink),
    ]


def _refusal(request: Request, token: str) -> Answer | None:
    """A page of another origin could not read the token, but might have been told it."""
    host, origin = request.headers.get("host", ""), request.headers.get("origin")
    if origin is not None and origin.lower() not in (f"http://{host}", f"https://{host}".lower()):
        return error_answer(403, "Only the studio's own page may do this.")
    given = request.headers.get("authorization", "").encode()
    if not hmac.compare_digest(given, f"Bearer {token}".encode()):
        return error_answer(403, "The token is missing or of an earlier start; reload the page.")
    return None


async def _body(request: Request, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"The body is not what is expected: {error}.") from None
