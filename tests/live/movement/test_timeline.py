"""The timeline: whole states in a row, played, scrubbed, looped, and written as a session."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_fakes import Clock, FakeEngine, Watcher, on_session
from taxiway.core.errors import InvalidArgument
from taxiway.core.parsing import Malformed
from taxiway.core.session_file import changes
from taxiway.latent.sample import z_of_seed
from taxiway.live.messages import actions
from taxiway.live.movement import timeline_file
from taxiway.live.movement.timeline import Key
from taxiway.live.movement.tracks import Track
from taxiway.live.presets.state import State
from taxiway.live.session import LiveSession

WHOLE = timeline_file.to_text(
    [Key(state=State(values={"truncation": 0.5}))], {"truncation": Track([(0.0, 1.0)])}, False
)


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
            assert session.timeline.at == min(at, 6)
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
        assert session.timeline.at == 6
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
        for key, to, wanted in ((3, 1, [4, 3, 2]), (1, 3, [3, 2, 4])):
            actions.perform(session, "timeline/move", {"key": key, "to": to})
            assert [each.seconds for each in session.timeline.keys] == wanted
        actions.perform(session, "timeline/remove", {"key": 3})
        assert [key.seconds for key in session.timeline.keys] == [3, 2]
        for action, inputs, words in (
            ("timeline/key", {"key": 3}, "'key' takes 1 to 2, got 3"),
            ("timeline/move", {"key": 1, "to": 3}, "'to' takes 1 to 2, got 3"),
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


async def test_what_hands_do_while_it_plays_armed_is_recorded_and_played_again() -> None:
    clock = Clock()
    async with on_session(FakeEngine(), clock=clock) as session, asyncio.timeout(30):
        Watcher(session)
        three(session)
        timeline, values = session.timeline, session.controls.values
        actions.perform(session, "timeline/arm", {"on": True})
        actions.perform(session, "timeline/play", {})
        for step in range(8):
            await asyncio.sleep(0.04)  # a tick, at least
            if step >= 2:
                session.set({"truncation": 0.1 * step, "size": 64 * step}, "hand")
                await asyncio.sleep(0.04)
            clock.now += 0.5
        clock.now += 9
        while timeline.goes_on:
            await asyncio.sleep(0.005)
        assert set(timeline.tracks) == {"truncation", "size"}
        assert timeline.values(0)["truncation"] == pytest.approx(0.2)
        assert "size" not in timeline.values(0.5)
        found = [timeline.values(1.4 + 0.5 * step) for step in range(6)]
        np.testing.assert_allclose([each["size"] for each in found], 64 * np.arange(2, 8))
        truncations = [each["truncation"] for each in found]
        np.testing.assert_allclose(truncations, 0.1 * np.arange(2, 8), atol=0.1)
        assert values()["truncation"] == pytest.approx(0.7)
        np.testing.assert_allclose(timeline.values(6)["z"], z_of_seed(3), rtol=1e-5)
        actions.perform(session, "timeline/arm", {"on": False})
        actions.perform(session, "timeline/erase", {"control": "size"})
        assert "size" not in timeline.values(3)
        with pytest.raises(InvalidArgument, match="Nothing is recorded of 'size'"):
            actions.perform(session, "timeline/erase", {"control": "size"})


async def test_without_keys_it_records_until_it_is_stopped_and_z_as_well() -> None:
    clock = Clock()
    async with on_session(FakeEngine(), clock=clock) as session, asyncio.timeout(30):
        Watcher(session)
        timeline = session.timeline
        actions.perform(session, "timeline/arm", {})
        actions.perform(session, "timeline/play", {})
        for seed in (1, 2, 3):
            await asyncio.sleep(0.03)
            session.set({"seed": seed}, "hand")
            await asyncio.sleep(0.03)
            clock.now += 1
        actions.perform(session, "stop", {})
        while not timeline.tracks:
            await asyncio.sleep(0)
        actions.perform(session, "timeline/arm", {"on": False})
        assert list(timeline.tracks) == ["z"]
        assert 1 < timeline.seconds <= 3
        np.testing.assert_allclose(timeline.values(99)["z"], z_of_seed(3), rtol=1e-5)
        actions.perform(session, "timeline/scrub", {"at": 99})
        assert b'"z"' in b"".join(timeline.session_lines(5))
        session.set({"w": np.ones(512, np.float32)})
        timeline.tracks = {"w": Track([(0.0, [0.0] * 512), (1.0, [1.0] * 512)]), "gone": Track([])}
        assert timeline.values(0.5)["w"][0] == 0.5


async def test_it_is_back_after_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "live"
    async with on_session(FakeEngine(), folder=folder) as session, asyncio.timeout(30):
        Watcher(session)
        three(session)
        session.timeline.tracks = {"truncation": Track([(0.0, 0.5), (1.5, None)])}
        actions.perform(session, "timeline/loop", {})
        while b'"loops":true' not in text_in(folder) or len([*folder.rglob("*.jpg")]) < 3:
            await asyncio.sleep(0.005)
        keys = session.timeline.keys
    async with on_session(FakeEngine(), folder=folder) as session, asyncio.timeout(30):
        while session.timeline.is_empty:
            await asyncio.sleep(0.005)
        assert [key.seconds for key in session.timeline.keys] == [1, 2, 4]
        assert [key.state.picture for key in session.timeline.keys] == [
            key.state.picture for key in keys
        ]
        assert (await session.kept.picture(keys[0].state.picture))[:2] == b"\xff\xd8"
        assert session.timeline.loops
        assert session.timeline.values(0)["truncation"] == 0.5
        assert session.timeline.values(2)["truncation"] is None
        np.testing.assert_allclose(session.timeline.values(0)["z"], z_of_seed(1), rtol=1e-6)


def text_in(folder: Path) -> bytes:
    path = folder / "timeline.json"
    return path.read_bytes() if path.exists() else b""


@given(st.binary(max_size=200) | st.sampled_from([WHOLE[:k] for k in range(0, len(WHOLE), 7)]))
def test_any_text_is_a_timeline_or_says_why_not(data: bytes) -> None:
    try:
        found = timeline_file.from_text(data)
    except Malformed:
        return
    assert len(found.keys) <= 1


def test_times_that_fall_and_states_of_strange_pictures_are_left_out_or_refused() -> None:
    found = timeline_file.from_text(
        b'{"taxiway":"timeline","version":1,"tracks":{"a":[[1,0],[0,1]],"b":[],"c":[[0,1],[2,0]]}}'
    )
    assert list(found.tracks) == ["c"]
    for text in (
        b'{"taxiway":"timeline","version":1,"keys":[{"state":{"picture":"../x"}}]}',
        b'{"taxiway":"timeline","version":1,"keys":[{"state":{},"seconds":0}]}',
        b'{"taxiway":"timeline","version":2}',
        timeline_file.to_text([Key(state=State())] * 65, {}, False),
        timeline_file.to_text([], {str(n): Track([(0.0, 1.0)]) for n in range(257)}, False),
    ):
        with pytest.raises(Malformed):
            timeline_file.from_text(text)
