"""What the teacher's page asks (docs/hosted-pages.md): everything below `/teacher/api`.

POST /enter {"link"}          an owner's link for a sign-in    POST /leave
GET /state                    models, tokens with what was asked, the last errors
GET /usage.csv                what was asked, for a spreadsheet
GET /pictures/NAME            the last pictures of a model that is watched
POST /models/NAME/ACT         wake, sleep, activate, deactivate, watch, unwatch
POST /class-list              a CSV file: the names in it
POST /tokens                  a token for each name, told this once
POST /tokens/NUMBER/revoke

Of several servers that share a store the one that is asked asks the others (`everywhere`).

A sign-in comes in a header (`Authorization: Bearer own_...`), never in a cookie: no page of another
site can bring one, and what changes something is a POST.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Annotated, Any, TypeVar

from msgspec import Meta, Struct, structs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.core.parsing import Malformed, from_json
from taxiway.hosting import class_list, owner, records, usage
from taxiway.hosting.everywhere import Everywhere, Heard, together
from taxiway.hosting.lately import PICTURES
from taxiway.hosting.pages import base, link
from taxiway.hosting.records import Hosted, Limits, Token, write_price, write_rate
from taxiway.hosting.server import Api
from taxiway.hosting.tokens import bearer, digest, new_token
from taxiway.web.origin import foreign_origin
from taxiway.web.responses import Answer, error_answer, of_error, to_json

PREFIX = "/teacher/api"
SIGNED_OUT = "Nobody is signed in here; make a link with: taxiway host owner-link"
LATE_LINK = (
    "This link was used already, or is older than ten minutes. "
    "Make another with: taxiway host owner-link"
)

T = TypeVar("T")
Handler = Callable[[Request], Awaitable[Any]]


class Entering(Struct):
    link: str


class Wanted(Struct):
    """Tokens for a model, as the page's form has them; what is empty is not limited."""

    model: str
    names: Annotated[list[str], Meta(min_length=1, max_length=class_list.MOST_NAMES)]
    rate: str = ""
    budget: Annotated[int, Meta(ge=1, le=2**52)] | None = None
    expires: str = ""
    price: str = "0"

    def limits(self, now: float) -> Limits:
        """Raises InvalidArgument."""
        return Limits(
            expires=now + records.read_period(self.expires) if self.expires else None,
            rate=records.read_rate(self.rate) if self.rate else None,
            budget=self.budget,
            price=records.read_price(self.price or "0"),
        )


