"""Every request has a name, its client's or ours, and those that matter are logged."""

import logging

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as some
from starlette.requests import Request
from starlette.routing import Route

from taxiway.core.config import Config
from taxiway.core.logs import request_id
from taxiway.web.application import application
from taxiway.web.requests import HEADER, NAME, name_of
from taxiway.web.responses import Answer, error_answer


async def named(request: Request) -> Answer:
    return Answer(f'{{"request": "{request_id.get()}"}}'.encode())


async def passed(request: Request) -> Answer:
    """What another server, to which it is passed on with its headers, answers."""
    (name,) = request.headers.getlist("x-request-id")
    return Answer(f'{{"request": "{name}"}}'.encode(), headers={"x-request-id": name})


async def refused(request: Request) -> Answer:
    return error_answer(404, "No.")


@pytest.fixture
def client() -> httpx.AsyncClient:
    routes = [
        Route("/named", named, methods=["GET", "POST"]),
        Route("/refused", refused),
        Route("/passed", passed),
    ]
    transport = httpx.ASGITransport(application(routes, Config()))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")


async def test_the_name_is_taken_from_the_client_or_given(client: httpx.AsyncClient) -> None:
    own = await client.get("/named", headers={"X-Request-Id": "proxy:7.a_b"})
    assert own.json()["request"] == own.headers["x-request-id"] == "proxy:7.a_b"
    ours = [await client.get("/named", headers={"X-Request-Id": "a b"}) for _ in range(2)]
    names = {answer.headers["x-request-id"] for answer in ours}
    assert len(names) == 2
    assert {answer.json()["request"] for answer in ours} == names
    twice = [("X-Request-Id", "first"), ("X-Request-Id", "second")]
    assert (await client.get("/passed", headers=twice)).headers.get_list("x-request-id") == [
        "first"
    ]
    passed = await client.get("/passed")
    assert passed.json()["request"] == passed.headers["x-request-id"]
    foreign = await client.get("/named", headers={"Host": "a.example", "X-Request-Id": "r1"})
    assert (foreign.status_code, foreign.headers["x-request-id"]) == (403, "r1")


async def test_what_changes_something_or_fails_is_a_line(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "taxiway.requests")
    await client.get("/named")
    await client.post("/named?token=secret")
    await client.get("/refused")
    assert [record.getMessage() for record in caplog.records] == [
        "POST /named 200",
        "GET /refused 404",
    ]
    first = vars(caplog.records[0])
    assert (first["method"], first["path"], first["status"]) == ("POST", "/named", 200)
    assert first["milliseconds"] >= 0
    assert "secret" not in str(first)


@given(some.binary(max_size=80))
def test_no_header_gets_into_a_log_that_is_no_plain_word(given_name: bytes) -> None:
    name = name_of([(b"host", b"x"), (HEADER, given_name)])
    assert NAME.fullmatch(name)
    assert name == given_name or len(name) == 16
