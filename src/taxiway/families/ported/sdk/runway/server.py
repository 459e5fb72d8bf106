"""The SDK's HTTP routes: description, health, set-up and commands; the WebSocket is at `/`."""

import collections
import contextlib
import hmac
import json
import os
import select
import threading
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Dict, Tuple
from urllib.parse import unquote, urlsplit

from . import callers
from .commands import formats
from .exceptions import InferenceError, RefusedError, RunwayError
from .plain import to_json
from .work import Work

MOST_BYTES = 64 * 2**20
"""The largest body, unpacked."""
MOST_CONNECTIONS = 128
TOKEN = "TAXIWAY_TOKEN"
"""Where it is set, Taxiway stands before this server and only Taxiway may ask it."""
PARTS = "X-Taxiway-Parts"
STREAMED = object()
"""Stands for an answer that was given already."""
NOT_JSON = "The body of all POST requests must contain JSON"
CORS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
    (
        "Access-Control-Allow-Headers",
        "Content-Type, Content-Encoding, Accept, Authorization, Cache-Control, "
        "X-Runway-Output-Format",
    ),
    ("Access-Control-Max-Age", "86400"),
)


class Server(ThreadingMixIn, HTTPServer):
    """Reads and writes in a thread per connection; what the port does goes through `work`."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, model: Any, address: Tuple[str, int]) -> None:
        self.model, self.work = model, Work()
        self.token = os.environ.get(TOKEN, "")
        self.loopback = callers.is_loopback(address[0])
        self._room = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        # The parent's asks the name service for this machine's name, which may take seconds.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that goes in the middle is no news."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 100
    wbufsize = 2**16
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def do_OPTIONS(self) -> None:
        self._answer(dict)

    def _not_allowed(self) -> None:
        self.close_connection = True
        self._send(405, to_json({"error": "Method not allowed."}))

    do_PUT = do_DELETE = do_PATCH = do_HEAD = _not_allowed

    def _answer(self, work: Any) -> None:
        try:
            self._check()
            value = work()
            if value is not STREAMED:
                self._send(200, to_json(value))
        except RunwayError as error:
            self._fail(error)
        except OSError:
            raise
        except Exception as error:
            self._fail(InferenceError.of(error))

    def _check(self) -> None:
        """Refuse what did not come from where it should. Raises RefusedError."""
        lengths = self.headers.get_all("Content-Length", [])
        if self.headers.get("Transfer-Encoding") or len(lengths) > 1:
            raise RefusedError(411, "A body needs its Content-Length, once.")
        if lengths and self.command != "POST":
            # A body that nobody reads may not be taken for the next request.
            self.close_connection = True
        if not callers.is_known(self.headers.get_all("Host", []), self.server.loopback):
            raise RefusedError(403, "This server is not known by that name.")
        given = self.headers.get("X-Taxiway-Token", "")
        if self.server.token and not hmac.compare_digest(
            given.encode(), self.server.token.encode()
        ):
            raise RefusedError(403, "This port is run by Taxiway; ask it there.")

    def _get(self) -> Any:
        path, model = self._path(), self.server.model
        if path in ("", "meta"):
            if self.headers.get("Upgrade", "").lower() == "websocket" and not path:
                return self._stream()
            return model.describe()
        if path == "healthcheck":
            return {"status": model.status}
        if path == "setup":
            return model.describe()["options"]
        return model.find(path).describe()

    def _post(self) -> Any:
        path, model = self._path(), self.server.model
        body, at_home = self._body(), self.at_home()
        if path == "setup":
            if not at_home:
                raise RefusedError(403, "Only programs of this machine may set the model up.")
            self.server.work.ask(lambda: model.set_up(body)).result()
            return {"success": True}
        asked = formats(self.headers.get("X-Runway-Output-Format"))
        model.find(path)
        if self.headers.get(PARTS):
            return self.server.work.ask(lambda: self._parts(path, body, at_home, asked)).result()
        return self.server.work.ask(
            lambda: collections.deque(model.ask(path, body, at_home, asked), maxlen=1)[0][0]
        ).result()

    def _parts(self, path: str, body: Any, at_home: bool, asked: Dict[str, str]) -> Any:
        """Every answer as a line of JSON; for Taxiway, which ends it by hanging up."""
        self.close_connection = True
        answers = self.server.model.ask(path, body, at_home, asked)
        begun = False
        with contextlib.closing(answers):
            try:
                for outputs, progress in answers:
                    if not begun:
                        self.send_response(200)
                        self.send_header("Content-Type", "application/x-ndjson")
                        self.send_header("Connection", "close")
                        self.end_headers()
                    begun = True
                    if self._is_left():
                        break
                    self._write_line({"outputs": outputs, "progress": progress})
            except RunwayError as error:
                if not begun:
                    raise
                error.print_exception()
                self._write_line(callers.told(error.to_response(), at_home))
        return STREAMED

    def _is_left(self) -> bool:
        """Whether the client has hung up; it has said all it had to say."""
        return bool(select.select([self.connection], [], [], 0)[0])

    def _write_line(self, value: Any) -> None:
        self.wfile.write(to_json(value).encode() + b"\n")
        self.wfile.flush()

    def _stream(self) -> Any:
        try:
            from .stream import Stream
        except ImportError:
            message = "Streaming needs a package: pip install 'websockets>=11'."
            raise RefusedError(501, message) from None
        self.close_connection = True
        Stream(self).run()
        return STREAMED

    def _path(self) -> str:
        return unquote(urlsplit(self.path).path).strip("/")

    def _body(self) -> Dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise RefusedError(400, NOT_JSON)
        if len(length) > 12 or int(length) > MOST_BYTES:
            raise RefusedError(413, f"A body has at most {MOST_BYTES // 2**20} MB.")
        body = self.rfile.read(int(length))
        if self.headers.get("Content-Encoding", "").lower() == "gzip":
            body = unpacked(body)
        try:
            value = json.loads(body.decode())
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise RefusedError(400, NOT_JSON)
        return value

    def at_home(self) -> bool:
        """Whether a program or page of this machine asks."""
        return callers.at_home(self.client_address[0], self.headers.get("Origin"))

    def _fail(self, error: RunwayError) -> None:
        answer = error.to_response()
        if isinstance(error, RefusedError):
            self.close_connection = True
        if error.code >= 500 and "traceback" in answer:
            error.print_exception()
        self._send(error.code, to_json(callers.told(answer, self.at_home())))

    def _send(self, code: int, text: str) -> None:
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, content in () if self.server.token else CORS:
            self.send_header(name, content)
        # What is no request has no headers.
        headers = getattr(self, "headers", {})
        if headers.get("Access-Control-Request-Private-Network") == "true":
            self.send_header("Access-Control-Allow-Private-Network", "true")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def send_error(self, code: int, message: Any = None, explain: Any = None) -> None:
        """Refuse what is no request at all, in JSON too."""
        self.close_connection = True
        # To one word the parent would answer as in 1991, without a status.
        self.request_version = self.protocol_version
        short = message or self.responses.get(code, ("Bad request",))[0]
        self._send(code, to_json({"error": f"{short}."}))

    def handle_expect_100(self) -> bool:
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: sketches ask many times a second."""


def unpacked(body: bytes) -> bytes:
    """The gzipped body, which may not grow over the limit. Raises RefusedError."""
    try:
        data = zlib.decompressobj(31).decompress(body, MOST_BYTES + 1)
    except zlib.error:
        raise RefusedError(400, "The body is not readable gzip.") from None
    if len(data) > MOST_BYTES:
        raise RefusedError(413, f"A body has at most {MOST_BYTES // 2**20} MB.")
    return data
