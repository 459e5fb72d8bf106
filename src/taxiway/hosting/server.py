"""Hosted models as Runway had them (docs/hosted.md), for many models and many tokens.

GET /v1         is it awake; also wakes it
GET /v1/info    the fields of its command       } wait while it wakes
POST /v1/query  inputs -> outputs               }
GET /v1/state   how it is and what the token has left; wakes nobody
GET /v1/link    the page of it, with the token, as an address and as a QR code
GET /v1/line    who waits for it, and in which place this token's first request is

Runway's own JavaScript SDK understands 401, 404 and 500, and asks again at once, for ever, after
429 and 502; anything else is "unexpected" to it. So what is wrong with a question is 500 here and
not 400, and 429 and 502 are held back for a moment.
"""

import asyncio
import json
import logging
import math
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextlib import AsyncExitStack
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import structs
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from taxiway.catalog.catalog import Card
from taxiway.core.errors import Busy, ModelFailed, TaxiwayError, Unavailable
from taxiway.core.model import ModelSpec
from taxiway.hosting import address
from taxiway.hosting import page as hosted_page
from taxiway.hosting.database import StoreError
from taxiway.hosting.forward import Elsewhere, Question
from taxiway.hosting.lately import Lately
from taxiway.hosting.line import Line, Rounds
from taxiway.hosting.pages import Others, Pages, base, link, wants_page
from taxiway.hosting.rate import Pace
from taxiway.hosting.records import Hosted, Server, Token, write_rate
from taxiway.hosting.store import Ledger
from taxiway.hosting.tokens import Access, access, bearer, digest
from taxiway.hosting.wake import Awake
from taxiway.web import inputs
from taxiway.web.guard import is_address
from taxiway.web.notices import ignored
from taxiway.web.patience import while_connected
from taxiway.web.responses import Answer, error_answer, to_json

if TYPE_CHECKING:
    from taxiway.engine import Engine

log = logging.getLogger("taxiway.servers")

WHOLE_SECONDS = 600.0
"""A query is answered within this time, waking included, as it was in Runway."""
HOLD_SECONDS = 1.0
"""An answer after which the SDK asks again at once is held back so long."""
HELD_BACK = (429, 502)
METHODS = {
    (): "GET",
    ("info",): "GET",
    ("line",): "GET",
    ("query",): "POST",
    ("state",): "GET",
    ("link",): "GET",
}
LINE = "x-place-in-line"
"""The header of an answer that tells which place its question had; 0 for one that had no wait."""

Result = TypeVar("Result")


