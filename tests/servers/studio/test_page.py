"""The page and its files: the token, the policy, and nothing outside the folder."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from session_fakes import served
from taxiway.servers.studio.members import TYPES, servable
from taxiway.servers.studio.page import (
    FOLDER,
    OWNER_PLACE,
    SLOTS_PLACE,
    TOKEN_PLACE,
    policy,
    routes,
)
from taxiway.web.powers import Tokens

TOKENS = Tokens("to-play", "to-own")
LOADED = '<script src="studio/main.js"></script>{"/studio/": "./studio/"}'


class Reply:
    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        self.status = int(status.split()[1])
        self.headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }


class Site:
    def __init__(self, port: int, folder: Path) -> None:
        self.port = port
        self.folder = folder

    async def get(self, path: str, method: str = "GET", **headers: str) -> Reply:
        """Ask for exactly this path, unlike any browser."""
        fields = {"host": f"127.0.0.1:{self.port}", "connection": "close", **headers}
        lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items()), "", ""]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write("\r\n".join(lines).replace("_", "-").encode("latin-1"))
        reply = Reply(await reader.read())
        writer.close()
        await writer.wait_closed()
        return reply


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    folder = tmp_path / "studio"
    (folder / "panels").mkdir(parents=True)
    (folder / "index.html").write_text(
        f"<!doctype html><head>{SLOTS_PLACE}{TOKEN_PLACE}{OWNER_PLACE}</head>é{LOADED}", "utf-8"
    )
    (folder / "output.html").write_text(f"<head>{TOKEN_PLACE}</head>")
    (folder / "main.js").write_text("export const é = 1;", "utf-8")
    (folder / "panels" / "map.css").write_text("a {}")
    (folder / "notes.py").write_text("secret")
    (folder / ".hidden.js").write_text("1")
    (tmp_path / "outside.js").write_text("secret")
    (folder / "link.js").symlink_to(tmp_path / "outside.js")
    app = Starlette(routes=routes(TOKENS, folder=folder))
    async with served(app) as port:
        yield Site(port, folder)


async def test_the_page_carries_the_token_and_is_never_kept(site: Site) -> None:
    reply = await site.get("/")
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["cache-control"] == "no-store"
    assert '<meta name="taxiway-token" content="to-play">' in reply.body.decode()
    assert '<meta name="taxiway-owner" content="to-own"></head>é' in reply.body.decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"x_forwarded_for": "203.0.113.7"},
        {"X-Forwarded-Proto": "https"},
        {"forwarded": "for=203.0.113.7"},
        {"via": "1.1 proxy"},
        {"x_real_ip": "203.0.113.7"},
        {"host": "studio.example.org"},
        {"host": "192.168.1.20:8000"},
    ],
)
async def test_the_owners_token_is_not_for_who_comes_by_a_proxy(
    site: Site, headers: dict[str, str]
) -> None:
    body = (await site.get("/", **headers)).body
    assert b"to-play" in body
    assert b"to-own" not in body


async def test_the_page_may_load_nothing_from_elsewhere(site: Site) -> None:
    reply = await site.get("/")
    rules = dict(
        rule.strip().split(" ", 1) for rule in reply.headers["content-security-policy"].split(";")
    )
    own = f"ws://127.0.0.1:{site.port}"
    assert rules == {
        "default-src": "'self'",
        "img-src": "'self' blob: data:",
        "media-src": "'self' blob:",
        "connect-src": f"'self' {own} {own.replace('ws', 'wss', 1)}",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


async def test_the_output_page_may_play_and_be_styled(site: Site) -> None:
    reply = await site.get("/output")
    assert reply.body == b'<head><meta name="taxiway-token" content="to-play"></head>'
    assert reply.headers["cache-control"] == "no-store"
    security = reply.headers["content-security-policy"]
    assert security.startswith("default-src 'self'; ")
    assert security.endswith("; style-src 'self' 'unsafe-inline'")


@pytest.mark.parametrize("host", ["evil; script-src *", "", "a b", "a'b", "x,y", "[::1]; x", "a\n"])
def test_a_strange_host_cannot_loosen_the_policy(host: str) -> None:
    assert "connect-src 'self'; " in policy(host)


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "my-box.local:1"])
def test_a_plain_host_may_be_connected_to(host: str) -> None:
    assert f"connect-src 'self' ws://{host} wss://{host};" in policy(host)


@pytest.mark.parametrize(
    ("path", "type"),
    [
        ("/studio/main.js", "text/javascript; charset=utf-8"),
        ("/studio/panels/map.css", "text/css; charset=utf-8"),
    ],
)
async def test_a_file_is_served_with_its_type(site: Site, path: str, type: str) -> None:
    reply = await site.get(path)
    assert reply.status == 200
    assert reply.headers["content-type"] == type
    assert reply.body == (site.folder / path.removeprefix("/studio/")).read_bytes()
    assert (await site.get(path, method="HEAD")).body == b""


async def test_every_answer_forbids_guessing_and_telling(site: Site) -> None:
    for path in ("/", "/output", "/studio/main.js"):
        headers = (await site.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers


async def test_a_file_that_did_not_change_is_not_sent_again(site: Site) -> None:
    first = await site.get("/studio/main.js")
    assert first.headers["cache-control"] == "no-cache"
    again = await site.get("/studio/main.js", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    (site.folder / "main.js").write_text("changed")
    changed = await site.get("/studio/main.js", if_none_match=first.headers["etag"])
    assert (changed.status, changed.body) == (200, b"changed")


async def test_a_file_is_kept_for_good_at_the_address_of_its_version(site: Site) -> None:
    def addresses(page: bytes) -> set[str]:
        return set(re.findall(r'"((?:\./)?studio[^"]*/)(?:main.js)?"', page.decode()))

    page = (await site.get("/")).body
    (main, others) = sorted(addresses(page), key=len)
    assert others == f"./{main}"
    assert b'{"/studio/": ' in page
    kept = await site.get(f"/{main}main.js")
    assert (kept.status, kept.headers["cache-control"]) == (200, "max-age=31536000, immutable")
    (site.folder / "main.js").write_text("changed")
    early = await site.get(f"/{main}main.js")  # before any page names the new version
    assert (early.body, early.headers["cache-control"]) == (b"changed", "no-cache")
    assert addresses((await site.get("/")).body).isdisjoint({main, others})
    changed = await site.get(f"/{main}main.js")
    assert (changed.body, changed.headers["cache-control"]) == (b"changed", "no-cache")
    assert (await site.get(f"/{main}../outside.js")).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "../outside.js",
        "%2e%2e/outside.js",
        "..%2foutside.js",
        "%252e%252e/outside.js",
        "panels/../../outside.js",
        "panels/../main.js",
        "./main.js",
        "/main.js",
        "//etc/passwd",
        "%2fetc%2fpasswd",
        "..\\outside.js",
        "..%5coutside.js",
        "main.js%00",
        "main.js%00.css",
        "main.js/",
        "main.js::$DATA",
        "MAIN.JS",
        "C:/main.js",
        "link.js",
        ".hidden.js",
        "notes.py",
        "index.html",
        "panels",
        "panels/",
        "",
        "missing.js",
        "x" * 5000 + ".js",
        "%c0%ae%c0%ae/outside.js",
    ],
)
async def test_nothing_else_is_served(site: Site, path: str) -> None:
    reply = await site.get(f"/studio/{path}")
    assert reply.status == 404
    assert b"secret" not in reply.body


async def test_files_take_no_other_method(site: Site) -> None:
    for path in ("/", "/studio/main.js"):
        assert (await site.get(path, method="POST", content_length="0")).status == 405


def test_a_page_without_a_place_for_the_token_is_noticed_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html>")
    with pytest.raises(ValueError, match="has no <meta"):
        routes(TOKENS, folder=tmp_path)


def test_every_file_of_our_studio_can_be_served() -> None:
    served = servable(FOLDER)
    files = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert files - set(served) <= {"index.html", "output.html"} | {
        f for f in files if Path(f).suffix not in TYPES
    }
    assert {Path(file).suffix for file in files} - {".html"} <= set(TYPES) | {".md", ".ts"}
    assert TOKEN_PLACE in (FOLDER / "index.html").read_text("utf-8")
