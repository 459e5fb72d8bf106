"""Asking the web for files: by https alone, and of no machine in a private network.

An address stands in a manifest, which somebody else may have written. So what it names is reached
only where everybody can reach it; a hub of the user's own (HF_ENDPOINT) is `trusted` as it is.
"""

import ipaddress
import ssl
import urllib.request
from collections.abc import Iterable, Mapping
from email.message import Message
from http.client import HTTPMessage, HTTPResponse, HTTPSConnection
from typing import IO, Any
from urllib.parse import urlsplit

from taxiway.core.errors import InvalidArgument

SECONDS = 30.0
"""How long a server may say nothing."""
HEADERS = {"User-Agent": "taxiway", "Accept-Encoding": "identity"}


class Refused(InvalidArgument):
    """An address that is not asked; the message says why."""


class Answer:
    """An open answer; `said` are its headers, and those of what redirected to it, oldest first."""

    def __init__(self, response: HTTPResponse, said: list[Message]) -> None:
        self.response, self.said = response, [*said, response.headers]

    def header(self, name: str) -> str:
        """What the last that has this header says, "" if none."""
        return next((str(one[name]) for one in reversed(self.said) if one[name]), "")


class Web:
    """Opens addresses; `trusted` are origins such as http://10.0.0.5, `seconds` is its patience."""

    def __init__(self, trusted: Iterable[str] = (), seconds: float = SECONDS) -> None:
        self._trusted = {origin_of(url) for url in trusted}
        self._seconds = seconds

    def open(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for `url`, and whatever it redirects to.

        Raises Refused, urllib.error.HTTPError, OSError or http.client.HTTPException.
        """
        self.check(url)
        said: list[Message] = []
        opener = urllib.request.build_opener(_Https(self), _Redirects(self, said))
        request = urllib.request.Request(url, headers={**HEADERS, **(headers or {})})
        return Answer(opener.open(request, timeout=self._seconds), said)

    def check(self, url: str) -> None:
        """Raises Refused for what is neither https nor trusted."""
        origin = origin_of(url)
        if not origin.startswith("https://") and origin not in self._trusted:
            raise Refused(f"'{url[:200]}' is no https address, so it is not asked.")

    def check_peer(self, host: str, port: int, connection: HTTPSConnection) -> None:
        """Raises Refused where the other end is in a private network, unless that is trusted."""
        if origin_of(f"https://{host}:{port}") in self._trusted or _has_proxy(host):
            return
        peer = connection.sock.getpeername()[0]
        if not ipaddress.ip_address(peer.partition("%")[0]).is_global:
            connection.close()
            raise Refused(f"'{host}' is {peer}, in a private network, so it is not asked.")


def origin_of(url: str) -> str:
    """Scheme, host and port of an address; "" where it has none that is one."""
    try:
        parts = urlsplit(url)
        usual = {"http": 80, "https": 443}.get(parts.scheme, 0)
        return f"{parts.scheme}://{parts.hostname}:{parts.port or usual}"
    except ValueError:
        return ""


def _has_proxy(host: str) -> bool:
    """Whether the other end is the user's proxy."""
    return "https" in urllib.request.getproxies() and not urllib.request.proxy_bypass(host)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, web: Web) -> None:
        super().__init__(context=ssl.create_default_context())
        self._web = web

    def https_open(self, request: urllib.request.Request) -> HTTPResponse:
        web = self._web

        class Checked(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                web.check_peer(self.host, self.port, self)

        return self.do_open(Checked, request, context=self._context)  # type: ignore[attr-defined]


class _Redirects(urllib.request.HTTPRedirectHandler):
    def __init__(self, web: Web, said: list[Message]) -> None:
        self._web, self._said = web, said

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> Any:
        self._web.check(newurl)
        self._said.append(headers)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
