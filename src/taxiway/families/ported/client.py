"""A Model SDK server seen from Taxiway: ours in a port's process, or one that runs already."""

import http.client
import ipaddress
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from taxiway.core.errors import InvalidArgument, ModelFailed


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
        header = "; ".join(f"{name}={format}" for name, format in formats.items())
        headers = {"Content-Type": "application/json", "X-Runway-Output-Format": header}
        return self._ask("POST", "/" + quote(command, safe=""), inputs, headers)

    def _ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        connection = http.client.HTTPConnection(*self._address)
        try:
            data = None if body is None else msgspec.json.encode(body)
            connection.request(method, path, data, {**headers, **self._headers})
            answer = connection.getresponse()
            value = msgspec.json.decode(answer.read())
        except (http.client.HTTPException, msgspec.DecodeError) as error:
            if isinstance(error, ConnectionError):
                raise
            raise ModelFailed(f"The model server's answer is not readable: {error}.") from None
        finally:
            connection.close()
        if answer.status != 200:
            told = value.get("error") if isinstance(value, dict) else None
            raise Refused(answer.status, str(told or f"HTTP status {answer.status}"))
        return value


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
