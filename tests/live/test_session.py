"""Renders the newest, survives whatever happens to the model, never queues the past."""

import asyncio
from typing import Any

import msgspec
import numpy as np
import pytest

from session_fakes import GENERATE, Clock, FakeEngine, Watcher, on_session
from studio_page import settle
from taxiway.core.command import Command
from taxiway.core.datatypes import Category, Image, Text, Vector
from taxiway.core.errors import InvalidArgument, ModelFailed, Unavailable
from taxiway.core.events import Answer, Event, OutputReady, QueryFailed, StateChanged
from taxiway.core.frame import Mark
from taxiway.latent.field import Field
from taxiway.latent.sample import z_of_seed
from taxiway.live import previews
from taxiway.live.readers import ASKED_SECONDS
from taxiway.live.session import LiveSession
from toys import gradient

WITHOUT_Z = msgspec.structs.replace(GENERATE, inputs={"w": GENERATE.inputs["w"]}, needs_one_of=())


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


def reported(session: LiveSession) -> list[Event]:
    events: list[Event] = []
    session.events.listen(events.append)
    return events


async def next_error(session: LiveSession) -> str:
    """Wait for the next error that the session reports."""
    reported: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def listen(event: Event) -> None:
        if isinstance(event, QueryFailed) and not reported.done():
            reported.set_result(event.error)

    stop = session.events.listen(listen)
    try:
        return await reported
    finally:
        stop()


@pytest.mark.parametrize(("given", "seed"), [({}, 0), ({"first_seed": 22}, 22)])
async def test_the_first_picture_is_seed_0_or_the_cards(
    engine: FakeEngine, given: dict[str, int], seed: int
) -> None:
    async with on_session(engine, **given) as session:
        frame = (await Watcher(session).next()).frame
        assert session.controls.entries["z"].origin == {"seed": seed}
    np.testing.assert_array_equal(frame.pixels, gradient(z_of_seed(seed), 256))
    assert frame.index == 1
    assert engine.calls[0][1] == "session"


async def test_a_change_gives_a_picture_that_says_whose_newest_change_is_in_it(
    engine: FakeEngine,
) -> None:
    async with on_session(engine) as session:
        watcher = Watcher(session)
        await watcher.next()
        session.set({"truncation": 0.5}, "page", Mark(7, 123.0))
        frame = (await watcher.next()).frame
    assert frame.marks == {"page": Mark(7, 123.0)}
    assert frame.values["truncation"] == 0.5
    assert frame.merged == 0
    assert frame.render_ms >= 0


async def test_changes_that_come_while_it_renders_are_merged_to_the_newest(
    engine: FakeEngine,
) -> None:
    async with on_session(engine) as session:
        watcher = Watcher(session)
        await watcher.next()
        engine.gate.clear()
        session.set({"truncation": 0.0})
        await engine.call_number(2)
        for number in range(1, 60):
            session.set({"truncation": number / 100}, "page", Mark(number, 0.0))
        engine.gate.set()
        await engine.call_number(3)
        frame = (await watcher.next()).frame
    assert [inputs["truncation"] for inputs, _ in engine.calls] == [0.8, 0.0, 0.59]
    assert frame.values["truncation"] == 0.59
    assert frame.marks == {"page": Mark(59, 0.0)}
    assert frame.merged == 58


async def test_when_the_input_rests_the_last_picture_comes_again_at_full_quality(
    engine: FakeEngine,
) -> None:
    async with on_session(engine, rest_seconds=0.01) as session:
        watcher = Watcher(session)
        shots = [await watcher.next(), await watcher.next()]
    assert [encoded_frame.final for encoded_frame in shots] == [False, True]
    (published,) = engine.published
    assert published["image"] is shots[1].frame.pixels
    assert shots[0].frame.pixels is shots[1].frame.pixels
    assert len(engine.calls) == 1


