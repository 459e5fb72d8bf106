"""A page that makes the pictures, played by Python on a real socket: it goes, hangs, is wrong."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

import numpy as np
import pytest
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from session_fakes import served
from studio_page import PLAYERS, TOKEN, TOKENS
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Image, Number, Vector
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine
from taxiway.live.session import LiveSession
from taxiway.servers.studio import page_backend
from taxiway.servers.studio.routes import PROTOCOL
from toys import gradient

SIDE = 64
SPEC = ModelSpec(name="toy", family="servers.studio.test_page_backend:Toy")


class Toy:
    """As a StyleGAN has it: a w of z, and a picture of w and of steps along a direction."""

    options: ClassVar[dict[str, AnyDataType]] = {}
    commands: ClassVar[dict[str, Command]]
    deterministic = True

    def setup(self, device: str, options: Values) -> None:
        number = Number(default=0, whole=True, min=0, max=99)
        inputs = {"seed": number, "truncation": Number(default=1)}
        more = {"warmth": Number(default=0), "bend": Number(default=0)}
        image = Image(width=SIDE, height=SIDE, channels=3)
        w = Vector(length=8, rows=2)
        self.made = 0
        self.commands = {  # type: ignore[misc]
            "generate": Command(
                name="generate", inputs={**inputs, **more}, outputs={"image": image}, max_batch=4
            ),
            "map": Command(name="map", inputs=inputs, outputs={"w": w}, max_batch=4),
        }

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        ws = [np.full((2, 8), call["seed"] / 100, np.float32) for call in batch]
        if command == "map":
            return [{"w": w} for w in ws]
        made = [picture(w, call["warmth"]) for w, call in zip(ws, batch, strict=True)]
        return [
            {"image": each + 1 * (call["bend"] > 0)} for each, call in zip(made, batch, strict=True)
        ]


def picture(w: np.ndarray[Any, Any], warmth: float = 0) -> np.ndarray[Any, Any]:
    return gradient(w.ravel() * (1 + warmth), SIDE)


class Page:
    """The other end. `make` gives the bytes of a picture from w and steps, or a sentence."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.words: list[Any] = []
        self.asked = 0
        self.make: Callable[[Any, Any], bytes | str | None] = lambda w, steps: picture(
            w, steps.get("warmth", 0)
        ).tobytes()

    async def serve(self) -> None:
        steps: dict[str, float] = {}
        async for message in self.socket:
            if isinstance(message, str):
                word = json.loads(message)
                steps = word["steps"] if word["type"] == "make" else steps
                self.words += [word] if word["type"] != "make" else []
            else:
                self.asked += 1
                answer = self.make(np.frombuffer(message, np.float32).reshape(2, 8), steps)
                if answer is not None:
                    await self.socket.send(answer)

    async def said(self, type: str) -> Any:
        async with asyncio.timeout(60):
            while not any(word["type"] == type for word in self.words):
                await asyncio.sleep(0.01)
        return next(word for word in self.words if word["type"] == type)


class Place:
    """A server with the toy, and what its pictures are."""

    def __init__(self, engine: Engine, port: int) -> None:
        self.engine, self.port = engine, port

    def connect(self, token: str = TOKEN, origin: str = "own") -> connect:
        url = f"127.0.0.1:{self.port}"
        origin = f"http://{url}" if origin == "own" else origin
        subprotocols = (PROTOCOL, f"token.{token}")
        return connect(f"ws://{url}{page_backend.PATH}", origin=origin, subprotocols=subprotocols)  # type: ignore[arg-type]

    @contextlib.asynccontextmanager
    async def page(self, **offer: Any) -> AsyncIterator[Page]:
        async with self.connect() as socket:
            page = Page(socket)
            whole = {"type": "offer", "model": "toy", "directions": ["warmth"], "engine": "gpu"}
            await socket.send(json.dumps({**whole, **offer}))
            serving = asyncio.create_task(page.serve())
            yield page
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    async def picture(self, seed: int, **inputs: Any) -> Any:
        outputs = await self.engine.run("toy", {"seed": seed, **inputs}, "generate")
        return outputs["image"]

    @property
    def has_page(self) -> bool:
        return self.engine.running["toy"].stand_in is not None


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with Engine(executor="thread") as engine:
        await engine.start(SPEC)
        await engine.ready("toy")
        session = LiveSession(engine, SPEC)
        app = Starlette(routes=page_backend.routes(session, TOKENS, patience=0.3))
        async with served(app) as port:
            yield Place(engine, port)