class Refused(TaxiwayError):
    """A request that gets this status, and this sentence."""

    def __init__(self, status: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Api:
    """The handlers. `domains` are the names below which each model has one of its own; models run
    at the address `on`, "" for this machine.
    """

    def __init__(
        self,
        engine: "Engine",
        ledger: Ledger,
        awake: Awake,
        domains: Sequence[str] = (),
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        on: str = "",
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.engine = engine
        self.ledger = ledger
        self.store = ledger.store
        self.awake = awake
        self.domains = domains
        self.lately = Lately()
        self.pages = Pages()
        self.others: Others = lambda: None
        self._sleep = sleep
        self._on = on
        self.elsewhere = elsewhere
        self._pace = Pace()
        self._lines: dict[str, Line] = {}
        self.rounds = Rounds() if elsewhere is None else elsewhere.rounds
        self._models: dict[tuple[str, float], tuple[ModelSpec, Card]] = {}

    def routes(self) -> list[Route]:
        """Everything, since what a path means depends on the Host too."""
        return [
            Route("/healthz", self.health),
            Route("/readyz", self.ready),
            *self.pages.routes(),
            Route("/{path:path}", self.answer, methods=["GET", "POST"]),
        ]

    async def health(self, request: Request) -> Answer:
        """Always 200, for whoever looks after the server."""
        return Answer(b'{"status":"ok"}')

    async def ready(self, request: Request) -> Answer:
        """200 if questions can be counted, and so be answered; else 503."""
        try:
            await self.ledger(self.store.models)
        except StoreError as error:
            log.error("%s", error)
            return error_answer(503, "The server cannot keep its counts; its log says why.")
        return Answer(b'{"status":"ready"}')

    async def answer(self, request: Request) -> Response:
        """Answer a request to a model, or show a page."""
        is_for_people = wants_page(request)
        try:
            if is_for_people and (shown := await self._page(request)):
                return shown
            if request.method != "POST" and not request.scope["path"].strip("/"):
                return await self._public(request)
            async with asyncio.timeout(WHOLE_SECONDS):
                return await self._model(request)
        except (TaxiwayError, HTTPException, TimeoutError) as error:
            refused = refusal(error)
        if is_for_people:
            words = json.loads(bytes(refused.body))["error"]
            return hosted_page.sentence(refused, words, request.scope["root_path"])
        if refused.status_code in HELD_BACK:
            await self._sleep(HOLD_SECONDS)
        return refused

    async def _public(self, request: Request) -> Response:
        models = await self.ledger(self.store.models)
        public = [model for model in models if model.public and model.active]
        return hosted_page.answer(str(request.base_url), public)

    async def _page(self, request: Request) -> Response | None:
        """The page of the model whose address that is, if it is one; nothing wakes by it."""
        name = address.page(request.headers["host"], request.scope["path"], self.domains)
        found = await self._looked_up(name, b"") if name else None
        return self.pages.pupil(request, found[0].name) if found and found[0].active else None

    async def _looked_up(
        self, model: str, hash: bytes
    ) -> tuple[Hosted, list[Token], list[Server]] | None:
        return await self.ledger.look(self.ledger.reader.asked, model, hash)

    async def _model(self, request: Request) -> Response:
        place = request.headers["host"], request.scope["path"], self.domains
        found, given = address.address(*place), bearer(request)
        name = found.model if found else address.named(*place)[0]
        asked = await self._looked_up(name, digest(given)) if name else None
        if asked is None or not asked[0].active:
            raise Refused(404, "There is no such model here, or it is not active.")
        if found is None or found.route not in METHODS:
            raise Refused(404, "A hosted model has /v1, /v1/info, /v1/line, /v1/query, /v1/state.")
        if request.method.replace("HEAD", "GET") != METHODS[found.route]:
            raise Refused(405, f"This takes {METHODS[found.route]}, got {request.method}.")
        hosted, known, places = asked
        allowed = access(given, hosted, known, "query" if found.route == ("query",) else "info")
        if allowed.refusal is None and self.elsewhere is not None:
            question = Question(hosted, found.route, repr(caller(request, allowed)).encode())
            answer = await self.elsewhere.answer(request, question, places)
            if answer is not None:
                return answer
        return await self._here(request, found.route, hosted, allowed)

    async def _here(
        self, request: Request, route: tuple[str, ...], hosted: Hosted, allowed: Access
    ) -> Answer:
        if route == ("query",):
            with self.lately.noting(hosted, allowed.token):
                return await self._counted(request, hosted, allowed)
        if allowed.refusal is not None or allowed.token is None:
            raise Refused(401, str(allowed.refusal))
        return await self._told(request, route, hosted, allowed)

    async def _told(
        self, request: Request, route: tuple[str, ...], hosted: Hosted, allowed: Access
    ) -> Answer:
        """What costs nothing and is not counted."""
        token = allowed.token
        assert token is not None
        if route == ("info",):
            return await self._info(hosted)
        if route == ("line",):
            return Answer(to_json(self._line(hosted).place(caller(request, allowed))))
        if route == ("state",):
            place = structs.asdict(self._line(hosted).place(caller(request, allowed)))
            return Answer(to_json({**place, **self._state(hosted, token)}))
        if route == ("link",):
            own = bearer(request) if token.hash else ""
            return Answer(to_json(link(base(request, self.others), hosted.name, own)))
        return self._status(hosted)

    def _state(self, hosted: Hosted, token: Token) -> dict[str, Any]:
        """What the page of a model shows beside its answers; tells nothing of other tokens."""
        running = self.engine.running.get(hosted.name)
        card = self._known(hosted)[1]
        return {
            "state": "asleep" if running is None else running.state,
            "waiting": self.waiting(hosted.name),
            "title": card.title,
            "summary": card.summary,
            "first_seed": card.first_seed,
            "watched": hosted.watched,
            "label": token.label if token.hash else "",
            "left": token.left,
            "expires": token.limits.expires,
        }

    def waiting(self, name: str) -> int:
        """Questions to a model that are in hand, in line or at work."""
        line = self._lines.get(name)
        return self.awake.waiting(name) + (line.place(None).waiting if line else 0)

    def wake(self, hosted: Hosted) -> None:
        """Begin to wake a model, also one that failed a moment ago."""
        self.awake.try_again(hosted.name)
        self.awake.knock(self._spec(hosted), hosted.idle_seconds)

    def _status(self, hosted: Hosted) -> Answer:
        """Tell at once whether the model is awake; if not, it wakes."""
        spec = self._spec(hosted)
        running = self.engine.running.get(hosted.name)
        self.awake.knock(spec, hosted.idle_seconds)
        if running is not None and running.state == "failed":
            raise cannot_start(hosted.name)
        is_up = running is not None and running.state == "running" and running.spec == spec
        return Answer(
            to_json(
                {
                    "status": "running" if is_up else "starting",
                    "queryRoute": "/v1/query",
                    "dataRoute": None,
                    "errorRoute": None,
                }
            )
        )

    async def _info(self, hosted: Hosted) -> Answer:
        async with self.awake.held(self._spec(hosted), hosted.idle_seconds):
            command = await self._of_model(hosted, self.engine.command_of(hosted.name))
        return Answer(to_json(command.describe()))

    async def _counted(self, request: Request, hosted: Hosted, given: Access) -> Answer:
        """Ask the model, within the token's limits; what is answered has been counted."""
        token = given.token
        if token is None or given.refusal is not None:
            if token is not None:
                await self._refused(token)
            raise Refused(401, str(given.refusal))
        if token.left == 0:
            await self._refused(token)
            raise self._used_up(token)
        await self._paced(request, token)
        await request.body()  # then it is seen when the client leaves the line
        return await while_connected(request, self._in_turn(request, hosted, given, token))

    async def _paced(self, request: Request, token: Token) -> None:
        """Wait as long as the token's rate wants."""
        rate = token.limits.rate
        if rate is None:
            return
        caller = network(request) if token.hash is None else ""
        may, wait = self._pace.turn((token.id, caller), rate.requests, rate.seconds)
        if not may:
            await self._refused(token)
            raise Refused(429, f"At most {write_rate(rate)} are answered; wait.", wait)
        await self._sleep(wait)

    async def _in_turn(
        self, request: Request, hosted: Hosted, given: Access, token: Token
    ) -> Answer:
        """Ask the model when it is the caller's turn; who leaves the line before is refused."""
        async with AsyncExitStack() as ours:
            try:
                turn = self._line(hosted).turn(caller(request, given))
                place = await ours.enter_async_context(turn)
            except BaseException:
                await self._refused(token)
                raise
            answer = await self._charged(request, hosted, token)
        answer.headers[LINE] = str(place)
        return answer

    async def _charged(self, request: Request, hosted: Hosted, token: Token) -> Answer:
        """Count a question, and ask it."""
        if not await self.ledger(self.store.admit, token.id, time.time()):
            await self._refused(token)
            raise self._used_up(token)
        try:
            answer = await self._asked(request, hosted, token)
        except BaseException:
            # Also when it was cancelled, which is how a question that takes too long ends.
            await self.ledger(self.store.failed, token.id)
            raise
        if not await self.ledger(self.store.answered, token.id, time.time()):
            raise self._used_up(token)
        return answer

    async def _refused(self, token: Token) -> None:
        await self.ledger(self.store.refuse, token.id, time.time())

    def _used_up(self, token: Token) -> Refused:
        return Refused(401, f"The {token.limits.budget} requests of this budget are used up.")

    async def _asked(self, request: Request, hosted: Hosted, token: Token) -> Answer:
        header = request.headers.get("x-runway-output-format")
        async with self.awake.held(self._spec(hosted), hosted.idle_seconds):
            wire = await inputs.from_request(request, lambda: self.engine.command_of(hosted.name))
            asking = self.engine.query(hosted.name, wire, format_header=header)
            outputs = await self._of_model(hosted, asking)
            self.lately.answered(hosted, token, outputs)
            said = ignored(await self.engine.command_of(hosted.name), wire)
            return Answer(to_json(outputs), headers=said)

    async def _of_model(self, hosted: Hosted, asking: Awaitable[Result]) -> Result:
        """What the engine answers; that a model cannot start is an error, no moment's absence."""
        try:
            return await asking
        except Busy:
            raise
        except Unavailable:
            running = self.engine.running.get(hosted.name)
            if running is not None and running.state == "failed":
                raise cannot_start(hosted.name) from None
            raise

    def _line(self, hosted: Hosted) -> Line:
        if hosted.name not in self._lines:
            self._lines[hosted.name] = Line(f"'{hosted.name}'", rounds=self.rounds)
        return self._lines[hosted.name]

    def _spec(self, hosted: Hosted) -> ModelSpec:
        return self._known(hosted)[0]

    def _known(self, hosted: Hosted) -> tuple[ModelSpec, Card]:
        """How a model is run, and what people are told of it."""
        key = hosted.name, hosted.created
        if key not in self._models:
            try:
                spec = structs.replace(hosted.spec(), on=self._on)
                self._models[key] = spec, hosted.card()
            except TaxiwayError as error:
                log.error("%s cannot start: %s", hosted.name, error)
                raise cannot_start(hosted.name) from None
        return self._models[key]


def cannot_start(name: str) -> ModelFailed:
    """What clients hear of it; the reason names files, which are none of their business."""
    return ModelFailed(f"'{name}' cannot start; the server's log says why.")


def caller(request: Request, allowed: Access) -> Hashable:
    """Who has turns of his own: a token, and of those who need none each address."""
    token = allowed.token
    if token is None or token.hash is not None:
        return token and token.id
    return token.id, network(request)


def network(request: Request) -> str:
    """What tells those apart who need no token: the address; of IPv6 the half that is given out."""
    host = request.client.host if request.client else ""
    if ":" not in host or not is_address(host):
        return host
    return str(ip_network((host.partition("%")[0], 64), strict=False))


def refusal(error: Exception) -> Answer:
    """The answer to a request that raised `error`: see the table in docs/hosted.md."""
    status, wait = 500, getattr(error, "retry_after", None)
    message = str(error)
    if isinstance(error, Refused):
        status = error.status
    elif isinstance(error, HTTPException):
        # Too many large requests at once is a kind of too many.
        status, message = (429 if error.status_code == 503 else error.status_code), error.detail
    elif isinstance(error, StoreError):
        log.error("%s", error)
        message = "The server cannot keep its counts; its log says why."
    elif isinstance(error, TimeoutError):
        message = f"The model did not answer within {WHOLE_SECONDS / 60:.0f} minutes."
    elif isinstance(error, Unavailable):
        status = 429 if isinstance(error, Busy) else 502
    headers = {} if wait is None else {"retry-after": str(math.ceil(wait))}
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return error_answer(status, message, headers, getattr(error, "name", None))