async def test_a_slow_model_draws_previews_while_it_moves_and_a_whole_picture_at_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(previews, "SLOW_MS", -1)
    choice = Category(one_of=("auto", "on", "off"))
    inputs = {**GENERATE.inputs, "preview": choice}
    engine = FakeEngine(msgspec.structs.replace(GENERATE, inputs=inputs))
    async with on_session(engine, rest_seconds=0.01) as session:
        watcher = Watcher(session)
        shots = [await watcher.next() for _ in range(3)]
    assert [call["preview"] for call, _ in engine.calls] == ["on", "auto"]
    assert [shot.final for shot in shots] == [False, False, True]
    assert "preview" not in shots[0].frame.values


async def test_nothing_is_rendered_while_nobody_watches(engine: FakeEngine) -> None:
    async with on_session(engine) as session:
        for number in range(10):
            session.set({"truncation": number / 10})
            await asyncio.sleep(0)
        assert engine.calls == []
        frame = (await Watcher(session).next()).frame
    assert frame.values["truncation"] == 0.9
    assert len(engine.calls) == 1


@pytest.mark.parametrize("error", [ModelFailed("It broke."), Unavailable("It died."), OSError("x")])
async def test_a_failure_is_told_and_the_next_change_is_rendered(
    engine: FakeEngine, error: Exception
) -> None:
    async with on_session(engine) as session:
        watcher = Watcher(session)
        await watcher.next()
        engine.error = error
        session.set({"truncation": 0.1})
        said = await next_error(session)
        engine.error = None
        session.set({"truncation": 0.2})
        assert (await watcher.next()).frame.values["truncation"] == 0.2
    assert said == (
        "The live output could not be made; the server's log says why."
        if isinstance(error, OSError)
        else str(error)
    )


async def test_the_same_trouble_is_told_once(engine: FakeEngine) -> None:
    async with on_session(engine) as session:
        events = reported(session)
        Watcher(session)
        engine.error = ModelFailed("It broke.")
        for number in range(1, 6):
            session.set({"truncation": number / 10})
            await engine.call_number(number)
        await asyncio.sleep(0)
        assert [event for event in events if isinstance(event, QueryFailed)] == [
            QueryFailed("fake", "It broke.")
        ]


async def test_a_model_that_died_is_rendered_again_as_soon_as_it_is_back(
    engine: FakeEngine,
) -> None:
    async with on_session(engine) as session:
        watcher = Watcher(session)
        await watcher.next()
        engine.error = Unavailable("'fake' died while it worked and is starting again.")
        session.set({"truncation": 0.3})
        await next_error(session)
        engine.error = None
        engine.turn("starting")
        engine.turn("running")
        assert (await watcher.next()).frame.values["truncation"] == 0.3


async def test_a_change_while_it_starts_waits_for_it_to_run(engine: FakeEngine) -> None:
    async with on_session(engine) as session:
        watcher = Watcher(session)
        await watcher.next()
        engine.turn("starting")
        session.set({"truncation": 0.3})
        await asyncio.sleep(0)
        assert len(engine.calls) == 1
        engine.turn("running")
        assert (await watcher.next()).frame.values["truncation"] == 0.3


async def test_a_change_wakes_a_model_that_sleeps(engine: FakeEngine) -> None:
    async with on_session(engine) as session:
        watcher = Watcher(session)
        await watcher.next()
        engine.turn("asleep")
        session.set({"truncation": 0.3})
        assert (await watcher.next()).frame.values["truncation"] == 0.3


async def test_states_are_told_and_those_of_other_models_are_not(engine: FakeEngine) -> None:
    async with on_session(engine, start=False) as session:
        assert (session.state, session.message) == ("asleep", "fake is not started.")
        events = reported(session)
        engine.events.emit(StateChanged("another", "running"))
        await session.start()
        assert [event.state for event in events if isinstance(event, StateChanged)] == [
            "starting",
            "running",
        ]
        assert (session.state, session.message) == ("running", "fake is running.")
        await session.stop()
        assert session.state == "asleep"


async def test_stopping_a_model_that_never_ran_is_no_trouble(engine: FakeEngine) -> None:
    async with on_session(engine, start=False) as session:
        await session.stop()
        assert session.state == "asleep"


async def test_it_joins_a_model_that_runs_already(engine: FakeEngine) -> None:
    engine.turn("running")
    async with on_session(engine, start=False) as session:
        assert (await Watcher(session).next()).frame.index == 1


