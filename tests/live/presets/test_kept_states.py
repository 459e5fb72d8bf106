"""Presets and history: kept, bounded, back after a restart, and nobody else's files touched."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from session_fakes import FakeEngine, Watcher, on_session
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.events import QueryFailed
from taxiway.live.messages import actions
from taxiway.live.messages.moves import Message
from taxiway.live.movement.timeline import Key
from taxiway.live.movement.timeline_file import to_text
from taxiway.live.presets import state_folder
from taxiway.live.presets.state import State
from taxiway.live.presets.state_folder import MOST_HISTORY, StateFolder, folder_name, new_picture
from taxiway.live.session import LiveSession


async def until(found: Any) -> None:
    """Wait until `found()` holds."""
    while not found():
        await asyncio.sleep(0.005)


def quick(session: LiveSession) -> Watcher:
    """A page that watches a session whose pictures settle at once."""
    session.kept._settled_seconds = 0.0
    return Watcher(session)


async def test_presets_and_history_are_back_after_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "live"
    async with on_session(FakeEngine(), folder=folder, rest_seconds=0.01) as session:
        quick(session)
        session.set({"seed": 7, "truncation": 0.25})
        await until(lambda: session.kept.history)
        actions.perform(session, "preset/store", {"number": 3, "name": "dusk\n "})
        await until((folder / "presets.json").exists)
        pictures = {session.kept.presets[3].picture, session.kept.history[-1].picture}
        await until(lambda: {each.name for each in folder.rglob("*.jpg")} == pictures)
    lines = (folder / "presets.json").read_text("utf-8").splitlines()
    assert [line[:4] for line in lines] == ['{"ta', '"3":', "}}"]
    async with on_session(FakeEngine(), folder=folder) as session:
        await until(lambda: session.kept.history)
        kept = session.kept
        assert kept.presets[3].name == "dusk"
        assert (await kept.picture(kept.presets[3].picture))[:2] == b"\xff\xd8"
        for action, inputs in (
            ("preset", {"number": 3}),
            ("history", {"picture": kept.history[-1].picture}),
        ):
            session.set({"seed": 1, "truncation": None, "size": 64})
            actions.perform(session, action, inputs)
            values = session.controls.values()
            assert values["truncation"] == 0.25
            assert "size" not in values
            assert session.controls.entries["z"].origin == {"seed": 7}


async def test_what_was_done_last_before_the_end_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "live"
    async with on_session(FakeEngine(), folder=folder) as session:
        actions.perform(session, "modulator", {"number": 1, "kind": "noise"})
        await until((folder / "movement.json").exists)
        actions.perform(session, "modulator/clear", {"number": 1})
        actions.perform(session, "modulator", {"number": 2, "kind": "lfo"})
        actions.perform(session, "preset/store", {"number": 3, "name": "last"})
    async with on_session(FakeEngine(), folder=folder) as session:
        await until(lambda: session.kept.presets)
        assert [*session.movement.modulators] == [2]
        assert session.kept.presets[3].name == "last"


async def test_no_picture_is_asked_for_that_was_not_drawn_before_the_end(tmp_path: Path) -> None:
    folder, named = StateFolder(tmp_path / "live"), [new_picture() for _ in range(3)]
    states = [State(values={"seed": seed}, picture=name) for seed, name in enumerate(named)]
    for count in (1, 2):
        folder.write_history(states[:count])
    folder.write_presets({1: states[0], 2: states[2]}, "fake")
    folder.write_timeline(to_text([Key(state=states[0]), Key(state=states[2])], {}, False))
    folder.write_picture(named[0], b"JPEG")
    async with on_session(FakeEngine(), folder=tmp_path / "live") as session:
        await until(lambda: session.kept.history)
        assert [state.picture for state in session.kept.history] == [named[0]]
        pictures = {number: state.picture for number, state in session.kept.presets.items()}
        assert pictures == {1: named[0], 2: ""}
        assert [key.state.picture for key in session.timeline.keys] == [named[0], ""]


async def test_the_same_picture_is_kept_once_and_one_in_motion_never(tmp_path: Path) -> None:
    async with on_session(FakeEngine(), rest_seconds=0.01) as session:
        watcher = quick(session)
        session.set({"seed": 7})
        await until(lambda: session.kept.history)
        session.set({"seed": 7})
        session.broadcast.publish((await watcher.next()).frame)
        session.kept.settle(session.broadcast.newest.frame)  # type: ignore[union-attr]
        session.kept.settle((await watcher.next()).frame)
        await asyncio.sleep(0.02)
        assert [state.origin for state in session.kept.history] == [{"seed": 7}]


async def test_a_picture_that_is_not_seen_yet_is_drawn_for_its_preset() -> None:
    engine = FakeEngine()
    async with on_session(engine) as session:
        watcher = quick(session)
        await watcher.next()
        for seed in (1, 2, 3):
            session.set({"seed": seed})
            session.kept.store(seed)
        pictures = [await session.kept.picture(session.kept.presets[n].picture) for n in (1, 2, 3)]
        assert len(set(pictures)) == 3


async def test_a_preset_is_called_by_its_name() -> None:
    async with on_session(FakeEngine()) as session:
        with pytest.raises(NotFound, match="No preset is called 'Dusk'. None has a name yet"):
            actions.perform(session, "preset", {"number": "Dusk"})
        session.set({"truncation": 0.25})
        actions.perform(session, "preset/store", {"number": 3})
        actions.perform(session, "preset/name", {"number": 3, "name": " Dusk\n"})
        session.set({"truncation": 0.75})
        actions.perform(session, "preset/store", {"number": 3})
        session.set({"truncation": 0.5})
        refused = session.addresses.perform([Message("/preset", ["dusk", 0.0])], "OSC")
        assert refused == []
        assert session.controls.values()["truncation"] == 0.75
        actions.perform(session, "preset/clear", {"number": "3"})
        with pytest.raises(NotFound, match="Preset 3 is empty"):
            actions.perform(session, "preset/name", {"number": 3, "name": "x"})


async def test_a_preset_that_is_empty_or_none_is_said() -> None:
    async with on_session(FakeEngine()) as session:
        with pytest.raises(NotFound, match="Preset 4 is empty"):
            actions.perform(session, "preset", {"number": 4})
        for number in (0, 9, 1.5, "9"):
            with pytest.raises(InvalidArgument, match="'number'"):
                actions.perform(session, "preset", {"number": number})
        with pytest.raises(NotFound, match="no such picture"):
            actions.perform(session, "history", {"picture": "../../presets.json"})
        with pytest.raises(NotFound, match="There is no such picture"):
            await session.kept.picture("../presets.json")


async def test_a_preset_of_a_model_of_another_shape_is_said() -> None:
    async with on_session(FakeEngine()) as session:
        session.kept.presets[1] = State(values={"z": [1.0, 2.0]})
        with pytest.raises(InvalidArgument, match="'z' takes 512 numbers, got 2"):
            actions.perform(session, "preset", {"number": 1})


async def test_a_disk_that_is_full_is_said_and_hurts_nothing(tmp_path: Path) -> None:
    engine = FakeEngine()
    said: list[str] = []
    engine.events.listen(
        lambda event: said.append(event.error) if isinstance(event, QueryFailed) else None
    )
    (tmp_path / "file").touch()
    async with on_session(engine, folder=tmp_path / "file" / "live") as session:
        actions.perform(session, "preset/store", {"number": 1})
        await until(lambda: said)
        assert "cannot be kept" in said[0]
        actions.perform(session, "preset", {"number": 1})


async def test_what_a_full_disk_kept_from_being_written_is_written_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    async with on_session(FakeEngine(), folder=tmp_path) as session:
        with monkeypatch.context() as full:
            full.setattr(state_folder, "write_whole", refuse)
            session.set({"truncation": 0.5})
            actions.perform(session, "preset/store", {"number": 1})
            actions.perform(session, "timeline/add", {})
            await until(lambda: session._error and len(session.kept._pictures) == 2)
            await until(session.kept._work.empty)
            assert not (tmp_path / "presets.json").exists()
        actions.perform(session, "preset/store", {"number": 2})
        await until((tmp_path / "timeline.json").exists)
        await until(lambda: list(StateFolder(tmp_path).presets()) == [1, 2])
        pictures = [session.kept.presets[1].picture, session.timeline.keys[0].state.picture]
        await until(lambda: all(map(StateFolder(tmp_path).has_picture, pictures)))


async def test_a_disk_that_may_only_be_read_gives_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = StateFolder(tmp_path)
    folder.write_presets({2: State(values={"truncation": 0.5})}, "fake")
    folder.write_picture(new_picture(), b"an orphan")

    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(30, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    async with on_session(FakeEngine(), folder=tmp_path) as session:
        await until(lambda: session.kept.presets)
        actions.perform(session, "preset", {"number": 2})


def test_the_history_is_bounded_and_a_strangers_files_stay(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "live")
    history: list[State] = []
    for number in range(2 * MOST_HISTORY + 5):
        history.append(State(values={"seed": number}, picture=new_picture()))
        folder.write_history(history)
    history = history[-MOST_HISTORY:]
    assert StateFolder(tmp_path / "live").history() == history
    assert len((tmp_path / "live" / "history.jsonl").read_bytes().splitlines()) < 2 * MOST_HISTORY
    pictures = tmp_path / "live" / "pictures"
    folder.write_picture(history[0].picture, b"1")
    folder.write_picture(orphan := new_picture(), b"2")
    folder.write_picture(young := new_picture(), b"another server's")
    for name in (history[0].picture, orphan):
        os.utime(pictures / name, (0, 0))
    (pictures / "mine.jpg").write_bytes(b"3")
    folder.sweep(state.picture for state in history)
    assert {path.name for path in pictures.iterdir()} == {history[0].picture, young, "mine.jpg"}
    assert folder.picture(orphan) is None
    assert folder.picture("mine.jpg") is None


def test_a_line_that_was_cut_or_spoilt_costs_that_line_only(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    folder.write_history([State(values={"seed": 1})])
    with (tmp_path / "history.jsonl").open("ab") as file:
        file.write(b'{"values":[]}\n\xff\n{"values":{"seed":2}}\n{"val')
    assert [state.values for state in folder.history()] == [{"seed": 1}, {"seed": 2}]
    folder.write_history([State(values={"seed": 2}), State(values={"seed": 3})])
    found = [state.values for state in StateFolder(tmp_path).history()]
    assert found == [{"seed": 2}, {"seed": 3}]


async def test_a_file_that_cannot_be_read_is_set_aside_with_its_pictures(tmp_path: Path) -> None:
    folder, mine = StateFolder(tmp_path), new_picture()
    folder.write_picture(mine, b"JPEG")
    os.utime(tmp_path / "pictures" / mine, (0, 0))
    conflict = b"<<<<<<< HEAD\n"
    for name in ("presets.json", "presets-unread.json", "timeline.json"):
        (tmp_path / name).write_bytes(conflict)
    async with on_session(FakeEngine(), folder=tmp_path) as session:
        await until(lambda: session.kept.said)
        assert "presets-unread-2.json" in session.kept.said
        assert "timeline-unread.json" in session.kept.said
        actions.perform(session, "preset/store", {"number": 1})
        await until((tmp_path / "presets.json").exists)
    assert (tmp_path / "presets-unread-2.json").read_bytes() == conflict
    async with on_session(FakeEngine(), folder=tmp_path) as session:
        await until(lambda: session.kept.presets)
        assert not session.kept.said
    assert folder.picture(mine) == b"JPEG"


async def test_what_cannot_be_set_aside_is_said_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "presets.json").mkdir()
    for _ in range(2):
        async with on_session(FakeEngine(), folder=tmp_path) as session:
            await until(lambda: session.kept.said)
            assert "It lies in presets.json." in session.kept.said
    assert [path.name for path in tmp_path.iterdir()] == ["presets.json"]


def test_every_file_has_a_folder_of_its_own() -> None:
    named = [("a/b", None), ("a_b", None), ("a_b", "/x.pkl"), ("a_b", "/y.pkl"), ("../..", None)]
    folders = [folder_name(*each) for each in named]
    assert len(set(folders)) == len(folders)
    assert not any(set(folder) & set("/\\.") for folder in folders)


async def test_clearing_a_preset_removes_its_picture_unless_the_history_has_it(
    tmp_path: Path,
) -> None:
    async with on_session(FakeEngine(), folder=tmp_path) as session:
        watcher = quick(session)
        await watcher.next()
        actions.perform(session, "preset/store", {"number": 1})
        picture = tmp_path / "pictures" / session.kept.presets[1].picture
        await until(picture.exists)
        actions.perform(session, "preset/clear", {"number": 1})
        await until(lambda: not picture.exists())
        read = (tmp_path / "presets.json").read_text
        await until(lambda: json.loads(read("utf-8"))["presets"] == {})
        assert np.array_equal(session.controls.values()["z"].shape, (512,))
