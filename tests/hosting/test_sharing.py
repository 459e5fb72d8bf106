"""Servers that share a store: one wakes a model, the others ask it there, and none is missed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from hosting.serving_fakes import TOKEN, SleepyEngine
from taxiway.core.config import Config
from taxiway.core.errors import ModelFailed
from taxiway.engine import Engine
from taxiway.hosting import owner
from taxiway.hosting.everywhere import name_of
from taxiway.hosting.forward import WORD, Elsewhere
from taxiway.hosting.peers import DEAD_AFTER, Peers
from taxiway.hosting.records import ANYONE, Hosted, Limits, Rate
from taxiway.hosting.server import LINE, Api
from taxiway.hosting.store import Ledger, Store
from taxiway.hosting.teacher import PREFIX, Teacher
from taxiway.hosting.tokens import digest
from taxiway.hosting.wake import Awake
from taxiway.web.application import application
from taxiway.web.listen import Listener

Opened = Callable[[], Store]


class Box:
    """A hosting server at a real socket, its models without processes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.engine = SleepyEngine()
        self.ledger = Ledger(store)
        self.peers = Peers(self.ledger)
        engine = cast(Engine, self.engine)
        self.awake = Awake(engine, 4)
        api = Api(engine, self.ledger, self.awake, sleep=no_sleep, elsewhere=Elsewhere(self.peers))
        config = Config(port=0, stop_seconds=0)
        self.door = Listener(application([*Teacher(api).routes(), *api.routes()], config), config)

    async def __aenter__(self) -> "Box":
        await self.door.start()
        await self.peers.join(self.door.url)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.awake.close()
        await self.door.stop()
        self.ledger.close()

    async def ask(
        self, token: str | None = TOKEN, path: str = "query", **more: str
    ) -> httpx.Response:
        headers = more if token is None else {"Authorization": f"Bearer {token}", **more}
        async with httpx.AsyncClient(headers=headers, timeout=60) as http:
            url = f"{self.door.url}/class/v1/{path}"
            return await (http.post(url, json={"text": "a"}) if path == "query" else http.get(url))


