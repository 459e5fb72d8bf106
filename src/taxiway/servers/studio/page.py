"""The studio's page and files, under a strict content security policy."""

import hashlib
import re
import secrets
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

FOLDER = Path(__file__).parents[2] / "studio"
TOKEN_PLACE = '<meta name="taxiway-token" content="">'

TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
}
"""What is served, and as what: a system's own table may call a script plain text."""

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_HOST = re.compile(r"[\w.\-]+(:\d+)?|\[[\da-f:.]+\](:\d+)?", re.ASCII | re.IGNORECASE)


NO_TOKEN = "The token is missing or of an earlier start; reload the page."


def new_token() -> str:
    """A token for one start of the server: 256 random bits."""
    return secrets.token_urlsafe(32)


def is_own_origin(asked: HTTPConnection) -> bool:
    """Whether the page that asks came from this very server."""
    host = asked.headers.get("host", "").lower()
    return asked.headers.get("origin", "").lower() in (f"http://{host}", f"https://{host}")


def routes(token: str, folder: Path = FOLDER) -> list[BaseRoute]:
    """The page at `/`, which carries `token`, and its files under `/studio/`.

    Raises ValueError if the page has no place for the token.
    """
    page = (folder / "index.html").read_text(encoding="utf-8")
    if TOKEN_PLACE not in page:
        raise ValueError(f"{folder / 'index.html'} has no {TOKEN_PLACE}.")
    page = page.replace(TOKEN_PLACE, TOKEN_PLACE.replace('""', f'"{token}"'))
    files = servable(folder)

    async def index(request: Request) -> Response:
        security = policy(request.headers.get("host", ""))
        headers = {"cache-control": "no-store", "content-security-policy": security, **HEADERS}
        return Response(page, media_type="text/html", headers=headers)

    async def file(request: Request) -> Response:
        path = files.get(request.path_params["path"])
        if path is None:
            raise HTTPException(404)
        return answer(path, request.headers.get("if-none-match"))

    return [Route("/", index), Route("/studio/{path:path}", file)]


def servable(folder: Path) -> dict[str, Path]:
    """The files of known types in `folder` by the path they are asked for.

    A request is looked up here and nowhere else, so there is no path to climb out by.
    """
    return {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.suffix in TYPES
        and path.is_file()
        and not path.is_symlink()
        and not path.name.startswith(".")
    }


def answer(path: Path, known: str | None) -> Response:
    """The file, or 304 if it is what the browser has (`known`); it asks every time."""
    body = path.read_bytes()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"cache-control": "no-cache", "etag": tag, **HEADERS}
    if known is not None and tag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=TYPES[path.suffix], headers=headers)


def policy(host: str) -> str:
    """The content security policy of a page from `host`: everything from here, nothing inline."""
    # Safari before 15.4 does not count a WebSocket as 'self'.
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return (
        "default-src 'self'; img-src 'self' blob: data:; "
        f"connect-src 'self'{sockets}; worker-src 'self' blob:; object-src 'none'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
