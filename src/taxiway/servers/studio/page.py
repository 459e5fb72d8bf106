"""The studio's page and files, under a strict content security policy."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from taxiway.core.config import Config
from taxiway.servers.studio.members import SLOTS, TYPES, members, servable
from taxiway.web.powers import Power, Tokens, declared, is_on_this_machine

FOLDER = Path(__file__).parents[2] / "studio"
ENGINE = FOLDER.with_name("website") / "engine"
"""What computes a network in a browser, for the page that stands in for the server."""
TOKEN_PLACE = '<meta name="taxiway-token" content="">'
OWNER_PLACE = '<meta name="taxiway-owner" content="">'
SLOTS_PLACE = '<meta name="taxiway-slots" content="">'
VERSIONED = "/studio@{version}/{path:path}"
KEPT = "max-age=31536000, immutable"
PLACES = (TOKEN_PLACE, OWNER_PLACE, SLOTS_PLACE)
ON_THIS_MACHINE = Config()

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_HOST = re.compile(r"[\w.\-]+(:\d+)?|\[[\da-f:.]+\](:\d+)?", re.ASCII | re.IGNORECASE)


def routes(
    tokens: Tokens, config: Config = ON_THIS_MACHINE, folder: Path = FOLDER
) -> list[BaseRoute]:
    """The page at `/`, which carries the token to play, and its files under `/studio/`; and the
    page at `/output`, with nothing but the picture.

    It carries the owner's where it is asked for on this machine, and lists the panels and widgets
    that it loads. Raises ValueError if it has no place for them.
    """
    files = servable(folder) | {f"engine/{name}": path for name, path in servable(ENGINE).items()}
    known = Version(files)
    slots = {slot: list(members(slot, files)) for slot in SLOTS}
    page = (folder / "index.html").read_text(encoding="utf-8")
    for place in PLACES:
        if place not in page:
            raise ValueError(f"{folder / 'index.html'} has no {place}.")
    page = filled(page, TOKEN_PLACE, tokens.play)
    page = filled(page, SLOTS_PLACE, json.dumps(slots))
    bare = filled((folder / "output.html").read_text("utf-8"), TOKEN_PLACE, tokens.play)

    async def index(request: Request) -> Response:
        own = tokens.own if is_on_this_machine(request.scope, config) else ""
        shown = versioned(filled(page, OWNER_PLACE, own), known.newest())
        scripts = " ".join(inline_scripts(shown))
        return unkept(shown, policy(request.headers.get("host", ""), scripts))

    async def output(request: Request) -> Response:
        # OBS puts the style sheet that is typed there into the page.
        styles = "; style-src 'self' 'unsafe-inline'"
        security = policy(request.headers.get("host", "")) + styles
        return unkept(versioned(bare, known.newest()), security)

    async def file(request: Request) -> Response:
        name = request.path_params["path"]
        if name not in files:
            raise HTTPException(404)
        is_kept = known.holds(request.path_params.get("version"), name)
        return answer(files[name], request.headers.get("if-none-match"), is_kept)

    places = [Route(place, file) for place in ("/studio/{path:path}", VERSIONED)]
    return declared(Power.READ, [Route("/", index), Route("/output", output), *places])


def unkept(page: str, security: str) -> Response:
    """A page with tokens of this start, under a content security policy."""
    headers = {"cache-control": "no-store", "content-security-policy": security, **HEADERS}
    return Response(page, media_type="text/html", headers=headers)


class Version:
    """A name for all files of the studio as they are, which changes when any of them does.

    Read from the files when a page is asked for, not for each of the two hundred that it loads.
    """

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files
        self.newest()

    def newest(self) -> str:
        """The name of the files as they are now."""
        self._read = {name: state(path) for name, path in sorted(self._files.items())}
        self._name = hashlib.sha256(repr(self._read).encode()).hexdigest()[:16]
        return self._name

    def holds(self, name: str | None, file: str) -> bool:
        """Whether `file` is still what it was in the newest version, and that has this name."""
        return name == self._name and state(self._files[file]) == self._read[file]


def state(path: Path) -> tuple[int, int]:
    """The size in bytes and when it changed, in nanoseconds: others when the file changes."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def versioned(page: str, version: str) -> str:
    """The page with an address of this version for each of its files.

    A browser keeps those for good, and asks for none of a hundred modules at the next visit. The
    import map leads the others there too, which ask for `/studio/`.
    """
    return re.sub(r'(?<=")(\./)?studio/', rf"\1studio@{version}/", page)


def filled(page: str, place: str, content: str) -> str:
    """The page with something in one of its places."""
    return page.replace(place, place.replace('""', f'"{html.escape(content)}"'))


def answer(path: Path, known: str | None, is_kept: bool = False) -> Response:
    """The file, or 304 if it is what the browser has (`known`); it asks every time, unless it
    `is_kept`."""
    body = path.read_bytes()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"cache-control": KEPT if is_kept else "no-cache", "etag": tag, **HEADERS}
    if known is not None and tag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=TYPES[path.suffix], headers=headers)


def inline_scripts(page: str) -> Iterator[str]:
    """What the policy says of the one script that cannot be a file: the import map."""
    for script in re.findall(r"<script type=\"importmap\">(.*?)</script>", page, re.DOTALL):
        digest = hashlib.sha256(script.encode()).digest()
        yield f"'sha256-{base64.b64encode(digest).decode()}'"


def policy(host: str, scripts: str = "") -> str:
    """The content security policy of a page from `host`: everything from here, and of what is
    inline only `scripts`."""
    # Safari before 15.4 does not count a WebSocket as 'self'.
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    own = f"script-src 'self' {scripts}; " if scripts else ""
    return (
        f"default-src 'self'; {own}"
        "img-src 'self' blob: data:; media-src 'self' blob:; "
        f"connect-src 'self'{sockets}; worker-src 'self' blob:; object-src 'none'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
