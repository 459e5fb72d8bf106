"""A page that computes the model's pictures on its own GPU in the server's place (docs/website.md).

The owner's page opens the socket, says what it can do, and is first held to the server's own
pictures of a few seeds. From then on it gets the w of each picture, which the model here makes, and
steps along directions, and gives pixels back: for `/query`, OSC and all others alike. The model
here answers what a page cannot do, and everything from the moment that the page is closed, does not
answer, or is wrong, which every hundredth picture is looked at for.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from taxiway.choosing import difference
from taxiway.core.command import Command, Values
from taxiway.core.errors import TaxiwayError
from taxiway.core.images import Pixels
from taxiway.engine import Engine
from taxiway.engine.executor import Gone, Result
from taxiway.engine.messages import Predict
from taxiway.live.session import LiveSession
from taxiway.servers.studio.routes import PROTOCOL
from taxiway.web.origin import foreign_words, is_own_origin
from taxiway.web.powers import NOT_OWNER, Power, Tokens, declared
from taxiway.web.responses import deny, error_answer

PATH = "/studio/backend"
SEEDS = (1, 2, 3)
"""Whose pictures a page is held to before it may answer."""
AGAIN = 100
"""Of so many pictures one is made here, too, and compared."""
PATIENCE_SECONDS = 20.0
"""How long a page's first pictures may take, for which it makes its shaders."""
SLOWER, LEAST_SECONDS = 10, 1.0
"""Any later one: so many times as long as it took before, and no less than a second."""
MAP, GENERATE = "map", "generate"


class Offer(Struct, tag_field="type", tag="offer"):
    """What a page can do: the model it has, the directions that it knows, what computes there."""

    model: str
    directions: list[str]
    engine: str


class Make(Struct, tag_field="type", tag="make"):
    """A picture is wanted: its w [num_ws, w_dim] comes next, as float32; steps by direction."""

    steps: Mapping[str, float]


class Works(Struct, tag_field="type", tag="works"):
    """The page answers from now on; milliseconds of a picture there and here."""

    milliseconds: float
    own_milliseconds: float


class Refused(Struct, tag_field="type", tag="refused"):
    """The page does not answer, or not any more."""

    message: str


Ask = Callable[[Predict], Awaitable[list[Result]]]


class PageBackend:
    """A page as an `engine.executor.StandIn`; a picture is asked for at a time."""

    def __init__(
        self, socket: WebSocket, offer: Offer, commands: Mapping[str, Command], patience: float
    ) -> None:
        self._socket = socket
        self.patience = patience
        self._generate, self._map = commands[GENERATE], commands[MAP]
        self._directions = {*offer.directions}
        self._answer: asyncio.Future[bytes | str] | None = None
        self._lock = asyncio.Lock()
        self._made = 0
        self.why = ""
        """Why it is gone, once it is."""

    def hear(self, message: bytes | str) -> None:
        """What the page says: the pixels of a picture, or why there are none."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(message)

    async def answer(self, request: Predict, ask: Ask) -> list[Result] | None:
        """As `StandIn` has it."""
        if request.command != GENERATE or not all(map(self.takes, request.batch)):
            return None
        mapped = await ask(Predict(MAP, request.batch))
        results = [
            await self._one(call, each) for call, each in zip(request.batch, mapped, strict=True)
        ]
        self._made += len(results)
        if self._made >= AGAIN:
            self._made = 0
            [own] = await ask(Predict(GENERATE, request.batch[:1]))
            self.compare(results[0], own)
        return results

    def takes(self, call: Values) -> bool:
        """Whether a call asks for nothing but a w and steps along directions that a page knows."""
        plain = {*self._map.inputs, *self._directions, "w", "format", "preview"}
        return all(
            name in plain or call.get(name) == getattr(field, "default", None)
            for name, field in self._generate.inputs.items()
        )

    async def _one(self, call: Values, mapped: Result) -> Result:
        if isinstance(mapped, TaxiwayError):
            return mapped
        steps = {name: float(call[name]) for name in self._directions if call.get(name)}
        return {"image": await self.picture(mapped["w"], steps)}

    async def picture(self, w: Any, steps: Mapping[str, float]) -> Pixels:
        """The pixels [H, W, 3] that the page makes. Raises Gone."""
        image: Any = self._generate.outputs["image"]
        async with self._lock:
            self._answer = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(self.patience):
                    await self._socket.send_text(msgspec.json.encode(Make(steps)).decode())
                    await self._socket.send_bytes(np.ascontiguousarray(w, "<f4").tobytes())
                    answer = await self._answer
            except TimeoutError:
                raise self.gone(f"The page gave no picture for {self.patience:.3g} s.") from None
            except (RuntimeError, WebSocketDisconnect):
                raise self.gone("The page was closed.") from None
        if isinstance(answer, str):
            raise self.gone(answer)
        if len(answer) != image.height * image.width * 3:
            raise self.gone(f"The page gave {len(answer)} bytes, which is no picture of the model.")
        return np.frombuffer(answer, np.uint8).reshape(image.height, image.width, 3)

    def compare(self, got: Result, own: Result) -> None:
        """Raises Gone if a picture of the page is another than the model's here."""
        if isinstance(got, TaxiwayError) or isinstance(own, TaxiwayError):
            return
        wanted = own["image"][..., :3]
        if off := difference({"image": got["image"]}, {"image": wanted}):
            raise self.gone(f"The page is wrong. {off}")

    def gone(self, why: str) -> Gone:
        """Why it does not answer any more; the page gets to hear of it."""
        self.why = self.why or why
        return Gone(why)


