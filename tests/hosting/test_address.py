"""Which model an address means, in every form in which old clients write one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.hosting.address import RUNWAY, address

DOMAINS = ("models.example.org", "example.net")


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("cats.models.example.org", "/v1/query"),
        ("Cats.Models.Example.org:443", "/v1/query"),
        ("cats.example.net.", "//v1///query//"),
        (f"cats.{RUNWAY}", "/v1//query"),
        ("localhost:8080", "/cats/v1/query"),
        ("localhost:8080", "/CATS/v1/query/"),
        ("localhost:8080", f"/cats.{RUNWAY}/v1//query"),
        ("models.example.org", f"//cats.{RUNWAY}//v1/query"),
        ("192.168.1.5:8080", "/cats/v1/query"),
        ("[::1]:8080", "/cats/v1/query"),
    ],
)
def test_a_model_is_meant_by_host_or_by_path(host: str, path: str) -> None:
    assert address(host, path, DOMAINS) == ("cats", ("query",))


@pytest.mark.parametrize("path", ["/v1", "/v1/", "//v1", "//v1//"])
def test_the_root_has_no_slash_or_any_number(path: str) -> None:
    assert address(f"cats.{RUNWAY}", path, ()) == ("cats", ())
    assert address("localhost", f"/cats{path}", ()) == ("cats", ())


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("localhost", "/"),
        ("localhost", "/v1"),
        ("localhost", "/v1/query"),
        ("localhost", "/cats/v2/query"),
        ("models.example.org", "/v1/query"),
        ("a.b.models.example.org", "/v1/query"),
        (RUNWAY, "/v1/query"),
        (f".{RUNWAY}", "/v1/query"),
        (f"cats.{RUNWAY}", "/"),
    ],
)
def test_anything_else_means_none(host: str, path: str) -> None:
    assert address(host, path, DOMAINS) is None


@given(host=st.text(st.characters(max_codepoint=255), max_size=60), path=st.text(max_size=200))
def test_no_address_is_an_error(host: str, path: str) -> None:
    found = address(host, path, DOMAINS)
    assert found is None or (found.model and all(found.route))
