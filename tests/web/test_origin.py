"""A page of our own, also through a proxy; and those that are none."""

import pytest

from taxiway.web.origin import OWN_NAMES, foreign_words, is_own_origin


def scope(origin: str | None, host: str, port: int = 8000, names: tuple[str, ...] = ()) -> dict:  # type: ignore[type-arg]
    headers = [(b"host", host.encode())]
    headers += [(b"origin", origin.encode())] if origin is not None else []
    return {"headers": headers, "server": ("127.0.0.1", port), OWN_NAMES: names}


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:8000", "localhost:8000"),
        ("https://Studio.example.org", "studio.example.org"),
        ("https://studio.example.org:8443", "studio.example.org"),
        ("http://[::1]:8080", "[::1]"),
        ("http://localhost:8080", "localhost"),
    ],
)
def test_the_page_of_this_host_is_our_own_also_if_a_proxy_drops_the_port(
    origin: str, host: str
) -> None:
    assert is_own_origin(scope(origin, host))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "localhost:8000"),
        ("", "localhost:8000"),
        ("null", "localhost:8000"),
        ("file://", "localhost"),
        ("http://localhost:9000", "localhost:8000"),
        ("http://localhost", "localhost:8000"),
        ("https://evil.example", "studio.example.org"),
        ("https://studio.example.org.evil.example", "studio.example.org"),
        ("ftp://localhost", "localhost"),
        ("http://", ""),
    ],
)
def test_any_other_page_is_not(origin: str | None, host: str) -> None:
    assert not is_own_origin(scope(origin, host))


@pytest.mark.parametrize("port", [80, 443])
def test_without_a_proxy_a_host_without_port_is_meant_so(port: int) -> None:
    assert not is_own_origin(scope("http://localhost:9000", "localhost", port))
    assert is_own_origin(scope("http://localhost", "localhost", port))


def test_a_proxy_that_names_itself_needs_the_name_that_is_allowed() -> None:
    origin, host = "https://studio.example.org", "127.0.0.1:8000"
    assert not is_own_origin(scope(origin, host))
    assert "--allow-host studio.example.org." in foreign_words(scope(origin, host))
    assert is_own_origin(scope(origin, host, names=("Studio.Example.org",)))
    assert not is_own_origin(scope("https://a.example.org", host, names=("*.example.org",)))
