"""Socket.IO's packets."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.servers.socketio.engineio_payload import Malformed
from taxiway.servers.socketio.packet import Packet, arguments, event, no_namespace, read

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="ascii")), inner),
)


@pytest.mark.parametrize(
    ("text", "packet"),
    [
        ('2["query",{}]', Packet("2", "/", "", '["query",{}]')),
        ('212["query",{}]', Packet("2", "/", "12", '["query",{}]')),
        ('2/,3["query"]', Packet("2", "/", "3", '["query"]')),
        ('2/admin,3["query"]', Packet("2", "/admin", "3", '["query"]')),
        ("0", Packet("0", "/", "", "")),
        ('0{"token":"a"}', Packet("0", "/", "", '{"token":"a"}')),
        ("0/admin?a=b,", Packet("0", "/admin", "", "")),
        ("0/?a=b", Packet("0", "/", "", "")),
        ("1", Packet("1", "/", "", "")),
        (
            '51-["query",{"_placeholder":true}]',
            Packet("5", "/", "", '["query",{"_placeholder":true}]'),
        ),
        ('51-7["query"]', Packet("5", "/", "7", '["query"]')),
    ],
)
def test_a_packet_is_taken_apart(text: str, packet: Packet) -> None:
    assert read(text) == packet


@pytest.mark.parametrize("text", ["", "7", "x", '["query"]'])
def test_what_has_no_kind_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read(text)


@given(st.text(), JSON)
def test_an_event_of_ours_is_one_of_theirs(name: str, argument: object) -> None:
    written = event("data", argument)
    assert written.isascii()
    assert json.loads(written.removeprefix("42")) == ["data", argument]
    assert arguments(read(written[1:])) == ("data", [argument])


@pytest.mark.parametrize("data", ["", "[]", "{}", "7", '["query"', '["\\ud83d"]', "[" * 100_000])
def test_what_is_no_event_is_refused(data: str) -> None:
    with pytest.raises(Malformed):
        arguments(Packet("2", "/", "", data))


def test_each_version_hears_in_its_own_way_that_there_is_one_namespace() -> None:
    assert no_namespace(3, "/admin") == '44/admin,"Invalid namespace"'
    assert no_namespace(4, "/admin") == '44/admin,{"message":"Invalid namespace"}'


@given(st.text())
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        arguments(read(text))
    except Malformed:
        return
