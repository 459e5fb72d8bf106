"""Tiles of the map: as asked, fairly, not while somebody plays, and known again."""

import asyncio
import io

import msgspec
import numpy as np
import pytest
from PIL import Image

from session_fakes import GENERATE, Clock, FakeEngine, on_session
from taxiway.core.errors import InvalidArgument, ModelFailed
from taxiway.latent.field import Field, tile_point
from taxiway.live import tiles as tiles_module
from taxiway.live.session import LiveSession
from taxiway.live.tiles import BATCH, MOST_WAITING, Cache, Tile, Wanted


class Asker:
    """Asks for tiles and waits for the answers."""

    def __init__(self, session: LiveSession, name: str = "page") -> None:
        self._session = session
        self.name = name
        self.answers: asyncio.Queue[Tile] = asyncio.Queue()

    def ask(self, request: int, i: int = 0, j: int = 0, level: int = 0, seed: int = 7) -> None:
        wanted = Wanted(seed, level, i, j, 0.5, request)
        self._session.tiles.ask(self.name, wanted, self.answers.put_nowait)

    async def take(self, count: int) -> list[Tile]:
        return [await self.answers.get() for _ in range(count)]


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_a_tile_is_the_picture_of_its_point_at_128_pixels(engine: FakeEngine) -> None:
    async with on_session(engine, clock=later(Clock())) as session:
        asker = Asker(session)
        asker.ask(5, i=3, j=-2)
        (tile,) = await asker.take(1)
    inputs, live = engine.calls[0]
    np.testing.assert_array_equal(inputs["z"], Field(7).z([tile_point(0, 3, -2, 0.5)])[0])
    assert (inputs["size"], live) == (128, None)
    assert (tile.request, tile.width, tile.height) == (5, 128, 128)
    assert Image.open(io.BytesIO(tile.jpeg)).size == (128, 128)
    assert tile.render_ms > 0


def later(clock: Clock) -> Clock:
    """The clock, which says at every look that a second more has gone: nobody plays."""

    class Later(Clock):
        def __call__(self) -> float:
            clock.now += 1
            return clock.now

    return Later()


async def test_a_model_with_its_own_size_gives_tiles_made_smaller(engine: FakeEngine) -> None:
    inputs = {name: field for name, field in GENERATE.inputs.items() if name != "size"}
    engine.command = msgspec.structs.replace(GENERATE, inputs=inputs)
    engine.picture_size = (200, 300)
    async with on_session(engine, clock=later(Clock())) as session:
        asker = Asker(session)
        asker.ask(1)
        (tile,) = await asker.take(1)
    assert (tile.width, tile.height) == (128, 85)
    assert Image.open(io.BytesIO(tile.jpeg)).size == (128, 85)


async def test_tiles_come_in_the_order_asked(engine: FakeEngine) -> None:
    async with on_session(engine, clock=later(Clock())) as session:
        asker = Asker(session)
        for request in range(20):
            asker.ask(request, i=request)
        answers = await asker.take(20)
    assert [tile.request for tile in answers] == list(range(20))


async def test_askers_take_turns(engine: FakeEngine) -> None:
    async with on_session(engine, clock=later(Clock())) as session:
        many, few = Asker(session, "many"), Asker(session, "few")
        order = []
        many.answers = few.answers
        for request in range(30):
            many.ask(request, i=request)
        few.ask(100, j=1)
        order = [tile.request for tile in await few.take(31)]
    assert order.index(100) <= 2