async def test_values_survive_a_restart_unless_the_model_takes_them_no_more(
    engine: FakeEngine,
) -> None:
    async with on_session(engine) as session:
        session.set({"truncation": 0.3, "z": z_of_seed(5)})
        engine.turn("running")
        assert session.controls.values().keys() == {"z", "truncation"}
        engine.command = WITHOUT_Z
        engine.turn("running")
        assert session.controls.values() == {}


async def test_the_stage_ends_deaf_to_the_engine(engine: FakeEngine) -> None:
    async with on_session(engine) as session:
        events = reported(session)
        await Watcher(session).next()
    events.clear()
    engine.turn("asleep")
    assert events == []


@pytest.mark.parametrize(
    ("values", "message", "name"),
    [
        ({"z": [1.0] * 511}, "'z' takes 512 numbers, got 511.", "z"),
        ({"z": [float("nan")] * 512}, "'z' takes finite numbers only.", "z"),
        ({"truncation": "much"}, "'truncation' takes a number, got text.", "truncation"),
        ({"trunk": 1}, "No input named 'trunk'. There are: seed, size, truncation, w, z.", "trunk"),
        ({"seed": -1}, "'seed' takes 0 to 4294967295, got -1.", "seed"),
    ],
)
async def test_a_wrong_value_is_refused_by_name_and_changes_nothing(
    engine: FakeEngine, values: dict[str, object], message: str, name: str
) -> None:
    async with on_session(engine) as session:
        before = session.controls.version
        with pytest.raises(InvalidArgument) as caught:
            session.set({"truncation": 0.1, **values})
        assert (str(caught.value), caught.value.name) == (message, name)
        assert session.controls.version == before


async def test_before_the_first_set_up_nothing_can_be_set(engine: FakeEngine) -> None:
    async with on_session(engine, start=False) as session:
        with pytest.raises(Unavailable, match="has not been started yet"):
            session.set({"truncation": 0.1})


async def test_a_seed_is_set_as_its_z(engine: FakeEngine) -> None:
    async with on_session(engine) as session:
        session.set({"seed": 5})
        np.testing.assert_array_equal(session.controls.values()["z"], z_of_seed(5))
        assert "seed" not in session.controls.values()
        assert session.controls.entries["z"].origin == {"seed": 5}
        z = session.go_to_seed(6, "page", Mark(1, 0.0))
        np.testing.assert_array_equal(z, z_of_seed(6))
        assert session.controls.entries["z"].origin == {"seed": 6}


async def test_a_place_of_the_map_is_set_as_its_z(engine: FakeEngine) -> None:
    async with on_session(engine) as session:
        z = session.go_to_place(7, 1.25, -3.5, "page", Mark(1, 0.0))
        np.testing.assert_array_equal(z, Field(7).z([(1.25, -3.5)])[0])
        np.testing.assert_array_equal(session.controls.values()["z"], z)
        assert session.controls.entries["z"].origin == {"field_seed": 7, "x": 1.25, "y": -3.5}


@pytest.mark.parametrize(
    ("place", "name"), [((-1, 0, 0), "field_seed"), ((2**32, 0, 0), "field_seed")]
)
async def test_a_place_that_is_none_is_refused(
    engine: FakeEngine, place: tuple[int, float, float], name: str
) -> None:
    async with on_session(engine) as session:
        with pytest.raises(InvalidArgument) as caught:
            session.go_to_place(*place, "page", Mark(1, 0.0))
        assert caught.value.name == name


async def test_a_vector_is_set_in_either_space(engine: FakeEngine) -> None:
    async with on_session(engine) as session:
        mark = Mark(1, 0.0)
        session.set_vector("w", np.ones(4 * 512, np.float32), "page", mark)
        assert session.controls.values()["w"].shape == (4, 512)
        assert "z" not in session.controls.values()
        session.set_vector("z", np.ones(512, np.float32), "page", mark)
        assert session.controls.values().keys() == {"z"}
        with pytest.raises(InvalidArgument, match="'w' takes 512 or 4x512 numbers, got 3x512"):
            session.set_vector("w", np.ones(3 * 512, np.float32), "page", mark)


