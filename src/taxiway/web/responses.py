"""Answers as JSON: every body an object, in ASCII, with its length; errors are one sentence."""

import json
import logging
import math
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from taxiway.core.errors import (
    Busy,
    Conflict,
    InvalidArgument,
    MissingDependency,
    NotFound,
    TaxiwayError,
    Unavailable,
    UnreadableCheckpoint,
)

log = logging.getLogger("taxiway.servers")

STATUS: tuple[tuple[type[TaxiwayError], int], ...] = (
    (InvalidArgument, 400),
    (UnreadableCheckpoint, 400),
    (NotFound, 404),
    (Conflict, 409),
    (Busy, 429),
    (Unavailable, 503),
    (MissingDependency, 503),
    (TaxiwayError, 500),
)
"""The first class that fits says the status."""

WORDS = {
    404: "There is nothing at {path}; /openapi.json lists what there is.",
    405: "{path} does not take {method}.",
}


def to_json(value: Any) -> bytes:
    """Encode as JSON in plain ASCII, since some small clients know nothing else; NaN is null."""
    encoded = msgspec.json.encode(value)
    if encoded.isascii():
        return encoded
    return json.dumps(msgspec.json.decode(encoded), separators=(",", ":")).encode("ascii")


class Answer(Response):
    """JSON that was encoded before."""

    media_type = "application/json"

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """The headers; starlette's own way, which serves any body, takes four times as long."""
        self.raw_headers = [
            (b"cache-control", b"no-store"),
            (b"content-length", str(len(self.body)).encode()),
            (b"content-type", b"application/json"),
        ]
        for name, value in (headers or {}).items():
            self.headers[name] = value


def error_answer(
    status: int, message: str, headers: dict[str, str] | None = None, name: str | None = None
) -> Answer:
    """`{"error": message}`, with the input's name under "input" where it is known."""
    content = {"error": message} if name is None else {"error": message, "input": name}
    return Answer(to_json(content), status, headers)


def of_error(error: TaxiwayError) -> Answer:
    """The answer to a request that raised `error`."""
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    headers = (
        {"retry-after": str(math.ceil(error.retry_after))}
        if isinstance(error, Unavailable)
        else None
    )
    return error_answer(status, str(error), headers, getattr(error, "name", None))


class Answered:
    """An app whose errors are answered, each with one sentence; a bug's goes into the log too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self  # or starlette's router answers in its own words
        try:
            await self.app(scope, receive, send)
        except (TaxiwayError, HTTPException, ClientDisconnect) as error:
            await _answer_to(error, scope)(scope, receive, send)
        except Exception:
            if scope["type"] == "http":
                words = "The server failed at this request; its log says why."
                await error_answer(500, words)(scope, receive, send)
            raise


def _answer_to(error: Exception, scope: Scope) -> Answer:
    if isinstance(error, TaxiwayError):
        return of_error(error)
    if isinstance(error, HTTPException):
        words = WORDS.get(error.status_code, error.detail)
        message = words.format(path=scope["path"], method=scope.get("method"))
        return error_answer(error.status_code, message, dict(error.headers or {}))
    return Answer(b"{}", 400)  # nobody is left to read it


async def deny(socket: WebSocket, answer: Answer) -> None:
    """Refuse a WebSocket with a status and a sentence, before it opens."""
    if "websocket.http.response" in socket.scope.get("extensions", {}):
        await socket.send_denial_response(answer)
    else:
        await socket.close(1008)
