"""Who may do what: tokens, and who is taken for the user at this machine."""

import asyncio
import os
import re
from pathlib import Path
from typing import Any

import pytest

from taxiway.core.config import Config
from taxiway.web import powers
from taxiway.web.powers import Power, Tokens, is_on_this_machine, owner_of

TOKENS = Tokens("to play", "to own")
LOCAL = Config()


def test_every_start_has_its_own_tokens_fit_for_a_header() -> None:
    tokens = [
        token for _ in range(50) for token in (lambda both: (both.play, both.own))(Tokens.new())
    ]
    assert len(set(tokens)) == 100
    assert all(re.fullmatch(r"[\w\-]{43}", token) for token in tokens)


@pytest.mark.parametrize(
    ("token", "plays", "owns"),
    [("to play", True, False), ("to own", True, True), ("", False, False), ("é", False, False)],
)
def test_the_owner_may_play_and_a_player_may_not_own(token: str, plays: bool, owns: bool) -> None:
    assert TOKENS.allow(token, Power.PLAY) is plays
    assert TOKENS.allow(token, Power.OWN) is owns


def scope(host: bytes = b"localhost:8000", **more: Any) -> dict[str, Any]:
    """A request from this machine; `more` are headers, or parts of the scope."""
    parts = {name: more.pop(name) for name in ("client", "http_version") if name in more}
    headers = [(name.encode().replace(b"_", b"-"), value) for name, value in more.items()]
    base = {"client": ("127.0.0.1", 1), "http_version": "1.1", "server": ("127.0.0.1", 8000)}
    return {**base, **parts, "headers": [(b"host", host), *headers]}


@pytest.mark.parametrize("host", [b"localhost:8000", b"127.0.0.1", b"[::1]:8000", b"LocalHost"])
def test_a_browser_on_this_machine_is_its_users(host: bytes) -> None:
    assert is_on_this_machine(scope(host), LOCAL)


@pytest.mark.parametrize(
    "far",
    [
        {"client": ("192.168.1.7", 1)},
        {"client": None},
        {"http_version": "1.0"},
        {"x_forwarded_for": b"203.0.113.7"},
        {"x_forwarded_host": b"studio.example.org"},
        {"forwarded": b"for=203.0.113.7"},
        {"via": b"1.1 caddy"},
        {"x_real_ip": b"203.0.113.7"},
        {"host": b"studio.example.org"},
        {"host": b"10.0.0.2:8000"},
        {"host": b""},
    ],
)
def test_who_comes_from_elsewhere_is_not(far: dict[str, Any]) -> None:
    assert not is_on_this_machine(scope(**far), LOCAL)


def test_in_a_container_that_listens_to_all_nobody_sits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(powers, "CONTAINERS", (tmp_path,))
    assert not is_on_this_machine(scope(), Config(host="0.0.0.0"))
    assert is_on_this_machine(scope(), LOCAL)


def test_another_users_program_is_not_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, is_own in ((None, True), (os.getuid(), True), (os.getuid() + 1, False)):
        monkeypatch.setattr(powers, "owner_of", lambda port, to, owner=owner: owner)
        assert is_on_this_machine(scope(), LOCAL) is is_own


@pytest.mark.skipif(not powers.CONNECTIONS[0].exists(), reason="only Linux tells whose they are")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_the_system_tells_whose_a_connection_is(host: str) -> None:
    try:
        server = await asyncio.start_server(lambda reader, writer: writer.close(), host, 0)
    except OSError:
        pytest.skip(f"This machine has no {host}.")
    to = server.sockets[0].getsockname()[1]
    _, writer = await asyncio.open_connection(host, to)
    port = writer.get_extra_info("sockname")[1]
    assert owner_of(port, to) == os.getuid()
    assert owner_of(port, 1) is None
    writer.close()
    server.close()
