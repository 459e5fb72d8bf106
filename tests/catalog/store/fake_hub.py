"""A server that speaks as the hubs do, and fails as the web does: one trouble for each request."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(ThreadingHTTPServer):
    """`files` by path; `troubles` are taken one by each request, "" for none."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.troubles: list[str] = []
        self.etags = self.ranges = True
        self.asked: list[tuple[str, str]] = []
        self.slow = threading.Event()

    def handle_error(self, *_: Any) -> None:
        """A client that is killed is none of ours."""

    @property
    def url(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.server_port}"

    def put(self, path: str, data: bytes) -> str:
        """Have a file; its address."""
        self.files[path] = data
        return self.url + path

    def sent(self) -> list[str]:
        """The Range of every request for a file, "" for all of it."""
        return [wanted for path, wanted in self.asked if not path.startswith("/api/")]


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None: ...

    def do_GET(self) -> None:
        hub = self.server
        hub.asked.append((self.path, self.headers.get("Range", "")))
        trouble = hub.troubles.pop(0) if hub.troubles else ""
        if trouble == "gone":
            self.close_connection = True
        elif trouble.isdigit():
            self._say(int(trouble), b"no", {})
        elif found := re.fullmatch(
            r"/api/models/([^/]+/[^/]+)/revision/(\w+)\?blobs=true", self.path
        ):
            self._list(found[1])
        elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/(\w+)/(.+)", self.path):
            self._redirect(found[1], found[3])
        else:
            self._file(trouble)

    def _list(self, name: str) -> None:
        files = self.server.repositories.get(name)
        if files is None:
            self._say(401, b"{}", {})
            return
        siblings = []
        for path, data in files.items():
            one: dict[str, Any] = {"rfilename": path, "size": len(data), "blobId": git(data)}
            if path.endswith(".safetensors"):
                one["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
            siblings.append(one)
        said = {"id": name, "sha": COMMIT, "siblings": siblings}
        self._say(200, json.dumps(said).encode(), {})

    def _redirect(self, name: str, path: str) -> None:
        data = self.server.repositories.get(name, {}).get(path)
        if data is None:
            self._say(404, b"Entry not found", {"X-Repo-Commit": COMMIT})
            return
        place = f"/cdn/{name}/{path}"
        self.server.files[place] = data
        told = {
            "Location": self.server.url + place,
            "X-Repo-Commit": COMMIT,
            "X-Linked-Size": str(len(data)),
            "X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest()}"',
        }
        self._say(302, b"", told)

    def _file(self, trouble: str) -> None:
        hub, data = self.server, self.server.files.get(self.path)
        if data is None:
            self._say(404, b"none", {})
            return
        etag = f'"{hashlib.md5(data).hexdigest()}"'
        told = {"ETag": etag} if hub.etags else {}
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if hub.ranges and wanted and self.headers.get("If-Range", etag) == etag:
            start = int(wanted[1])
            if start >= len(data):
                self._say(416, b"", {"Content-Range": f"bytes */{len(data)}"})
                return
            told["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self._say(206, data[start:], told, trouble)
        else:
            self._say(200, data, told, trouble)

    def _say(self, status: int, body: bytes, told: dict[str, str], trouble: str = "") -> None:
        kind, _, number = trouble.partition(":")
        self.send_response(status)
        for name, value in told.items():
            self.send_header(name, value)
        length = len(body) + (int(number) if kind == "lie" else 0)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if kind == "cut":
            self.wfile.write(body[: int(number)])
            self.close_connection = True
        elif kind == "slow":
            self.wfile.write(body[: int(number)])
            self.wfile.flush()
            self.server.slow.wait(20)
            self.close_connection = True
        else:
            self.wfile.write(body)
            self.close_connection = kind == "lie"


def git(data: bytes) -> str:
    """What git calls a file's contents."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub that answers within the block."""
    hub = Hub()
    thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        hub.slow.set()
        hub.shutdown()
        hub.server_close()
        thread.join()
