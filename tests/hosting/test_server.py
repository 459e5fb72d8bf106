"""Hosted models as clients meet them: who is let in, with what status, and what is counted."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import structs
from starlette.requests import Request

from hosting.serving_fakes import DOMAIN, ECHO, TOKEN, Host, hosting
from taxiway.core.errors import Busy, ModelFailed, Unavailable
from taxiway.hosting import server as module
from taxiway.hosting.database import StoreError
from taxiway.hosting.records import Limits, Rate, Token
from taxiway.hosting.tokens import digest

TEXT = {"text": "hello"}
ROOT = {"queryRoute": "/v1/query", "dataRoute": None, "errorRoute": None}


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    async with hosting(tmp_path) as host:
        yield host


def counted(host: Host, number: int = 0) -> Token:
    return host.store.tokens("class")[number]


async def test_the_three_routes_answer_as_runways_did(host: Host) -> None:
    host.host()
    assert (await host.get()).json() == {"status": "starting", **ROOT}
    await host.settle()
    assert (await host.get("/class/v1/")).json() == {"status": "running", **ROOT}
    assert (await host.get("/class/v1/info")).json() == ECHO.describe()
    answer = await host.ask({**TEXT, "times": 2})
    assert (answer.status_code, answer.json()) == (200, {"text": "hellohello"})


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/class/v1/query", {}),
        ("//class.hosted-models.runwayml.cloud//v1//query", {}),
        ("/v1/query/", {"Host": "class.hosted-models.runwayml.cloud"}),
        ("/v1//query", {"Host": f"class.{DOMAIN}"}),
        ("/class/v1/query", {"Host": f"{DOMAIN}:443"}),
    ],
)
async def test_a_model_answers_at_all_of_its_addresses(
    host: Host, path: str, headers: dict[str, str]
) -> None:
    host.host()
    headers = {"Authorization": f"Bearer {TOKEN}", **headers}
    url = f"http://localhost:8080{path}"
    answer = await host.http.post(url, json=TEXT, headers=headers, follow_redirects=False)
    assert answer.json() == TEXT


async def test_requests_are_held_while_the_model_wakes(host: Host) -> None:
    host.host()
    host.engine.gate.clear()
    asking = asyncio.gather(host.ask(TEXT), host.get("/class/v1/info"))
    await host.settle()
    assert (await host.get()).json()["status"] == "starting"
    assert not asking.done()
    host.engine.gate.set()
    assert [answer.status_code for answer in await asking] == [200, 200]
    assert (await host.get()).json()["status"] == "running"


async def test_an_answer_that_does_not_come_is_given_up(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.host()
    host.engine.gate.clear()
    monkeypatch.setattr(module, "WHOLE_SECONDS", 0.05)
    answer = await host.ask(TEXT)
    assert answer.status_code == 500
    assert "did not answer within" in answer.json()["error"]
    assert counted(host).errors == 1


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer tw_wrong", f"Basic {TOKEN}", TOKEN, "é"]
)
async def test_a_private_model_answers_nobody_without_its_token(
    host: Host, header: str | None
) -> None:
    host.host()
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    for method, path in (("GET", ""), ("GET", "/info"), ("POST", "/query")):
        answer = await host.http.request(method, f"/class/v1{path}", json=TEXT, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "Authorization: Bearer TOKEN" in answer.json()["error"]
    assert host.engine.running == {}
    assert counted(host).requests == 0


async def test_a_token_is_for_one_model_and_never_in_an_address(host: Host) -> None:
    host.host()
    host.store.create(
        structs.replace(host.store.model("class"), name="other"), "", digest("tw_2"), Limits()
    )
    assert (await host.get(token="tw_2")).status_code == 401
    assert (await host.get(f"/class/v1?token={TOKEN}", token=None)).status_code == 401
    assert (await host.get(f"/{TOKEN}/class/v1", token=None)).status_code == 404


async def test_a_token_that_is_revoked_or_late_is_refused_at_once(host: Host) -> None:
    host.host()
    host.store.add_token("class", "", digest("tw_2"), Limits(expires=time.time() - 1), 0)
    assert (await host.ask(TEXT)).status_code == 200
    host.store.revoke(counted(host).id, time.time())
    said = [(await host.ask(TEXT, token=token)).json()["error"] for token in (TOKEN, "tw_2")]
    assert said == ["This token is revoked.", "This token is expired."]
    assert [(token.requests, token.refused) for token in host.store.tokens()] == [(2, 1), (1, 1)]


async def test_a_scope_is_all_that_a_token_allows(host: Host) -> None:
    host.host(limits=Limits(scopes=("info",)))
    assert (await host.get("/class/v1/info")).status_code == 200
    assert (await host.get()).status_code == 200
    answer = await host.ask(TEXT)
    assert (answer.status_code, answer.json()["error"]) == (401, "This token does not allow query.")


async def test_a_public_model_needs_no_token_and_takes_old_ones(host: Host) -> None:
    host.host(public=True)
    host.store.add_token("class", "7b", digest("tw_7b"), Limits(), 0)
    for token in (None, "tw_7b", "of-a-sketch-of-2020=="):
        assert (await host.ask(TEXT, token=token)).status_code == 200
    assert [token.requests for token in host.store.tokens()] == [2, 1]


async def test_what_does_not_exist_or_does_not_answer_is_404(host: Host) -> None:
    host.host()
    for path in ("/nobody/v1", "/class", "/class/v1/data", "/class/v1/query/x", "/v1", "/%00/v1"):
        answer = await host.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["error"].endswith(".")
    host.store.set_active("class", False)
    assert (await host.ask(TEXT)).status_code == 404
    host.store.set_active("class", True)
    assert (await host.ask(TEXT)).status_code == 200
    host.store.remove("class")
    assert (await host.ask(TEXT)).status_code == 404


@pytest.mark.parametrize(("method", "path"), [("GET", "/query"), ("POST", ""), ("PUT", "/info")])
async def test_a_route_takes_one_method(host: Host, method: str, path: str) -> None:
    host.host()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = await host.http.request(method, f"/class/v1{path}", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/json")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"text": 3}, "'text' takes text, got a number."),
        ({"text": "a", "times": 10}, "'times' takes 1 to 9, got 10."),
        (b"", "The body is empty"),
        (b"[1]", "The body takes a JSON object"),
        (b'{"text": "a", "times": NaN}', "'times' takes finite numbers only."),
        (b"\xff", "The body is not valid"),
    ],
)
async def test_what_is_wrong_with_a_question_is_500_here(
    host: Host, body: object, said: str
) -> None:
    host.host()
    answer = await host.ask(body)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error"].startswith(said)
    assert (counted(host).requests, counted(host).errors) == (1, 1)


@pytest.mark.parametrize(
    ("error", "status", "held"),
    [
        (Busy("The queue is full."), 429, [1.0]),
        (Unavailable("'class' died while it worked and is starting again."), 502, [1.0]),
        (ModelFailed("no such luck"), 500, []),
        (ZeroDivisionError("a bug"), 500, []),
    ],
)
async def test_what_the_sdk_asks_again_at_once_is_held_back(
    host: Host, error: Exception, status: int, held: list[float]
) -> None:
    host.host()
    host.engine.raises = error
    answer = await host.ask(TEXT)
    assert (answer.status_code, host.slept) == (status, held)
    assert ("retry-after" in answer.headers) == bool(held)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert (counted(host).requests, counted(host).errors) == (1, 1)


async def test_a_model_that_cannot_start_says_so_and_is_not_asked_for_ever(host: Host) -> None:
    host.host()
    await host.get()
    await host.settle()
    host.engine.turn("class", "failed", "class could not start: no memory.")
    for answer in (await host.get(), await host.ask(TEXT), await host.get("/class/v1/info")):
        assert answer.status_code == 500
        assert answer.json()["error"] == "'class' cannot start; the server's log says why."


async def test_a_model_whose_file_is_gone_names_no_file(host: Host) -> None:
    host.host(checkpoint="/home/teacher/secret.pkl")
    answer = await host.ask(TEXT)
    assert answer.status_code == 500
    assert answer.json()["error"] == "'class' cannot start; the server's log says why."


async def test_who_is_a_little_early_waits_and_who_is_far_too_early_goes(host: Host) -> None:
    host.host(limits=Limits(rate=Rate(20, 60), price=10))
    answers = [await host.ask(TEXT) for _ in range(22)]
    assert [answer.status_code for answer in answers] == [200] * 21 + [429]
    assert 0 < host.slept[20] <= 3
    assert host.slept[21:] == [1.0]
    assert 0 < int(answers[21].headers["retry-after"]) <= 1
    assert answers[21].json()["error"] == "At most 20/m are answered; wait."
    token = counted(host)
    assert (token.requests, token.refused, token.errors, token.cost) == (22, 1, 1, 210)


async def test_visitors_of_a_public_model_do_not_share_a_rate(host: Host) -> None:
    host.host(public=True, limits=Limits(rate=Rate(1, 3600)))
    assert (await host.ask(TEXT, token=None)).status_code == 200
    assert (await host.ask(TEXT, token=None)).status_code == 429
    host.http._transport.client = ("192.0.2.7", 123)  # type: ignore[attr-defined]
    assert (await host.ask(TEXT, token=None)).status_code == 200


@pytest.mark.parametrize(
    ("client", "caller"),
    [
        (("192.0.2.7", 1), "192.0.2.7"),
        (("2001:db8:1:2:3::4", 1), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 1), "fe80::/64"),
        (("unix:", 0), "unix:"),
        (None, ""),
    ],
)
def test_a_caller_without_a_token_is_its_network(
    client: tuple[str, int] | None, caller: str
) -> None:
    assert module.network(Request({"type": "http", "client": client})) == caller


async def test_a_budget_that_is_used_up_is_401_which_ends_the_sdks_asking(host: Host) -> None:
    host.host(limits=Limits(budget=2, price=10_000))
    statuses = [(await host.ask(TEXT)).status_code for _ in range(3)]
    assert statuses == [200, 200, 401]
    assert (await host.get("/class/v1/info")).status_code == 200
    token = counted(host)
    assert (token.requests, token.refused, token.cost) == (3, 1, 20_000)
    assert host.engine.asked == 2


async def test_only_queries_are_counted(host: Host) -> None:
    host.host()
    await host.get()
    await host.get("/class/v1/info")
    await host.http.options("/class/v1/query")
    assert counted(host).requests == 0
    await host.ask(TEXT)
    assert (counted(host).requests, counted(host).errors) == (1, 0)
    assert counted(host).last_use == pytest.approx(time.time(), abs=60)


async def test_a_query_that_cannot_be_counted_is_not_answered(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.host()

    def full(*_: object) -> bool:
        raise StoreError("hosted.db cannot be used: database or disk is full.")

    monkeypatch.setattr(host.store, "admit", full)
    answer = await host.ask(TEXT)
    assert (answer.status_code, host.engine.asked) == (500, 0)
    assert answer.json()["error"] == "The server cannot keep its counts; its log says why."


async def test_a_preflight_needs_no_token_and_every_answer_is_for_any_page(host: Host) -> None:
    host.host()
    origin = {"Origin": "null"}
    asked = {**origin, "Access-Control-Request-Headers": "authorization,content-type,accept"}
    for path in ("/class/v1", "/class/v1/info", "/class/v1//query", "/nobody/v1"):
        answer = await host.http.options(path, headers=asked)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "null"
        allowed = answer.headers["access-control-allow-headers"].lower()
        assert all(name in allowed for name in ("authorization", "content-type", "accept"))
    for answer in (await host.get(token="x"), await host.get("/nobody/v1"), await host.ask(b"")):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["content-type"] == "application/json"


async def test_a_foreign_name_is_refused(host: Host) -> None:
    host.host()
    for name in ("attacker.example", f"class.{DOMAIN}.attacker.example"):
        answer = await host.http.get("/class/v1", headers={"Host": name})
        assert answer.status_code == 403


async def test_a_body_over_the_limit_is_413_and_counted(host: Host) -> None:
    host.host()
    answer = await host.ask(b" " * (65 * 2**20))
    assert answer.status_code == 413


async def test_the_page_shows_public_models_that_answer_and_no_secret(host: Host) -> None:
    empty = await host.http.get("/")
    assert "No model here is for anyone" in empty.text
    host.host("class")
    host.host("cats", public=True)
    host.host("dogs", public=True, active=False)
    page = await host.http.get("//")
    assert "http://localhost:8080/cats/v1/query" in page.text
    assert "class" not in page.text.replace("classic", "")
    assert "dogs" not in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "access-control-allow-origin" not in (await host.http.get("/")).headers


async def test_it_is_ready_while_questions_can_be_counted(host: Host) -> None:
    assert (await host.http.get("/readyz")).json() == {"status": "ready"}
    host.store.close()
    refused = await host.http.get("/readyz")
    assert refused.status_code == 503
    assert "its log says why" in refused.json()["error"]
    assert (await host.http.get("/healthz")).status_code == 200


async def test_healthz_says_that_the_server_is_there(host: Host) -> None:
    assert (await host.http.get("/healthz")).json() == {"status": "ok"}