async def no_sleep(seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
async def boxes(tmp_path: Path) -> AsyncIterator[list[Box]]:
    """Three that have seen each other beat."""
    async with AsyncExitStack() as last:
        stores = [last.enter_context(Store(tmp_path, durable=False)) for _ in range(3)]
        boxes = [await last.enter_async_context(Box(store)) for store in stores]
        await look(boxes, 2)
        yield boxes


async def look(boxes: list[Box], times: int) -> None:
    for _ in range(times):
        for box in boxes:
            await box.peers.look()
            box.peers._knows.set()


def host(box: Box, limits: Limits | None = None, **fields: object) -> None:
    hosted = Hosted(name="class", model="painter", **fields)  # type: ignore[arg-type]
    label, hash = (ANYONE, None) if hosted.public else ("first", digest(TOKEN))
    box.store.create(hosted, label, hash, limits or Limits())


def awake(boxes: list[Box]) -> list[Box]:
    return [box for box in boxes if "class" in box.engine.running]


async def test_many_callers_at_all_servers_wake_a_model_once(boxes: list[Box]) -> None:
    host(boxes[0], Limits(budget=40))
    answers = await asyncio.gather(*(box.ask() for box in boxes for _ in range(15)))
    assert sorted(answer.status_code for answer in answers) == [200] * 40 + [401] * 5
    assert all(LINE in answer.headers for answer in answers if answer.status_code == 200)
    [box] = awake(boxes)
    assert box.engine.asked == 40
    assert box.store.tokens()[0].requests == 45
    assert box.store.tokens()[0].refused == 5


async def test_a_rate_is_one_rate_and_whose_it_is_comes_along(boxes: list[Box]) -> None:
    host(boxes[0], Limits(rate=Rate(1, 3600)), public=True)
    answers = [await box.ask(None, **{"X-Forwarded-For": "203.0.113.9"}) for box in boxes]
    assert [answer.status_code for answer in answers] == [200, 429, 429]
    assert answers[1].headers["access-control-allow-origin"] == "*"
    assert answers[1].headers.get_list("access-control-allow-origin") == ["*"]


async def test_the_place_in_line_is_told_by_every_server(boxes: list[Box]) -> None:
    host(boxes[0])
    boxes[0].store.add_token("class", "", digest("tw_2"), Limits(), 0)
    for box in boxes:
        box.engine.gate.clear()
    asking = [asyncio.create_task(boxes[n % 3].ask()) for n in range(30)]
    while not (awake(boxes) and (await boxes[1].ask(path="line")).json()["waiting"] == 14):
        await asyncio.sleep(0.01)
    asking.append(asyncio.create_task(boxes[1].ask("tw_2")))
    while (await boxes[1].ask(path="line")).json()["waiting"] < 15:
        await asyncio.sleep(0.01)
    places = [(await box.ask("tw_2", "line")).json() for box in boxes]
    assert places == [{"waiting": 15, "place": 1, "seconds": None}] * 3
    awake(boxes)[0].engine.gate.set()
    answers = await asyncio.gather(*asking)
    assert {answer.status_code for answer in answers} == {200}
    assert answers[-1].headers[LINE] == "1"


async def test_who_asks_a_lot_waits_where_he_asks_and_others_pass_him(
    boxes: list[Box], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taxiway.hosting.turns.ACTIVE_SECONDS", 1e9)  # on a slow machine too
    host(boxes[0])
    tokens = [f"tw_{number}" for number in range(7)]
    for token in tokens:
        boxes[0].store.add_token("class", token, digest(token), Limits(), 0)
    assert (await boxes[0].ask()).status_code == 200
    [has] = awake(boxes)
    away = next(box for box in boxes if box is not has)
    await asyncio.gather(*(away.ask(token) for token in tokens))
    has.engine.gate.clear()
    loop = [asyncio.create_task(away.ask()) for _ in range(24)]
    while has.store.tokens()[0].requests < 3:
        await asyncio.sleep(0.01)
    late = [asyncio.create_task(away.ask(token)) for token in tokens]
    while (await away.ask(path="line")).json()["waiting"] < 1 or has.store.tokens()[7].requests < 2:
        await asyncio.sleep(0.01)
    assert has.store.tokens()[0].requests == 3  # of eight callers each has two of sixteen at work
    told = (await away.ask(path="line")).json()
    assert (told["waiting"], told["place"]) == (1, 1)
    has.engine.gate.set()
    await asyncio.gather(*late)
    assert sum(task.done() for task in loop) < 20
    answers = await asyncio.gather(*loop)
    assert {answer.status_code for answer in answers} == {200}
    assert has.store.tokens()[0].requests == 25


async def test_what_a_server_that_ends_had_in_hand_another_answers_and_counts_once(
    boxes: list[Box],
) -> None:
    host(boxes[0])
    assert (await boxes[0].ask()).status_code == 200
    [dies] = awake(boxes)
    others = [box for box in boxes if box is not dies]
    dies.engine.gate.clear()
    asking = [asyncio.create_task(box.ask()) for box in others]
    while dies.store.tokens()[0].requests < 3:
        await asyncio.sleep(0.01)
    await look(others, DEAD_AFTER + 1)
    answers = await asyncio.gather(*asking)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert sum(box.engine.asked for box in others) == 2
    assert others[0].store.tokens()[0].requests == 3
    assert len(awake(others)) == 1


async def test_a_server_that_cannot_be_reached_is_passed_over(boxes: list[Box]) -> None:
    host(boxes[0])
    assert (await boxes[0].ask()).status_code == 200
    [gone] = awake(boxes)
    await gone.door.stop()
    others = [box for box in boxes if box is not gone]
    answers = [await box.ask() for box in others]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(awake(others)) == 1


async def test_copies_are_at_so_many_servers_and_a_caller_stays_with_one(boxes: list[Box]) -> None:
    host(boxes[0], copies=2)
    for number in range(8):
        boxes[0].store.add_token("class", "", digest(f"tw_{number}"), Limits(), 0)
    for _ in range(2):
        for box in boxes:
            for number in range(8):
                assert (await box.ask(f"tw_{number}")).status_code == 200
    both = awake(boxes)
    assert len(both) == 2
    assert all(box.engine.asked % 6 == 0 for box in both)


async def test_only_a_server_that_shares_the_store_is_believed(boxes: list[Box]) -> None:
    host(boxes[0])
    answer = await boxes[0].ask(**{WORD: "made up", "X-Forwarded-For": "203.0.113.9"})
    assert answer.status_code == 421
    assert awake(boxes) == []


class Desk:
    """The teacher's page at a server."""

    def __init__(self, box: Box) -> None:
        self.url = f"{box.door.url}{PREFIX}"
        link = owner.new_link(box.store)
        self.own = owner.sign_in(box.store, link)

    async def asked(self, method: str, path: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.own}"}
        async with httpx.AsyncClient(headers=headers, timeout=60) as http:
            return await http.request(method, self.url + path)

    async def state(self) -> Any:
        return (await self.asked("GET", "/state")).json()


async def test_the_teacher_sees_and_moves_what_is_at_other_servers(boxes: list[Box]) -> None:
    host(boxes[0], watched=True)
    assert (await boxes[0].ask()).status_code == 200
    [has] = awake(boxes)
    away = next(box for box in boxes if box is not has)
    desk = Desk(away)
    has.engine.raises = ModelFailed("'class' failed: no such luck")
    assert (await away.ask()).status_code == 500
    state = await desk.state()
    assert state["silent"] == []
    assert sorted(state["servers"]) == sorted(name_of(box.peers.here) for box in boxes)
    [model] = state["models"]
    assert (model["state"], model["servers"]) == ("running", [name_of(has.peers.here)])
    assert [error["text"] for error in state["errors"]] == ["'class' failed: no such luck"]
    assert (await desk.asked("POST", "/models/class/sleep")).json() == {}
    assert has.engine.running["class"].state == "asleep"
    assert (await desk.state())["models"][0]["state"] == "asleep"
    assert (await desk.asked("POST", "/models/class/wake")).json() == {}
    [up] = [box for box in awake(boxes) if box.engine.running["class"].state == "running"]
    assert (await desk.state())["models"][0]["servers"] == [name_of(up.peers.here)]


async def test_a_server_that_does_not_answer_is_named_to_the_teacher(boxes: list[Box]) -> None:
    host(boxes[0])
    desk = Desk(boxes[0])
    await boxes[1].door.stop()
    state = await desk.state()
    assert state["silent"] == [name_of(boxes[1].peers.here)]
    assert len(state["servers"]) == 3
    refused = await desk.asked("POST", "/models/class/sleep")
    assert refused.status_code == 502
    assert state["silent"][0] in refused.json()["error"]
    word = {WORD: "made up", "Authorization": f"Bearer {desk.own}"}
    async with httpx.AsyncClient(headers=word, timeout=60) as http:
        assert (await http.get(f"{desk.url}/state")).status_code == 421
