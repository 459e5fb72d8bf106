"""The SDK's routes: what they answer, and what they refuse."""

import gzip
import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from families.ported.running import Serving, serving
from fuzz import examples


@pytest.fixture(scope="module")
def port() -> Iterator[Serving]:
    with serving("troubled.py", RW_MODEL_OPTIONS='{"needed": 3}') as port:
        yield port


def raw(port: Serving, text: bytes) -> bytes:
    """The whole answer to bytes sent as they are."""
    parts = urlsplit(port.url)
    with socket.create_connection((parts.hostname, parts.port), 10) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.smoke
def test_it_describes_itself(port: Serving) -> None:
    meta = port.get("/").json()
    assert set(meta) == {
        "modelSDKVersion",
        "millisRunning",
        "millisSinceLastCommand",
        "GPU",
        "options",
        "commands",
    }
    assert meta["modelSDKVersion"] == "0.6.1"
    assert meta["GPU"] is False
    assert [command["name"] for command in meta["commands"]][:2] == ["raise", "refuse"]
    again = port.get("/meta").json()
    assert again["commands"] == meta["commands"]
    assert again["millisRunning"] >= meta["millisRunning"]
    assert port.get("/setup").json() == meta["options"]
    assert port.get("/show").json() == meta["commands"][-1]
    assert port.get("/healthcheck").json() == {"status": "RUNNING"}


@pytest.mark.parametrize(
    ("path", "body", "code", "message"),
    [
        ("/nothing", {}, 404, "Unknown command: nothing."),
        ("/raise", {}, 500, "Error during inference: ZeroDivisionError('division by zero')."),
        ("/exit", {}, 500, "Error during inference: SystemExit(4)."),
        ("/refuse", {}, 400, "Invalid argument: word. Not that one."),
        ("/wrong", {"word": "x"}, 500, "Error during inference: Invalid output: picture. It takes"),
        ("/object", {}, 500, "JSON has no form for object"),
        ("/show", {}, 400, "Missing input: picture."),
        ("/show", {"picture": "x"}, 400, "Invalid argument: picture. It is not a readable picture"),
        ("/show", {"picture": 3}, 400, "Invalid argument: picture. It takes a picture as a data"),
        ("/setup", {"at_start": "raise"}, 500, "Error during setup: ValueError('no such luck')."),
    ],
)
def test_an_error_has_its_status_and_its_sentence(
    port: Serving, path: str, body: Any, code: int, message: str
) -> None:
    answer = port.post(path, body)
    assert answer.status_code == code
    assert message in answer.json()["error"]
    assert isinstance(answer.json()["traceback"], list)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_bad_category_is_refused_in_the_sdks_words(port: Serving) -> None:
    picture = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
    assert port.ask("/show", {"picture": picture}) == {"said": "fine"}
    answer = port.post("/show", {"picture": picture, "kind": "c"})
    assert answer.json()["error"] == (
        'Invalid argument: kind. category value "c" does not appear in choices list.'
    )


def test_the_model_can_be_set_up_again(port: Serving) -> None:
    assert port.post("/setup", {}).json() == {"success": True}
    assert port.get("/healthcheck").json() == {"status": "RUNNING"}
    page = {"Origin": "https://example.org"}
    assert port.post("/setup", {}, headers=page).status_code == 403


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"null", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(port: Serving, body: bytes) -> None:
    answer = port.client.post("/raise", content=body)
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "The body of all POST requests must contain JSON"},
    )


def test_a_body_may_be_gzip_and_may_not_grow_without_bound(port: Serving) -> None:
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    packed = gzip.compress(json.dumps({"word": "x"}).encode())
    answer = port.client.post("/refuse", content=packed, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"] == "Invalid argument: word. Not that one."
    bomb = gzip.compress(b" " * (65 * 2**20))
    assert port.client.post("/refuse", content=bomb, headers=headers).status_code == 413
    answer = port.client.post("/refuse", content=b"no gzip", headers=headers)
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "The body is not readable gzip."},
    )


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [("PUT", "/raise", 405), ("DELETE", "/", 405), ("PATCH", "/setup", 405), ("GET", "/a/b", 404)],
)
def test_what_there_is_not_is_refused_in_json(
    port: Serving, method: str, path: str, code: int
) -> None:
    answer = port.client.request(method, path)
    assert answer.status_code == code
    assert isinstance(answer.json()["error"], str)
    if code == 405:
        assert answer.json() == {"error": "Method not allowed."}