async def test_a_batch_is_asked_for_at_once_and_grows_with_the_models_speed(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long the first takes on a busy machine, a batch of all would do.
    monkeypatch.setattr(tiles_module, "BATCH_SECONDS", 1e9)
    async with on_session(engine, clock=later(Clock())) as session:
        asker = Asker(session)
        for request in range(1 + BATCH):
            asker.ask(request, i=request)
        await asker.take(1)
        engine.gate.clear()
        await engine.call_number(1 + BATCH)
        engine.gate.set()
        await asker.take(BATCH)


async def test_a_slow_model_gets_batches_of_one(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles_module, "BATCH_SECONDS", 1e-9)
    async with on_session(engine, clock=later(Clock())) as session:
        asker = Asker(session)
        asker.ask(0)
        await asker.take(1)
        engine.gate.clear()
        for request in range(1, 5):
            asker.ask(request, i=request)
        await engine.call_number(2)
        await asyncio.sleep(0)
        assert len(engine.calls) == 2
        engine.gate.set()
        await asker.take(4)


async def test_what_was_made_once_is_not_made_again_even_one_level_deeper(
    engine: FakeEngine,
) -> None:
    async with on_session(engine, clock=later(Clock())) as session:
        asker = Asker(session)
        asker.ask(1, i=3, j=-2)
        (first,) = await asker.take(1)
        asker.ask(2, i=6, j=-4, level=1)
        again = asker.answers.get_nowait()
        asker.ask(3, i=3, j=-2, seed=8)
        (other,) = await asker.take(1)
    assert again == Tile(2, first.jpeg, 128, 128, 0.0)
    assert other.jpeg != first.jpeg
    assert len(engine.calls) == 2


async def test_the_same_tile_asked_twice_in_a_batch_is_made_once(engine: FakeEngine) -> None:
    async with on_session(engine, clock=later(Clock())) as session:
        asker, other = Asker(session), Asker(session, "other")
        asker.ask(0)
        asker.ask(1, i=1)
        other.ask(2, i=1)
        await asker.take(2)
        await other.take(1)
    assert len(engine.calls) == 2


async def test_another_truncation_makes_other_tiles_and_another_vector_does_not(
    engine: FakeEngine,
) -> None:
    async with on_session(engine, clock=later(Clock())) as session:
        asker = Asker(session)
        asker.ask(1)
        await asker.take(1)
        session.set({"seed": 3})
        asker.ask(2)
        assert asker.answers.get_nowait().request == 2
        session.set({"truncation": 0.1})
        asker.ask(3)
        await asker.take(1)
    assert [call["truncation"] for call, _ in engine.calls] == [0.8, 0.1]


async def test_cancelled_tiles_are_not_rendered_and_those_of_others_are(
    engine: FakeEngine,
) -> None:
    async with on_session(engine, clock=later(Clock())) as session:
        asker, other = Asker(session), Asker(session, "other")
        for request in range(10):
            asker.ask(request, i=request)
        other.ask(50, j=1)
        session.tiles.cancel(asker.name)
        session.tiles.cancel("nobody")
        assert (await other.take(1))[0].request == 50
        assert asker.answers.empty()
    assert len(engine.calls) == 1


async def test_the_oldest_of_too_many_is_refused(engine: FakeEngine) -> None:
    async with on_session(engine, start=False) as session:
        asker = Asker(session)
        for request in range(MOST_WAITING + 2):
            asker.ask(request, i=request)
        assert [asker.answers.get_nowait() for _ in range(2)] == [Tile(0), Tile(1)]
        assert asker.answers.empty()


@pytest.mark.parametrize("error", [ModelFailed("It broke."), ZeroDivisionError()])
async def test_a_tile_that_fails_is_answered_empty_and_can_be_asked_for_again(
    engine: FakeEngine, error: Exception
) -> None:
    async with on_session(engine, clock=later(Clock())) as session:
        asker = Asker(session)
        engine.error = error
        asker.ask(1)
        assert await asker.take(1) == [Tile(1)]
        engine.error = None
        asker.ask(1)
        assert (await asker.take(1))[0].jpeg


async def test_before_the_first_set_up_and_without_z_tiles_are_empty(engine: FakeEngine) -> None:
    async with on_session(engine, start=False, clock=later(Clock())) as session:
        asker = Asker(session)
        asker.ask(1)
        assert await asker.take(1) == [Tile(1)]
        engine.command = msgspec.structs.replace(GENERATE, inputs={}, needs_one_of=())
        engine.turn("running")
        asker.ask(2)
        assert await asker.take(1) == [Tile(2)]


async def test_a_tile_out_of_range_is_refused_by_name(engine: FakeEngine) -> None:
    async with on_session(engine) as session:
        with pytest.raises(InvalidArgument, match="'level' takes -8 to 24, got 25"):
            Asker(session).ask(1, level=25)


async def test_tiles_wait_while_somebody_plays(engine: FakeEngine, clock: Clock) -> None:
    async with on_session(engine, clock=clock) as session:
        slept: asyncio.Queue[float] = asyncio.Queue()

        async def sleep(seconds: float) -> None:
            slept.put_nowait(seconds)
            clock.now += seconds / 2

        asker = Asker(session)
        session.set({"truncation": 0.5})
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(tiles_module, "sleep", sleep)
            asker.ask(1)
            first, second = await slept.get(), await slept.get()
            assert engine.calls == []
            clock.now += 0.25
            await asker.take(1)
        assert (first, second) == (pytest.approx(0.25), pytest.approx(0.125))


def test_the_cache_forgets_what_was_not_seen_for_longest() -> None:
    cache = Cache(100)
    for key in "abcd":
        cache.put(key, Tile(0, bytes(30)))
        cache.get("a")
    assert [key for key in "abcd" if cache.get(key)] == ["a", "c", "d"]
    cache.put("a", Tile(0, bytes(40)))
    assert [key for key in "abcd" if cache.get(key)] == ["a", "c", "d"]
    cache.put("big", Tile(0, bytes(101)))
    assert [key for key in ("a", "c", "d", "big") if cache.get(key)] == []
