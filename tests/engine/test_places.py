"""Addresses of other machines."""

import pytest

from taxiway.core.errors import InvalidArgument
from taxiway.engine.places import TlsPlace, place_of

PIN = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    "address",
    ["ssh://", "ssh://-oProxyCommand=x", "ssh://a b", "ssh://u;v@h", "http://h", "ssh://h/$(x)",
     "ssh://h:99999999", "ssh://h?x=1", "h", "tls://h:1", f"tls://h#{PIN}", f"tls://h:1/x#{PIN}",
     "tls://h:1#sha256:ab", f"tls://-h:1#{PIN}"],
)  # fmt: skip
def test_an_address_is_no_way_to_run_something_here(address: str) -> None:
    with pytest.raises(InvalidArgument, match="'on' takes ssh://user@host"):
        place_of(address)


def test_an_address_becomes_words_of_ssh() -> None:
    line = place_of("ssh://me@box:2222/opt/my taxiway").line()
    assert line[line.index("-p") :] == [
        "-p", "2222", "-l", "me", "--", "box", "'/opt/my taxiway' worker",
    ]  # fmt: skip


def test_an_address_by_tls_has_its_fingerprint() -> None:
    for host, written in (("box", "box"), ("::1", "[::1]")):
        address = f"tls://{written}:443#{PIN}"
        place = place_of(address)
        assert place == TlsPlace(host, 443, PIN)
        assert place.line()[-2:] == ["--connect", address]
