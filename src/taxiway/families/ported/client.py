"""A Model SDK server seen from Taxiway: ours in a port's process, or one that runs already."""

import contextlib
import http.client
import ipaddress
from collections.abc import Generator, Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from taxiway.core.errors import InvalidArgument, ModelFailed
from taxiway.core.parsing import Malformed, from_json


class Refused(Exception):
    """The server answered with an error: its status and its sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class SdkServer:
    """One server. `token` is what ours wants to hear."""

    def __init__(self, host: str, port: int, token: str = "") -> None:
        self._address = host, port
        self._headers = {"X-Taxiway-Token": token} if token else {}

    def get(self, path: str) -> Any:
        """The JSON at a path. Raises Refused, OSError, or ModelFailed if it is none."""
        return self._ask("GET", path, None, {})

    def run(self, command: str, inputs: dict[str, Any], formats: dict[str, str]) -> Any:
        """A command's outputs, its pictures in `formats` by name. Raises as `get` does."""
        path = "/" + quote(command, safe="")
        return self._ask("POST", path, inputs, self._formats(formats))

    def parts(
        self, command: str, inputs: dict[str, Any], formats: dict[str, str]
    ) -> Generator[tuple[Any, float | None], None, None]:
        """A command's outputs, and how far it is, as often as it yields them.

        Only of a server that says it `streams`; the command ends when this generator is closed.
        Raises as `get` does.
        """
        headers = {**self._formats(formats), "X-Taxiway-Parts": "1"}
        with self._asked("POST", "/" + quote(command, safe=""), inputs, headers) as answer:
            for line in answer:
                part = _decoded(line)
                if "error" in part:
                    raise Refused(500, str(part["error"]))
                yield part["outputs"], part["progress"]

    def _formats(self, formats: dict[str, str]) -> dict[str, str]:
        header = "; ".join(f"{name}={format}" for name, format in formats.items())
        return {"Content-Type": "application/json", "X-Runway-Output-Format": header}

    def _ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        with self._asked(method, path, body, headers) as answer:
            return _decoded(answer.read())

    @contextlib.contextmanager
    def _asked(
        self, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> Iterator[http.client.HTTPResponse]:
        """An answer of status 200, to be read within the block."""
        connection = http.client.HTTPConnection(*self._address)
        try:
            data = None if body is None else msgspec.json.encode(body)
            connection.request(method, path, data, {**headers, **self._headers})
            # Closed with it, where the block is left before its end.
            with connection.getresponse() as answer:
                if answer.status != 200:
                    value = _decoded(answer.read())
                    told = value.get("error") if isinstance(value, dict) else None
                    raise Refused(answer.status, str(told or f"HTTP status {answer.status}"))
                yield answer
        except http.client.HTTPException as error:
            if isinstance(error, ConnectionError):
                raise
            raise _unreadable(error) from None
        finally:
            connection.close()


def _decoded(data: bytes) -> Any:
    try:
        return from_json(data, most=len(data))
    except Malformed as error:
        raise _unreadable(error) from None


def _unreadable(error: Exception) -> ModelFailed:
    return ModelFailed(f"The model server's answer is not readable: {error}.")


def loopback(url: str) -> tuple[str, int]:
    """Host and port of a server on this machine. Raises InvalidArgument for any other."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
        here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if not here or parts.scheme != "http":
        raise InvalidArgument(
            f"'url' takes a model server of this machine such as http://localhost:9000, got "
            f"'{url}'; bring a far one here with ssh -L 9000:localhost:9000 HOST.",
            "url",
        )
    return host, port
