"""Everything that can be moved by a message."""

import gc
import weakref
from collections.abc import Hashable
from typing import Any

import numpy as np
import pytest

from session_fakes import FakeEngine, on_session
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.live.messages.addresses import Address, NoSuchAddress
from taxiway.live.messages.moves import Message
from taxiway.live.session import LiveSession


def words(errors: list[TaxiwayError]) -> list[str]:
    return [str(error) for error in errors]


def z_of(session: LiveSession) -> Any:
    return session.controls.values()["z"]


async def test_the_list_is_made_from_the_declaration_and_says_how_all_stands() -> None:
    async with on_session(FakeEngine()) as session:
        session.addresses.perform([Message("/seed", [7]), Message("/psi", [0.5])], "me")
        listed = {each.address: each for each in session.addresses.all()}
        assert list(listed)[:5] == ["/z", "/w", "/seed", "/truncation", "/size"]
        truncation, seed, size = listed["/truncation"], listed["/seed"], listed["/size"]
        assert (truncation.types, truncation.low, truncation.high) == ("f", 0, 1)
        assert (truncation.default, list(truncation.also)) == (0.8, ["/psi"])
        assert (truncation.now(), truncation.by()) == (0.5, "me")
        assert (seed.types, seed.now(), seed.by()) == ("i", 7, "me")
        assert (size.now(), size.by()) == (256, None)
        assert (listed["/z"].types, listed["/z"].length) == ("f*512", 512)
        assert listed["/z"].now() == z_of(session).tolist()
        assert {"/random", "/zero", "/walk", "/walk/stop", "/blackout"} < set(listed)


async def test_what_was_refused_leaves_nothing_for_the_garbage_collector() -> None:
    """Or a flood of it would have everything looked through again and again."""
    messages = [Message("/nobody", [1.0]), Message("/truncation", ["x"])]
    async with on_session(FakeEngine()) as session:
        gc.disable()
        try:
            left = [weakref.ref(each) for each in session.addresses.perform(messages, "me")]
            assert [each() for each in left] == [None, None]
        finally:
            gc.enable()


async def test_before_the_set_up_there_is_what_needs_no_model() -> None:
    async with on_session(FakeEngine(), start=False) as session:
        found = [each.address for each in session.addresses.all()]
        assert found[0] == "/blackout"
        assert "/walk" not in found
        (error,) = session.addresses.perform([Message("/zero")], "me")
        assert isinstance(error, NoSuchAddress)


async def test_who_adds_an_address_is_in_the_list_until_it_is_taken_away() -> None:
    heard: list[tuple[list[Any], Hashable]] = []
    async with on_session(FakeEngine()) as session:
        remove = session.addresses.add(
            Address(address="/lamp", types="i", act=lambda *given: heard.append(given))
        )
        messages = [Message("/lamp", [number]) for number in range(20)]
        assert session.addresses.perform(messages, "me") == []
        assert heard == [([number], "me") for number in range(20)]
        assert "/lamp" in session.addresses.names()
        remove()
        (error,) = session.addresses.perform([Message("/lamp", [1])], "me")
        assert isinstance(error, NoSuchAddress)
        assert error.address == "/lamp"


async def test_messages_are_done_in_their_order() -> None:
    async with on_session(FakeEngine()) as session:
        perform = session.addresses.perform
        assert perform([Message("/z/0", [5.0]), Message("/zero"), Message("/z/3", [2.0])], 1) == []
        assert (z_of(session)[3], z_of(session).sum()) == (2, 2)
        assert perform([Message("/seed", [7]), Message("/z/0", [9.0])], 1) == []
        assert z_of(session)[0] == 9
        assert np.array_equal(
            z_of(session)[1:],
            session.go_to_seed(7, 1, None)[1:],  # type: ignore[arg-type]
        )
        before = z_of(session)
        perform([Message("/random", [0])], 1)
        assert z_of(session) is before
        perform([Message("/random")], 1)
        assert not np.array_equal(z_of(session), before)


async def test_patterns_and_ranges_move_all_that_they_stand_for() -> None:
    async with on_session(FakeEngine()) as session:
        perform = session.addresses.perform
        messages = [
            Message("/zero"),
            Message("/z/[0-9]", [1.0]),
            Message("/?/16-17", [2.0, 3.0]),
            Message("/tru*", [0.25]),
        ]
        # In the place of /z there is /w afterwards, which /? means too.
        assert perform(messages[:2], 1) == []
        assert (z_of(session).sum(), z_of(session)[:10].tolist()) == (10, [1] * 10)
        assert perform([messages[3], Message("/{seed,size}", [64])], 1) == []
        assert session.controls.values()["truncation"] == 0.25
        assert session.controls.values()["size"] == 64
        assert perform(messages[2:3], 1) == []
        assert session.controls.values()["w"][15:19].tolist() == [0, 2, 3, 0]
        (error,) = perform([Message("/no*", [1])], 1)
        assert isinstance(error, NoSuchAddress)
        assert error.address == "/no*"


@pytest.mark.parametrize("place", ["", "/16-31"])
async def test_a_blob_is_float32_in_network_byte_order(place: str) -> None:
    count = 16 if place else 512
    numbers = np.arange(count) / 8 - 1
    async with on_session(FakeEngine()) as session:
        perform = session.addresses.perform
        assert perform([Message(f"/z{place}", [numbers.astype(">f4").tobytes()])], 1) == []
        start = 16 if place else 0
        assert np.array_equal(z_of(session)[start : start + count], numbers)
        assert (
            "the other way round"
            in words(perform([Message(f"/z{place}", [numbers.astype("<f4").tobytes()])], 1))[0]
        )
        assert words(perform([Message(f"/z{place}", [b"abc"])], 1)) == [
            "'z' takes a blob of float32, 4 bytes each, got 3 bytes."
        ]


async def test_what_is_refused_does_not_hinder_what_comes_next() -> None:
    async with on_session(FakeEngine()) as session:
        errors = session.addresses.perform(
            [
                Message("/z/512", [1.0]),
                Message("/blackout", ["dark"]),
                Message("/truncation", [0.5]),
                Message("/walk", ["[1]"]),
                Message("/blackout"),
            ],
            1,
        )
        assert all(isinstance(error, InvalidArgument) for error in errors)
        assert words(errors)[:2] == [
            "'z' has numbers 0 to 511, got '512'.",
            "'/blackout' takes 1, 0 or nothing, got 'dark'.",
        ]
        assert session.controls.values()["truncation"] == 0.5
        assert session.is_black


async def test_a_button_sends_1_when_pressed_and_0_when_let_go() -> None:
    """As those of TouchOSC do, and a key its velocity."""
    async with on_session(FakeEngine()) as session:
        perform, walk = session.addresses.perform, session.live_walk
        assert perform([Message("/walk", [0.0])], 1) == []
        assert not walk.goes_on
        assert perform([Message("/walk", [1.0]), Message("/stop", [0.0])], 1) == []
        assert walk.goes_on
        assert perform([Message("/tap", [1.0]), Message("/stop", [0.8])], 1) == []
        assert not walk.goes_on


async def test_a_wrong_type_is_named_as_what_it_is() -> None:
    async with on_session(FakeEngine()) as session:
        sent = [("/walk", [5.0]), ("/stop", ["now"]), ("/truncation", [b"abcd"])]
        refused = session.addresses.perform([Message(*each) for each in sent], 1)
        assert words(refused) == [
            "'/walk' takes nothing, 1, or one string: a walk as JSON.",
            "'/stop' takes nothing; got 1 value.",
            "'truncation' takes a number, got bytes.",
        ]
        assert not session.live_walk.goes_on