class Teacher:
    """The handlers, on the same engine, store and counts as the models' own."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.ledger = api.ledger
        self.store = api.store
        self.everywhere = Everywhere(api.elsewhere)

    def routes(self) -> list[Route]:
        """All of them want a sign-in but `/enter`."""
        reading = {
            "/state": self.state,
            "/usage.csv": self.usage,
            "/pictures/{model}": self.pictures,
        }
        doing = {
            "/leave": self.leave,
            "/models/{model}/{act}": self.act,
            "/class-list": self.names,
            "/tokens": self.make_tokens,
            "/tokens/{token:int}/revoke": self.revoke,
        }
        return [
            Route(f"{PREFIX}/enter", answered(self.enter), methods=["POST"]),
            *(Route(PREFIX + path, self._owners(do)) for path, do in reading.items()),
            *(
                Route(PREFIX + path, self._owners(do), methods=["POST"])
                for path, do in doing.items()
            ),
        ]

    def _owners(self, handler: Handler) -> Handler:
        """`handler` for those who are signed in."""

        async def asked(request: Request) -> Any:
            if not await self.ledger(owner.is_signed_in, self.store, bearer(request)):
                return error_answer(401, SIGNED_OUT, {"www-authenticate": "Bearer"})
            return await handler(request)

        return answered(asked)

    async def enter(self, request: Request) -> Any:
        given = await _body(request, Entering)
        own = await self.ledger(owner.sign_in, self.store, given.link)
        return error_answer(401, LATE_LINK) if own is None else {"token": own}

    async def leave(self, request: Request) -> Any:
        await self.ledger(self.store.leave, digest(bearer(request)))
        return {}

    async def state(self, request: Request) -> Any:
        others = asyncio.ensure_future(self.everywhere.ask(request))
        models = await self.ledger(self.store.models)
        tokens = await self.ledger(self.store.tokens)
        own = {
            "base": base(request, self.api.others),
            "models": [self._model(hosted, tokens) for hosted in models],
            "tokens": [_token(token, time.time()) for token in tokens],
            "errors": [structs.asdict(note) for note in reversed(self.api.lately.errors)],
            "servers": [self.everywhere.here],
        }
        return together(own, await others)

    def _model(self, hosted: Hosted, tokens: list[Token]) -> dict[str, Any]:
        own = [token for token in tokens if token.model == hosted.name]
        running = self.api.engine.running.get(hosted.name)
        is_up = running is not None and running.state != "asleep"
        return {
            "name": hosted.name,
            "model": hosted.model,
            "public": hosted.public,
            "active": hosted.active,
            "watched": hosted.watched,
            "state": hosted.state if running is None else running.state,
            "servers": [self.everywhere.here] if is_up else [],
            "waiting": self.api.waiting(hosted.name),
            "requests": sum(token.requests for token in own),
            "errors": sum(token.errors for token in own),
            "cost": write_price(sum(token.cost for token in own)),
        }

    async def usage(self, request: Request) -> Response:
        tokens = await self.ledger(self.store.tokens)
        table = usage.usage_csv(tokens, time.time())
        return Response(table, media_type="text/csv", headers={"cache-control": "no-store"})

    async def pictures(self, request: Request) -> Any:
        hosted = await self._named(request)
        if not hosted.watched:
            raise InvalidArgument(f"The pictures of '{hosted.name}' are kept for nobody.")
        own = [structs.asdict(note) for note in self.api.lately.pictures(hosted.name)]
        for heard in await self.everywhere.ask(request):
            own += heard.content["pictures"] if heard.is_good else ()
        return {"pictures": sorted(own, key=lambda note: -note["at"])[:PICTURES]}

    async def act(self, request: Request) -> Any:
        hosted, act = await self._named(request), request.path_params["act"]
        name = hosted.name
        if act == "wake":
            return await self._wake(request, hosted)
        if act == "sleep":
            await self.api.awake.rest(name)
        elif act in ("activate", "deactivate"):
            await self.ledger(self.store.set_active, name, act == "activate")
            return {}
        elif act in ("watch", "unwatch"):
            await self.ledger(self.store.set_watched, name, act == "watch")
            self.api.lately.forget(name)
        else:
            raise NotFound(f"A model cannot '{act}'.")
        return _first_refusal(await self.everywhere.ask(request))

    async def _wake(self, request: Request, hosted: Hosted) -> Any:
        """Where it is, or where it is to be."""
        places = await self.ledger(self.store.places, hosted.name)
        server = await self.everywhere.has(request, hosted, places)
        if server is not None:
            return _first_refusal(await self.everywhere.ask(request, [server]))
        self.api.wake(hosted)
        return {}

    async def names(self, request: Request) -> Any:
        return {"names": class_list.read(await request.body())}

    async def make_tokens(self, request: Request) -> Any:
        wanted, now = await _body(request, Wanted), time.time()
        made = [(records.checked_label(name.strip()), new_token()) for name in wanted.names]
        hashed = [(label, digest(token)) for label, token in made]
        await self.ledger(self.store.add_tokens, wanted.model, hashed, wanted.limits(now), now)
        own = base(request, self.api.others)
        cards = (
            {"label": label, "token": token, **link(own, wanted.model, token)}
            for label, token in made
        )
        return {"model": wanted.model, "tokens": list(cards)}

    async def revoke(self, request: Request) -> Any:
        await self.ledger(self.store.revoke, request.path_params["token"], time.time())
        return {}

    async def _named(self, request: Request) -> Hosted:
        return await self.ledger(self.store.model, request.path_params["model"])


def _first_refusal(heard: list[Heard]) -> Any:
    return next((each.refusal() for each in heard if not each.is_good), {})


def answered(handler: Handler) -> Handler:
    """`handler`, whose plain value goes as JSON and whose error as a sentence; for no other site's
    pages."""

    @wraps(handler)
    async def done(request: Request) -> Response:
        foreign = foreign_origin(request.scope)
        if foreign is not None:
            return error_answer(403, "Only the teacher's own page may do this.")
        try:
            value = await handler(request)
        except TaxiwayError as error:
            return of_error(error)
        return value if isinstance(value, Response) else Answer(to_json(value))

    return done


async def _body(request: Request, kind: type[T]) -> T:
    try:
        return from_json(await request.body(), kind, class_list.MOST_BYTES)
    except Malformed as reason:
        raise InvalidArgument(f"The body is not what is expected: {reason}.") from None


def _token(token: Token, now: float) -> dict[str, Any]:
    limits = token.limits
    return {
        "id": token.id,
        "model": token.model,
        "label": token.label,
        "state": token.state(now),
        "requests": token.requests,
        "refused": token.refused,
        "errors": token.errors,
        "left": token.left,
        "budget": limits.budget,
        "rate": write_rate(limits.rate) if limits.rate else "",
        "expires": limits.expires,
        "cost": write_price(token.cost),
        "last_use": token.last_use,
    }
