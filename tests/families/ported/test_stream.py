"""The SDK's streaming WebSocket, heard by a real client."""

import json
from collections.abc import Iterator
from socket import create_connection
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from families.ported.running import Serving, serving


@pytest.fixture(scope="module")
def port() -> Iterator[Serving]:
    with serving("streaming.py") as port:
        yield port


@pytest.fixture
def socket(port: Serving) -> Iterator[ClientConnection]:
    with connect(port.url.replace("http", "ws") + "/", proxy=None) as socket:
        yield socket


def send(socket: ClientConnection, **message: Any) -> None:
    socket.send(json.dumps(message))


def submit(socket: ClientConnection, command: str, number: Any = None, **inputs: Any) -> None:
    send(socket, type="submit", command=command, inputData=inputs, id=number)


def heard(socket: ClientConnection) -> Any:
    return json.loads(socket.recv(timeout=60))


def until(socket: ClientConnection, *kinds: str) -> list[Any]:
    """All messages up to the first of these kinds."""
    messages = [heard(socket)]
    while messages[-1]["type"] not in kinds:
        messages.append(heard(socket))
    return messages


def test_every_output_comes_with_its_progress(socket: ClientConnection) -> None:
    submit(socket, "count", "a", to=2)
    started, first, second, end = until(socket, "succeeded")
    assert started == {"type": "started", "id": "a"}
    assert first == {"type": "output", "id": "a", "outputData": {"n": 1}, "progress": 0.5}
    assert second == {"type": "output", "id": "a", "outputData": {"n": 2}, "progress": 1.0}
    assert (end["type"], end["id"], type(end["timeElapsed"])) == ("succeeded", "a", int)


def test_outputs_without_progress_say_nothing_of_it(socket: ClientConnection) -> None:
    submit(socket, "bare", to=2)
    _, *outputs, _ = until(socket, "succeeded")
    [number] = {message["id"] for message in outputs}
    assert isinstance(number, str)  # one without an id gets one
    assert len(number) > 8
    assert outputs == [{"type": "output", "id": number, "outputData": {"n": n}} for n in (0, 1)]


def test_cancelling_stops_the_generator(socket: ClientConnection, port: Serving) -> None:
    lines = port.ask("/log", {})["lines"]
    submit(socket, "endless", 7, **{"from": 10})
    started, output = heard(socket), heard(socket)
    assert (started["type"], output["outputData"]) == ("started", {"n": 10})
    send(socket, type="cancel", id=7)
    assert until(socket, "cancelled")[-1] == {"type": "cancelled", "id": 7}
    assert port.ask("/log", {})["lines"] == [*lines, "closed"]


def test_a_client_that_goes_takes_its_jobs_along(port: Serving) -> None:
    lines = port.ask("/log", {})["lines"]
    with connect(port.url.replace("http", "ws"), proxy=None) as socket:
        submit(socket, "endless")
        until(socket, "output")
    # This waits for its turn, which comes when the endless job is over.
    assert port.ask("/log", {})["lines"] == [*lines, "closed"]


def test_jobs_of_one_client_come_one_after_the_other(socket: ClientConnection) -> None:
    for number in (1, 2):
        submit(socket, "count", number, to=2)
    messages = until(socket, "succeeded") + until(socket, "succeeded")
    assert [message["id"] for message in messages] == [1] * 4 + [2] * 4


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("no json", "A message is a JSON object with a type and a plain id."),
        ("[" * 50_000, "A message is a JSON object with a type and a plain id."),
        ("[1]", "A message is a JSON object with a type and a plain id."),
        ('{"id": 3}', "A message is a JSON object with a type and a plain id."),
        ('{"type": "fly", "id": 3}', "There is nothing to fly."),
        ('{"type": "cancel", "id": 3}', "There is nothing to cancel."),
        ('{"type": "cancel", "id": [3]}', "A message is a JSON object with a type and a plain id."),
        ('{"type": "submit", "id": 3}', "A submit takes inputData, an object."),
        ('{"type": "submit", "command": "fly", "inputData": {}}', "Unknown command: fly."),
        ('{"type": "submit", "command": [1], "inputData": {}}', "Unknown command: [1]."),
        (
            '{"type": "submit", "command": "count", "inputData": {"to": "many"}}',
            "Error during inference: TypeError",
        ),
    ],
)
def test_a_message_that_makes_no_sense_is_told(
    socket: ClientConnection, message: str, error: str
) -> None:
    socket.send(message)
    failed = until(socket, "failed")[-1]
    assert failed["error"].startswith(error)
    submit(socket, "bare", "after")
    assert until(socket, "succeeded", "failed")[-1]["type"] == "succeeded"


def test_large_messages_in_pieces_are_put_together(socket: ClientConnection) -> None:
    text = json.dumps(
        {"type": "submit", "command": "bare", "inputData": {"to": 1, "more": "é" * 300_000}}
    )
    socket.send(iter([text[:10], text[10:200_000], text[200_000:]]))
    assert until(socket, "succeeded", "failed")[-1]["type"] == "succeeded"


def test_a_foreign_name_gets_no_socket(port: Serving) -> None:
    address = port.url.replace("http", "ws").replace("127.0.0.1", "evil.example")
    host = port.url.removeprefix("http://").partition(":")
    connection = create_connection((host[0], int(host[2])))
    with pytest.raises(InvalidStatus) as raised:
        connect(address, proxy=None, sock=connection)
    assert raised.value.response.status_code == 403


def test_without_its_library_the_route_says_how_to_get_it() -> None:
    with serving("alone.py") as port:
        headers = {"Upgrade": "websocket", "Connection": "Upgrade"}
        answer = port.get("/", headers=headers)
        assert port.ask("/shout", {"words": "a"}) == {"loud": "A!"}
    assert (answer.status_code, answer.json()) == (
        501,
        {"error": "Streaming needs a package: pip install 'websockets>=11'."},
    )
