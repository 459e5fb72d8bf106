"""Who may open the studio's socket, and how many."""

import json
from collections.abc import AsyncIterator

import pytest
from starlette.websockets import WebSocket
from websockets.exceptions import InvalidStatus

from session_fakes import FakeEngine, on_session
from studio_page import TOKEN, TOKENS, Studio, studio
from taxiway.servers.studio import routes as frames
from taxiway.servers.studio.routes import PROTOCOL


@pytest.fixture
async def own() -> AsyncIterator[Studio]:
    async with on_session(FakeEngine()) as session, studio(session, most_sockets=3) as served:
        yield served


async def refused(own: Studio, **options: object) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as caught:
        async with own.socket(**options):  # type: ignore[arg-type]
            pass
    return caught.value


async def test_the_studios_own_page_opens_it_without_compression(own: Studio) -> None:
    async with own.socket() as socket:
        assert socket.subprotocol == PROTOCOL
        assert socket.protocol.extensions == []


@pytest.mark.parametrize(
    "origin",
    [None, "null", "http://evil.example", "http://localhost", "http://127.0.0.1", "file://"],
)
async def test_a_page_from_elsewhere_is_refused(own: Studio, origin: str | None) -> None:
    response = (await refused(own, origin=origin)).response
    assert response.status_code == 403
    assert "own page" in json.loads(response.body)["error"]


async def test_an_origin_that_only_begins_like_ours_is_refused(own: Studio) -> None:
    for origin in (f"http://127.0.0.1:{own.port}.evil.example", f"http://127.0.0.1:{own.port}0"):
        assert (await refused(own, origin=origin)).response.status_code == 403


@pytest.mark.parametrize(
    "subprotocols",
    [
        (PROTOCOL,),
        (PROTOCOL, "token."),
        (PROTOCOL, f"token.{TOKEN}x"),
        (PROTOCOL, f"token.{TOKEN[:-1]}"),
        (PROTOCOL, TOKEN),
        (f"token.{TOKEN}",),
        ("taxiway.2", f"token.{TOKEN}"),
    ],
)
async def test_without_the_token_and_the_protocol_it_stays_shut(
    own: Studio, subprotocols: tuple[str, ...]
) -> None:
    response = (await refused(own, subprotocols=subprotocols)).response
    assert response.status_code == 403
    assert "reload the page" in json.loads(response.body)["error"]


async def test_only_so_many_are_open_at_once_and_a_closed_one_makes_room(own: Studio) -> None:
    async with own.socket(), own.socket():
        async with own.page() as third:
            await third.word("hello")
            response = (await refused(own)).response
            assert response.status_code == 503
            assert response.headers["retry-after"] == "10"
            assert (
                json.loads(response.body)["error"]
                == "The studio is open 3 times, which is the most."
            )
            await third.say("nonsense")
            assert (await third.closing())[0] == 1003
        async with own.page() as again:
            await again.word("hello")


async def test_where_a_server_cannot_give_a_reason_the_socket_is_just_closed() -> None:
    sent = []

    async def send(message: object) -> None:
        sent.append(message)

    async with on_session(FakeEngine()) as session:
        (route,) = frames.routes(session, TOKENS)
        scope = {"type": "websocket", "headers": [], "subprotocols": [], "path": frames.PATH}
        await route.endpoint(WebSocket(scope, None, send))  # type: ignore[arg-type]
    assert [message["type"] for message in sent] == ["websocket.close"]


async def test_the_card_is_told_with_the_models_name(own: Studio) -> None:
    card = {"summary": "Draws."}
    async with (
        on_session(FakeEngine()) as session,
        studio(session, card=lambda: card) as served,
        served.page() as page,
    ):
        model = (await page.word("hello"))["model"]
    assert model == {"name": "fake", "family": "fake", "title": "A fake", "summary": "Draws."}