async def test_a_model_without_z_has_no_seeds_no_map_and_no_such_vector(
    engine: FakeEngine,
) -> None:
    engine.command = WITHOUT_Z
    async with on_session(engine) as session:
        mark = Mark(1, 0.0)
        assert session.controls.values() == {}
        with pytest.raises(InvalidArgument, match="'generate' has no z"):
            session.go_to_seed(1, "page", mark)
        with pytest.raises(InvalidArgument, match="'generate' has no z"):
            session.go_to_place(1, 0, 0, "page", mark)
        with pytest.raises(InvalidArgument, match="'fake' takes no 'z'"):
            session.set_vector("z", np.ones(512, np.float32), "page", mark)


HEAVY = {**GENERATE.inputs, "photo": Image()}


@pytest.mark.parametrize(
    "command",
    [
        WITHOUT_Z,
        msgspec.structs.replace(GENERATE, outputs={"said": Text()}),
        msgspec.structs.replace(GENERATE, inputs=HEAVY),
    ],
    ids=["no z", "no picture", "a photo comes first"],
)
async def test_what_is_no_instrument_shows_nothing_unasked_but_its_answers_are_reported(
    engine: FakeEngine, command: Command
) -> None:
    engine.command = command
    async with on_session(engine) as session:
        Watcher(session)
        session.readers.ask()
        events = reported(session)
        answer, error = OutputReady("fake", {"said": "hello"}), QueryFailed("fake", "no")
        for event in (OutputReady("other", {}), error, answer):
            engine.events.emit(event)
        await settle()
        assert not session.is_live
        assert events == [error, answer]
        assert engine.calls == []
        assert session.controls.values() == {}


PHOTO = msgspec.structs.replace(
    GENERATE,
    inputs={"photo": Image(), "truncation": GENERATE.inputs["truncation"], "w": Vector(length=2)},
    needs_one_of=(),
)


def answered(
    pixels: Any, command: str = "generate", asked_at: float | None = None, **wire: Any
) -> OutputReady:
    """A query's answer as the engine reports it."""
    answer = Answer(
        command=command,
        wire=wire,
        inputs=wire,
        outputs={"image": pixels},
        render_ms=5.0,
        asked_at=asked_at,
    )
    return OutputReady("fake", {"image": "data:"}, answer)


async def test_an_answer_is_a_frame_and_gives_its_values_without_a_second_rendering(
    engine: FakeEngine,
) -> None:
    async with on_session(engine) as session:
        watcher = Watcher(session)
        await watcher.next()
        session.set({"truncation": 0.5}, "page", Mark(1, 0.0))
        await watcher.next()
        pixels = gradient(z_of_seed(9), 32)
        engine.events.emit(answered(pixels, seed=9))
        frame = (await watcher.next()).frame
        assert frame.pixels is pixels
        assert (frame.marks, frame.render_ms) == ({"page": Mark(1, 0.0)}, 5.0)
        np.testing.assert_array_equal(session.controls.values()["z"], z_of_seed(9))
        assert session.controls.entries["z"].origin == {"seed": 9}
        assert "truncation" not in session.controls.values()
        await settle()
        assert len(engine.calls) == 2


async def test_what_hands_moved_since_it_was_asked_is_newer_than_an_answer(
    engine: FakeEngine,
) -> None:
    pixels = gradient(z_of_seed(9), 32)
    async with on_session(engine, clock=(clock := Clock())) as session:
        watcher = Watcher(session)
        await watcher.next()
        asked_at = clock.now
        clock.now += 1
        session.set({"truncation": 0.5}, 7, mark := Mark(1, 0.0))
        await watcher.next()
        engine.events.emit(answered(pixels, asked_at=asked_at, seed=9))
        frame = (await watcher.next()).frame
        # The picture of both, which is the page's change still.
        assert frame.pixels is not pixels
        assert (frame.values["truncation"], frame.marks) == (0.5, {7: mark})
        np.testing.assert_array_equal(frame.values["z"], z_of_seed(9))
        session.go_to_seed(4, 7, Mark(2, 0.0))
        await watcher.next()
        version = session.controls.version
        engine.events.emit(answered(pixels, asked_at=asked_at, seed=9, truncation=0.5))
        assert session.controls.version == version
        # Asked after it, it is the newest.
        engine.events.emit(answered(pixels, asked_at=clock.now + 1, seed=9))
        assert (await watcher.next()).frame.pixels is pixels