def right(seed: int, warmth: float = 0) -> Any:
    return picture(np.full((2, 8), seed / 100, np.float32), warmth)


async def test_a_page_makes_what_it_can_and_the_model_the_rest_until_it_goes(place: Place) -> None:
    async with place.page() as page:
        works = await page.said("works")
        assert works["milliseconds"] > 0 < works["own_milliseconds"]
        assert page.asked == len(page_backend.SEEDS)
        assert place.has_page
        np.testing.assert_array_equal(await place.picture(7), right(7))
        np.testing.assert_array_equal(await place.picture(7, warmth=2), right(7, 2))
        assert page.asked == 5
        np.testing.assert_array_equal(await place.picture(7, bend=1), right(7) + 1)
        assert page.asked == 5
        answers = await asyncio.gather(*(place.picture(seed) for seed in range(8)))
        np.testing.assert_array_equal(answers, [right(seed) for seed in range(8)])
        assert page.asked == 13
    async with asyncio.timeout(60):
        while place.has_page:
            await asyncio.sleep(0.01)
    np.testing.assert_array_equal(await place.picture(9), right(9))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "The page gave no picture for "),
        (b"short", "The page gave 5 bytes, which is no picture of the model."),
        ("The GPU was lost.", "The GPU was lost."),
    ],
    ids=["hangs", "short", "says why"],
)
async def test_what_a_page_does_not_make_the_model_makes_at_once(
    place: Place, answer: bytes | str | None, why: str
) -> None:
    async with place.page() as page:
        await page.said("works")
        page.make = lambda w, steps: answer
        np.testing.assert_array_equal(await place.picture(7), right(7))
        assert (await page.said("refused"))["message"].startswith(why)
        assert not place.has_page
        asked = page.asked
        np.testing.assert_array_equal(await place.picture(8), right(8))
        assert page.asked == asked


async def test_a_page_that_is_closed_in_the_middle_loses_no_picture(place: Place) -> None:
    async with place.page() as page:
        await page.said("works")
        page.make = lambda w, steps: page.socket.transport.abort()
        np.testing.assert_array_equal(await place.picture(7), right(7))
        assert not place.has_page


async def test_a_page_that_is_wrong_is_found_out(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_backend, "AGAIN", 5)
    black = bytes(SIDE * SIDE * 3)
    async with place.page() as page:
        page.make = lambda w, steps: black
        assert "The page is wrong. Not exact:" in (await page.said("refused"))["message"]
        assert not place.has_page
    async with place.page() as page:
        await page.said("works")
        page.make = lambda w, steps: black
        pictures = [await place.picture(7) for _ in range(6)]
        assert "The page is wrong. Not exact:" in (await page.said("refused"))["message"]
        np.testing.assert_array_equal(pictures[4:], [right(7)] * 2)


async def test_of_two_pages_the_later_one_makes_the_pictures(place: Place) -> None:
    async with place.page() as page, place.page() as later:
        await later.said("works")
        said = await page.said("refused")
        assert said["message"] == "Another page makes them now, or the model is another one."
        asked = page.asked, later.asked
        np.testing.assert_array_equal(await place.picture(7), right(7))
        assert (page.asked, later.asked) == (asked[0], asked[1] + 1)


async def test_only_the_owners_page_may_and_only_with_this_model(place: Place) -> None:
    for token, origin in ((PLAYERS, "own"), ("", "own"), (TOKEN, "https://evil.example")):
        with pytest.raises(InvalidStatus) as caught:
            await place.connect(token, origin)
        assert caught.value.response.status_code == 403
    async with place.page(model="other") as page:
        said = (await page.said("refused"))["message"]
        assert said == "The page has 'other', and 'toy' runs here."
    async with place.page(directions=7) as page:
        assert (await page.said("refused"))["message"] == "A page first says what it offers."
    assert not place.has_page
