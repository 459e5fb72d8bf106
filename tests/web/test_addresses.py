"""How other machines reach this one."""

import ipaddress
import socket

import pytest

from taxiway.web import addresses


def test_a_machine_knows_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Studio.example.org")
    assert addresses.own_names.__wrapped__() == {"studio.example.org", "studio.local"}
    monkeypatch.setattr(socket, "gethostname", lambda: "")
    assert addresses.own_names.__wrapped__() == frozenset()


def test_the_address_for_others_is_no_loopback_one() -> None:
    found = addresses.own_address()
    assert found is None or not ipaddress.ip_address(found).is_loopback


def test_without_a_network_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(socket.socket, "connect", unreachable, raising=False)
    monkeypatch.setattr(socket, "socket", unreachable)
    assert addresses.own_address() is None


@pytest.mark.parametrize(("host", "plain"), [("[::1]", "::1"), ("::1", "::1"), ("[x", "[x")])
def test_brackets_are_for_pages(host: str, plain: str) -> None:
    assert addresses.bare(host) == plain


def test_an_address_to_type() -> None:
    assert addresses.url("192.168.1.5", 8000) == "http://192.168.1.5:8000"
    assert addresses.url("fd00::2", 8001, "https") == "https://[fd00::2]:8001"