class Door:
    """Opens the socket to the owner's page, and lets it answer until it goes."""

    def __init__(self, session: LiveSession, tokens: Tokens, patience: float) -> None:
        self._session = session
        self._tokens = tokens
        self._patience = patience

    async def open(self, socket: WebSocket) -> None:
        """Serve one page, or refuse it before it opens."""
        given = [each.partition("token.")[2] for each in socket.scope["subprotocols"]]
        if not is_own_origin(socket.scope):
            await deny(socket, error_answer(403, foreign_words(socket.scope)))
        elif not any(self._tokens.allow(token, Power.OWN) for token in given):
            await deny(socket, error_answer(403, NOT_OWNER))
        else:
            await socket.accept(PROTOCOL)
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                try:
                    await self._serve(socket)
                except (Gone, TaxiwayError) as error:
                    await say(socket, Refused(str(error)))
                    await socket.close(1000)

    async def _serve(self, socket: WebSocket) -> None:
        engine, name = self._session.engine, self._session.spec.name
        try:
            offer = msgspec.json.decode(await socket.receive_text(), type=Offer)
        except (msgspec.MsgspecError, KeyError, RecursionError):
            raise Gone("A page first says what it offers.") from None
        if offer.model != name:
            raise Gone(f"The page has '{offer.model}', and '{name}' runs here.")
        commands = {each: await engine.command_of(name, each) for each in (GENERATE, MAP)}
        if commands[GENERATE].outputs["image"].channels != 3:  # type: ignore[union-attr]
            raise Gone("A page makes pictures without transparency only.")
        page = PageBackend(socket, offer, commands, self._patience)
        hearing = asyncio.create_task(hear(socket, page))
        try:
            works = await tried(page, engine, name)
            leave = engine.let_stand_in(name, page)
            try:
                await say(socket, works)
                while not hearing.done() and not page.why:
                    await asyncio.wait([hearing], timeout=0.2)
                    now = engine.running.get(name)
                    if now is None or now.stand_in is not page:
                        page.gone("Another page makes them now, or the model is another one.")
            finally:
                leave()
        finally:
            page.hear("The page was closed.")
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
        if page.why:
            raise Gone(page.why)


async def hear(socket: WebSocket, page: PageBackend) -> None:
    """Pass on what a page says, until it is closed."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        data = message.get("bytes")
        page.hear(message.get("text") or "" if data is None else data)


async def tried(page: PageBackend, engine: Engine, name: str) -> Works:
    """How long a picture takes, once those of a few seeds are right. Raises Gone."""
    there: list[float] = []
    here: list[float] = []
    for seed in SEEDS:
        mapped = await engine.run(name, {"seed": seed}, MAP)
        start = time.perf_counter()
        own = await engine.run(name, {"seed": seed}, GENERATE)
        here.append(time.perf_counter() - start)
        start = time.perf_counter()
        picture = await page.picture(mapped["w"], {})
        there.append(time.perf_counter() - start)
        page.compare({"image": picture}, own)
    page.patience = max(SLOWER * min(there), min(page.patience, LEAST_SECONDS))
    return Works(milliseconds=1000 * min(there), own_milliseconds=1000 * min(here))


async def say(socket: WebSocket, word: Works | Refused) -> None:
    await socket.send_text(msgspec.json.encode(word).decode())


def routes(
    session: LiveSession, tokens: Tokens, patience: float = PATIENCE_SECONDS
) -> Sequence[WebSocketRoute]:
    """The route of the socket, for the owner's page of this server alone."""
    return declared(Power.OWN, [WebSocketRoute(PATH, Door(session, tokens, patience).open)])
