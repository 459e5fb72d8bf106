"""A server that speaks as Mastodon and as Bluesky do, as far as posting a picture goes."""

import contextlib
import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

NOW = "2026-11-29T12:00:00.000Z"
TOKEN, PASSWORD, HANDLE = "toot", "app-password", "rainbows.test"
DID = "did:plc:abcdefghijklmnopqrstuvwx"
CID = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
# A token of three parts, whose middle says until when it is good (2100).
JWT = "e30.eyJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MCwic3ViIjoiZGlkIiwic2NvcGUiOiJhIn0.c2ln"

BLOB = {"$type": "blob", "ref": {"$link": CID}, "mimeType": "image/jpeg", "size": 9}
TOLD = {
    "/api/v1/instance/": {"version": "4.4.0", "api_versions": {"mastodon": 2}},
    "/api/v2/instance/": {"version": "4.4.0", "api_versions": {"mastodon": 2}},
    "/xrpc/app.bsky.actor.getProfile": {"did": DID, "handle": HANDLE},
    "/xrpc/com.atproto.repo.uploadBlob": {"blob": BLOB},
    "/xrpc/com.atproto.repo.createRecord": {"uri": f"at://{DID}/app.bsky.feed.post/3k", "cid": CID},
}
"""What is told to whoever has signed in."""


class Networks(ThreadingHTTPServer):
    """`heard` is every (path, authorization, content type, body); `down` paths answer 503."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.heard: list[tuple[str, str, str, bytes]] = []
        self.down: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def bodies(self, path: str) -> list[bytes]:
        return [body for heard, *_, body in self.heard if heard == path]


class Answering(BaseHTTPRequestHandler):
    server: Networks

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        path = self.path.partition("?")[0]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        authorization = self.headers.get("Authorization", "")
        kind = self.headers.get("Content-Type", "")
        self.server.heard.append((path, authorization, kind, body))
        status, told = self.answer(path, authorization, kind, body)
        data = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def answer(self, path: str, authorization: str, kind: str, body: bytes) -> tuple[int, Any]:
        if path in self.server.down:
            return 503, {"error": "Service Unavailable"}
        if path == "/xrpc/com.atproto.server.createSession":
            return session(body)
        if authorization != f"Bearer {JWT if path.startswith('/xrpc/') else TOKEN}":
            return 401, {"error": "The access token is invalid"}
        if path == "/api/v2/media":
            is_picture = kind.startswith("multipart/") and b"\xff\xd8" in body
            media = {"id": "7", "type": "image", "url": f"{self.server.url}/7.jpg"}
            return (200, media) if is_picture else (422, {"error": "No picture"})
        if path == "/api/v1/statuses":
            has_media = re.search(rb"media_ids(%5B%5D|\[\])=7", body)
            status = {"id": "8", "url": f"{self.server.url}/@rainbows/8", "created_at": NOW}
            return (200, status) if has_media else (422, {"error": "No such media"})
        told = TOLD.get(path)
        return (200, told) if told else (404, {"error": "Not found"})


def session(body: bytes) -> tuple[int, Any]:
    """Bluesky's, for who has the password."""
    if json.loads(body) != {"identifier": HANDLE, "password": PASSWORD}:
        return 401, {"error": "AuthenticationRequired", "message": "Invalid password"}
    told = {"accessJwt": JWT, "refreshJwt": JWT, "handle": HANDLE, "did": DID, "active": True}
    return 200, told


@contextlib.contextmanager
def networks() -> Iterator[Networks]:
    with Networks() as server:
        thread = Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield server
        server.shutdown()
        thread.join()
