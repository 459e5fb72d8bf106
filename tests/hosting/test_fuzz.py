"""Whatever is asked of a hosting server: an answer of the documented statuses, and no crash."""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz import examples
from hosting.serving_fakes import DOMAIN, TOKEN, hosting
from taxiway.hosting.address import RUNWAY
from taxiway.hosting.records import Limits, Rate

DOCUMENTED = {200, 204, 401, 404, 405, 429, 500}
TO_A_MODEL = {200, 401, 404, 429, 500, 502}
"""What Runway's SDK has words for."""

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(width=32) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["text", "times", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
bodies = st.binary(max_size=40) | values.map(lambda value: json.dumps(value).encode())
part = st.sampled_from(
    [
        *(
            "",
            "v1",
            "query",
            "info",
            "class",
            "open",
            "nobody",
            "data",
            "..",
            "%2e%2e",
            "%00",
            "?x",
        ),
        *("%C3%A9", f"class.{RUNWAY}", f".{RUNWAY}", "a" * 300),
    ]
)
paths = st.lists(part, max_size=6).map(lambda parts: "/" + "/".join(parts))
hosts = st.sampled_from(["localhost", DOMAIN, f"class.{DOMAIN}", f"open.{RUNWAY}", "127.0.0.1:1"])
tokens = st.sampled_from([None, f"Bearer {TOKEN}", "Bearer", "bearer x", "Basic Og==", " ", "\xe9"])
methods = st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])


async def answers(requests: list[tuple[Any, ...]]) -> list[httpx.Response]:
    with tempfile.TemporaryDirectory() as folder:
        async with hosting(Path(folder)) as host:
            host.host("class", Limits(budget=3))
            host.host("open", Limits(rate=Rate(2, 3600)), public=True)
            return [await ask(host.http, *request) for request in requests]


async def ask(
    http: httpx.AsyncClient, method: str, host: str, path: str, token: str | None, body: bytes
) -> httpx.Response:
    headers = {"Host": host}
    if token is not None:
        headers["Authorization"] = token
    url = httpx.URL("http://localhost", raw_path=path.encode())
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    return await http.request(method, url, content=body, headers=encoded)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.tuples(methods, hosts, paths, tokens, bodies), min_size=1, max_size=6))
def test_any_request_gets_a_documented_answer(requests: list[tuple[Any, ...]]) -> None:
    for (method, _, path, _, _), answer in zip(
        requests, asyncio.run(answers(requests)), strict=True
    ):
        assert answer.status_code in DOCUMENTED, (method, path)
        assert answer.status_code == 204 or "content-type" in answer.headers
        if answer.status_code >= 400 and method != "HEAD":
            assert answer.json()["error"].endswith((".", "wait."))


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(bodies, min_size=1, max_size=5), st.sampled_from(["class", "open"]))
def test_a_question_gets_what_the_sdk_understands(asked: list[bytes], model: str) -> None:
    requests = [
        ("POST", "localhost", f"/{model}/v1/query", f"Bearer {TOKEN}", body) for body in asked
    ]
    for answer in asyncio.run(answers(requests)):
        assert answer.status_code in TO_A_MODEL
        assert answer.headers["content-type"] == "application/json"
        assert isinstance(answer.json(), dict)
