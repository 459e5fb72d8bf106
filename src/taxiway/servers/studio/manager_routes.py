"""The studio's manager over HTTP (docs/control.md): start and stop models, link one to another.

GET /studio/api/desk           POST /studio/api/running    DELETE /studio/api/running/NAME
POST /studio/api/opened        POST /studio/api/chains     DELETE /studio/api/chains
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from taxiway.core.errors import InvalidArgument
from taxiway.live.chains import Chains, Link
from taxiway.live.model_manager import ModelManager
from taxiway.web.origin import foreign_words, is_own_origin
from taxiway.web.powers import NO_TOKEN, NOT_OWNER, Power, Tokens, declared
from taxiway.web.responses import Answer, error_answer, to_json

PREFIX = "/studio/api"
Handler = Callable[[Request], Awaitable[Any]]
T = TypeVar("T")


class Wanted(Struct, kw_only=True):
    """What to start: a card's name, options of its set-up, and the command that /query means."""

    model: str
    options: dict[str, Any] = {}
    command: str | None = None


class Sent(Struct):
    """A model's file that was sent before, by the id of its upload."""

    upload: str


def routes(
    manager: ModelManager,
    chains: Chains,
    tokens: Tokens,
    open_sent: Callable[[str], Awaitable[Any]],
) -> list[Route]:
    """The routes, which a page may use only if it is our own.

    `open_sent` starts a model from a file that was sent.
    """

    async def show(request: Request) -> Any:
        models = await asyncio.to_thread(manager.models)  # a file that was sent may be looked at
        return {"models": models, "running": manager.running(), "chains": chains.links}

    async def start(request: Request) -> Any:
        wanted = await body(request, Wanted)
        return await manager.start(wanted.model, wanted.options, wanted.command)

    async def open_file(request: Request) -> Any:
        return await open_sent((await body(request, Sent)).upload)

    async def stop(request: Request) -> Any:
        await manager.stop(request.path_params["name"])
        return {}

    async def link(request: Request) -> Any:
        return await chains.add(await body(request, Link))

    async def unlink(request: Request) -> Any:
        chains.remove(await body(request, Link))
        return {}

    return [
        guarded(PREFIX + "/desk", "GET", show, tokens, Power.PLAY),
        guarded(PREFIX + "/running", "POST", start, tokens),
        guarded(PREFIX + "/opened", "POST", open_file, tokens),
        guarded(PREFIX + "/running/{name}", "DELETE", stop, tokens),
        guarded(PREFIX + "/chains", "POST", link, tokens),
        guarded(PREFIX + "/chains", "DELETE", unlink, tokens),
    ]


def guarded(
    path: str, method: str, handler: Handler, tokens: Tokens, power: Power = Power.OWN
) -> Route:
    """A route whose handler gives a response, or what is sent as JSON, to who may do this."""

    async def answer(request: Request) -> Response:
        refused = refusal(request, tokens, power)
        if refused is not None:
            return refused
        result = await handler(request)
        return result if isinstance(result, Response) else Answer(to_json(result))

    return declared(power, [Route(path, answer, methods=[method])])[0]


def refusal(request: Request, tokens: Tokens, power: Power) -> Answer | None:
    """What to answer to who may not do this, if so: no token, or a page of another origin.

    Such a page could not read the token, but might have been told it.
    """
    if "origin" in request.headers and not is_own_origin(request.scope):
        return error_answer(403, foreign_words(request.scope))
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if tokens.allow(given, power):
        return None
    return error_answer(403, NOT_OWNER if tokens.allow(given, Power.PLAY) else NO_TOKEN)


async def body(request: Request, kind: type[T]) -> T:
    """The request's JSON as a `kind`. Raises InvalidArgument."""
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except RecursionError:
        raise InvalidArgument("The body is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"The body is not what is expected: {error}.") from None