def test_pages_may_ask(port: Serving) -> None:
    headers = {
        "Origin": "https://editor.p5js.org",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
        "Access-Control-Request-Private-Network": "true",
    }
    answer = port.client.options("/raise", headers=headers)
    assert answer.status_code == 200
    assert "Content-Type" in answer.headers["access-control-allow-headers"]
    assert answer.headers["access-control-allow-private-network"] == "true"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", ""])
def test_a_foreign_name_for_this_machine_is_refused(port: Serving, host: str) -> None:
    answer = port.get("/", headers={"Host": host})
    assert (answer.status_code, answer.json()) == (
        403,
        {"error": "This server is not known by that name."},
    )


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9000", "127.0.0.1", "[::1]:80"])
def test_the_names_of_this_machine_are_taken(port: Serving, host: str) -> None:
    assert port.get("/healthcheck", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("request_text", "code"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"501"),
        (b"GET / HTTP/1.1\r\n\r\n", b"403"),
        (b"POST /show HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (b"POST /show HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST /show HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
        (b"POST /show HTTP/1.1\r\nHost: localhost\r\nContent-Length: \xb2\r\n\r\n", b"400"),
        (
            b"POST /show HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
            b"Content-Length: 3\r\n\r\n{}",
            b"411",
        ),
        (b"POST /show HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
    ],
)
def test_what_is_no_request_gets_an_answer_too(
    port: Serving, request_text: bytes, code: bytes
) -> None:
    answer = raw(port, request_text)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] == code
    assert isinstance(json.loads(body)["error"], str)


@pytest.mark.parametrize(
    "start",
    [
        b"POST /refuse HTTP/1.1\r\nHost: evil.example\r\n",
        b"GET /healthcheck HTTP/1.1\r\nHost: localhost\r\n",
        b"OPTIONS / HTTP/1.1\r\nHost: localhost\r\n",
        b"DELETE / HTTP/1.1\r\nHost: localhost\r\n",
        b"POST /refuse HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n",
    ],
)
def test_a_body_is_not_taken_for_another_request(port: Serving, start: bytes) -> None:
    hidden = b"GET /meta HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = raw(port, start + b"Content-Length: %d\r\n\r\n" % len(hidden) + hidden)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"modelSDKVersion" not in answer


def test_a_client_that_stalls_holds_nobody_up(port: Serving) -> None:
    parts = urlsplit(port.url)
    address = (parts.hostname, parts.port)
    half = b"POST /raise HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"
    stalled = [socket.create_connection(address, 10) for _ in range(8)]
    for connection in stalled:
        connection.sendall(half)
    assert port.post("/refuse", {}).status_code == 400
    for connection in stalled:
        connection.close()


def test_more_connections_than_there_is_room_for_are_closed() -> None:
    with serving("classes.py") as port:
        assert port.ask("/shout", {"words": "here"}) == {"loud": "HERE!"}
        parts = urlsplit(port.url)
        many = [socket.create_connection((parts.hostname, parts.port), 10) for _ in range(140)]
        many[-1].settimeout(10)
        assert many[-1].recv(1) == b""
        # By the connection that there is already.
        assert port.ask("/shout", {"words": "still here"}) == {"loud": "STILL HERE!"}
        for connection in many:
            connection.close()


@given(st.binary(max_size=200))
@settings(max_examples=examples(60), deadline=None)
def test_any_bytes_leave_it_serving(port: Serving, data: bytes) -> None:
    answer = raw(port, data)
    assert not answer or b'{"error": ' in answer
    assert port.get("/healthcheck").status_code == 200


def test_a_client_that_asks_first_may_go_on(port: Serving) -> None:
    parts = urlsplit(port.url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
    connection.putrequest("POST", "/refuse")
    connection.putheader("Content-Length", "2")
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    assert connection.sock.recv(12) == b"HTTP/1.1 100"
    connection.close()


def test_what_went_wrong_names_no_file_to_foreigners(port: Serving) -> None:
    here = port.post("/raise", {}).json()["traceback"]
    assert any("troubled.py" in line for line in here)
    page = port.post("/raise", {}, headers={"Origin": "https://example.org"}).json()["traceback"]
    assert page == ["ZeroDivisionError"]


def test_it_listens_on_this_machine_alone_unless_told() -> None:
    with serving("classes.py", RW_HOST="0.0.0.0") as port:
        url = port.url.replace("0.0.0.0", "127.0.0.1")
        answers = [
            port.client.get(f"{url}/healthcheck", headers={"Host": host}).status_code
            for host in ("192.168.1.7:9000", socket.gethostname(), "evil.example")
        ]
    assert port.url.startswith("http://0.0.0.0:")
    assert answers == [200, 200, 403]
