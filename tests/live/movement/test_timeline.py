"""The timeline: whole states in a row, played, scrubbed, looped, and written as a session."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from session_fakes import Clock, FakeEngine, Watcher, on_session
from taxiway.core.errors import InvalidArgument
from taxiway.core.session_file import changes
from taxiway.latent.sample import z_of_seed
from taxiway.live.messages import actions
from taxiway.live.session import LiveSession


def three(session: LiveSession) -> None:
    """Seeds 1, 2 and 3, two seconds and four apart, and the truncation that goes up."""
    for seed, seconds, truncation in ((1, 1, 0.2), (2, 2, 0.4), (3, 4, 0.8)):
        session.set({"seed": seed, "truncation": truncation})
        actions.perform(session, "timeline/add", {"seconds": seconds, "curve": "even"})


async def test_it_is_scrubbed_played_and_a_hand_ends_it() -> None:
    clock = Clock()
    async with on_session(FakeEngine(), clock=clock) as session, asyncio.timeout(30):
        Watcher(session)
        three(session)
        for at, truncation in ((0, 0.2), (1, 0.3), (2, 0.4), (3, 0.5), (99, 0.8)):
            actions.perform(session, "timeline/scrub", {"at": at})
            assert session.controls.values()["truncation"] == pytest.approx(truncation)
        np.testing.assert_allclose(session.controls.values()["z"], z_of_seed(3), rtol=1e-6)
        actions.perform(session, "timeline/play", {"at": 1})
        clock.now += 2
        while session.controls.values()["truncation"] != pytest.approx(0.5):
            await asyncio.sleep(0.005)
        session.set({"truncation": 0.9})
        while session.timeline.goes_on:
            await asyncio.sleep(0.005)
        assert session.controls.values()["truncation"] == 0.9
        actions.perform(session, "timeline/play", {"at": 5})
        clock.now += 2
        while session.timeline.goes_on:
            await asyncio.sleep(0.005)
        assert session.controls.values()["truncation"] == 0.8
        actions.perform(session, "timeline/play", {})
        actions.perform(session, "stop", {})
        await asyncio.sleep(0)
        assert not session.timeline.goes_on


async def test_a_loop_comes_back_and_keys_are_changed_and_taken_away() -> None:
    async with on_session(FakeEngine()) as session:
        three(session)
        assert session.timeline.seconds == 6
        actions.perform(session, "timeline/loop", {"on": True})
        assert session.timeline.seconds == 7
        assert session.timeline.values(6.5)["truncation"] == pytest.approx(0.5)
        actions.perform(session, "timeline/key", {"key": 1, "seconds": 3})
        assert session.timeline.seconds == 9
        actions.perform(session, "timeline/remove", {"key": 3})
        assert [key.seconds for key in session.timeline.keys] == [3, 2]
        for action, inputs, words in (
            ("timeline/key", {"key": 3}, "'key' takes 1 to 2, got 3"),
            ("timeline/key", {"key": 1, "seconds": 0}, "'seconds' takes 0.05"),
            ("timeline/add", {"curve": "x"}, "'curve' takes one of"),
        ):
            with pytest.raises(InvalidArgument, match=words):
                actions.perform(session, action, inputs)
        actions.perform(session, "timeline/remove", {"key": 0})
        with pytest.raises(InvalidArgument, match="two keys or more, got 0"):
            actions.perform(session, "timeline/play", {})


async def test_it_is_written_as_a_session_a_change_a_frame(tmp_path: Path) -> None:
    async with on_session(FakeEngine()) as session:
        three(session)
        session.set({"size": 64})
        path = tmp_path / "timeline.jsonl"
        path.write_bytes(b"".join(session.timeline.session_lines(10)))
        found = list(changes(path))
        assert [change.t for change in found] == pytest.approx([*np.arange(61) / 10, 6])
        assert [found[k].set["truncation"] for k in (0, 10, 20, 60)] == pytest.approx(
            [0.2, 0.3, 0.4, 0.8]
        )
        assert found[-1].set == {}
        assert session.controls.values()["size"] == 64


async def test_states_of_other_inputs_meet() -> None:
    async with on_session(FakeEngine()) as session:
        session.set({"seed": 1, "size": 64})
        session.timeline.add(1, "even")
        session.set({"w": np.ones(512, np.float32), "size": None})
        session.timeline.add(2, "even")
        begin, end = session.timeline.values(0), session.timeline.values(2)
        assert begin["w"] is None
        assert begin["size"] == 64
        assert end["z"] is None
        assert end["size"] is None