async def test_an_answer_is_not_overtaken_by_what_was_rendered_meanwhile(
    engine: FakeEngine,
) -> None:
    async with on_session(engine) as session:
        watcher = Watcher(session)
        await watcher.next()
        engine.gate.clear()
        session.set({"truncation": 0.5}, "page", Mark(1, 0.0))
        await engine.call_number(2)
        pixels = gradient(z_of_seed(9), 32)
        engine.events.emit(answered(pixels, seed=9))
        engine.gate.set()
        await settle()
        assert session.broadcast.newest is not None
        assert session.broadcast.newest.frame.pixels is pixels


async def test_who_asks_for_what_is_played_leaves_it_where_it_comes_from(
    engine: FakeEngine,
) -> None:
    async with on_session(engine) as session:
        await Watcher(session).next()
        session.go_to_seed(7, "page", Mark(1, 0.0))
        before = session.controls.version
        pixels = gradient(z_of_seed(7), 32)
        engine.events.emit(answered(pixels, z=z_of_seed(7)))
        assert session.controls.entries["z"].origin == {"seed": 7}
        assert session.controls.version == before


async def test_what_a_model_of_photos_was_asked_last_is_kept_for_its_other_controls(
    engine: FakeEngine,
) -> None:
    engine.command = PHOTO
    photo = np.zeros((8, 8, 3), np.uint8)
    async with on_session(engine) as session:
        watcher = Watcher(session)
        engine.events.emit(answered(photo, photo=photo, w=np.zeros(2, np.float32)))
        await watcher.next()
        assert engine.calls == []
        session.set({"truncation": 0.25}, "osc")
        frame = (await watcher.next()).frame
    ((inputs, _),) = engine.calls
    assert inputs["photo"] is photo
    assert frame.values["truncation"] == 0.25
    assert [list(outputs) for outputs in engine.published] == [["image"]]


async def test_the_answer_of_another_command_is_a_frame_and_moves_no_control(
    engine: FakeEngine,
) -> None:
    async with on_session(engine) as session:
        watcher = Watcher(session)
        await watcher.next()
        commands = engine.running["fake"].commands
        commands["upside_down"] = msgspec.structs.replace(GENERATE, name="upside_down")
        version = session.controls.version
        engine.events.emit(answered(gradient(z_of_seed(3), 16), "upside_down", seed=3))
        assert (await watcher.next()).frame.pixels.shape == (16, 16, 3)
        assert session.controls.version == version


async def test_a_control_that_is_moved_is_rendered_for_who_only_reads(engine: FakeEngine) -> None:
    async with on_session(engine, clock=(clock := Clock())) as session:
        session.readers.ask()
        await settle()
        assert engine.calls == []  # nobody has moved anything yet
        session.set({"truncation": 0.1}, "osc")
        await engine.call_number(1)
        await settle()
        assert len(engine.published) == 1
        clock.now += ASKED_SECONDS + 1
        session.set({"truncation": 0.2}, "osc")
        await settle()
        assert len(engine.calls) == 1
        session.readers.ask()
        assert (await engine.call_number(2))["truncation"] == 0.2


async def test_a_group_of_readers_counts_while_one_of_them_is_there(engine: FakeEngine) -> None:
    clients: list[str] = []
    async with on_session(engine) as session:
        leave = session.readers.add(lambda: bool(clients))
        session.set({"truncation": 0.1}, "osc")
        await settle()
        assert engine.calls == []
        clients.append("one")
        session.readers.come()
        await engine.call_number(1)
        leave()
        assert not session.wanted


async def test_a_wrong_control_of_a_form_is_its_current_error(engine: FakeEngine) -> None:
    engine.command = PHOTO
    async with on_session(engine) as session:
        session.readers.ask()
        session.set({"truncation": 0.25}, "osc")
        assert await next_error(session) == "'photo' is missing."
