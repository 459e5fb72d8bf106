"""Pages for people, of the studio's files: a hosted model's, the teacher's, and what went wrong.

A pupil's link has the token behind its `#`, which no browser sends: so it is in no log, of ours or
of a proxy, and in no referrer. The page takes it out of the address as soon as it opens.
"""

import html
import json
import re
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from taxiway.servers.studio.members import members, servable
from taxiway.servers.studio.page import (
    FOLDER,
    VERSIONED,
    Version,
    answer,
    filled,
    inline_scripts,
    unkept,
    versioned,
)  # fmt: skip
from taxiway.web import qr
from taxiway.web.addresses import LOOPBACK
from taxiway.web.origin import host_name

MODEL_PLACE = '<meta name="taxiway-model" content="">'
SLOTS_PLACE = '<meta name="taxiway-slots" content="">'
BASE_PLACE = '<base href="">'
TYPES = re.compile(r"text/html|application/json|\*/\*")

Others = Callable[[], str | None]
"""The address at which others reach the server, if that is known."""


class Pages:
    """The pages, made of the files in the studio's folder."""

    def __init__(self) -> None:
        self._files = servable(FOLDER)
        self._version = Version(self._files)
        slots = {"widgets": list(members("widgets", self._files))}
        self._pupil = filled(_read("pupil"), SLOTS_PLACE, json.dumps(slots))
        self._teacher = _read("teacher")

    def routes(self) -> list[Route]:
        """The teacher's page, and the files of all pages."""
        places = [Route(place, self._file) for place in ("/studio/{path:path}", VERSIONED)]
        return [Route("/teacher", self.teacher), *places]

    def pupil(self, request: Request, model: str) -> Response:
        """The page of a model; the same for everybody, and without anything that is private."""
        return self._shown(request, filled(self._pupil, MODEL_PLACE, model))

    async def teacher(self, request: Request) -> Response:
        """The teacher's page, which knows nothing until somebody signs in."""
        return self._shown(request, self._teacher)

    def _shown(self, request: Request, page: str) -> Response:
        root = html.escape(request.scope["root_path"])
        page = page.replace(BASE_PLACE, f'<base href="{root}/">')
        page = versioned(page, self._version.newest())
        return unkept(page, policy(" ".join(inline_scripts(page))))

    async def _file(self, request: Request) -> Response:
        name = request.path_params["path"]
        if name not in self._files:
            raise HTTPException(404)
        is_kept = self._version.holds(request.path_params.get("version"), name)
        return answer(self._files[name], request.headers.get("if-none-match"), is_kept)


def wants_page(request: Request) -> bool:
    """Whether a browser asks for something to look at, rather than a program for an answer."""
    if request.method not in ("GET", "HEAD"):
        return False
    named = TYPES.search(request.headers.get("accept", ""))
    return named is not None and named[0] == "text/html"


def base(request: Request, others: Others) -> str:
    """The address of the server for links: as it was asked for, unless only this machine has it."""
    own = str(request.base_url).rstrip("/")
    is_here = host_name(request.headers["host"].encode("latin-1")) in LOOPBACK
    return (others() if is_here else None) or own


def link(base: str, model: str, token: str) -> dict[str, str]:
    """A pupil's link, and the same as a QR code (an SVG as a data URI)."""
    address = f"{base}/{model}#{token}" if token else f"{base}/{model}"
    return {"link": address, "qr": qr.as_svg(address)}


def policy(scripts: str) -> str:
    """What a page may load: our own files and pictures it was given, and of what is inline only
    `scripts`."""
    return (
        f"default-src 'self'; script-src 'self' {scripts}; img-src 'self' blob: data:; "
        "media-src 'self' blob:; object-src 'none'; frame-ancestors 'none'; base-uri 'self'; "
        "form-action 'none'"
    )


def _read(name: str) -> str:
    return (FOLDER / f"{name}.html").read_text(encoding="utf-8")
