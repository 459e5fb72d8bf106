"""Scenes: one file, the same from the same presets, and safe to read whoever packed it."""

import asyncio
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_fakes import FakeEngine, on_session
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import encode_jpeg
from taxiway.live.movement.file import ModulatorText, MovementFile, restore, to_text
from taxiway.live.movement.tracks import Track
from taxiway.live.presets import scene as scenes
from taxiway.live.presets.scene import MOST_TEXT_BYTES, packed, put, taken, unpacked
from taxiway.live.presets.state import PICTURE, State
from taxiway.live.presets.state_folder import small

NAME = "0123456789abcdef.jpg"
JPEG = small(np.zeros((300, 200, 3), np.uint8))
PRESETS = {3: State(values={"z": [0.5, 1.0]}, origin={"seed": 4}, name="dusk", picture=NAME)}
SCENE = packed(PRESETS, {NAME: JPEG}, "rainbow")


def zipped(files: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return buffer.getvalue()


def text() -> bytes:
    with zipfile.ZipFile(io.BytesIO(SCENE)) as file:
        return file.read("scene.json")


def test_a_scene_comes_back_and_is_the_same_file_each_time() -> None:
    found = unpacked(SCENE)
    assert found.presets == PRESETS
    assert list(found.pictures) == [NAME]
    assert packed(found.presets, found.pictures, "rainbow").startswith(b"PK")
    assert packed(PRESETS, {NAME: JPEG}, "rainbow") == SCENE
    assert unpacked(text()) == scenes.Scene(presets=PRESETS, pictures={})


@given(
    st.binary(max_size=200)
    | st.tuples(st.integers(0, len(SCENE) - 1), st.integers(0, 255)).map(
        lambda spot: SCENE[: spot[0]] + bytes([spot[1]]) + SCENE[spot[0] + 1 :]
    )
    | st.integers(0, len(SCENE)).map(lambda end: SCENE[:end])
    | st.binary(max_size=200).map(lambda data: zipped({"scene.json": data}))
    | st.binary(max_size=200).map(lambda data: text()[:-3] + data)
)
def test_what_is_no_scene_is_one_sentence(data: bytes) -> None:
    try:
        found = unpacked(data)
    except InvalidArgument as error:
        assert str(error).endswith(".")
        return
    assert set(found.presets) <= set(range(1, 9))
    assert all(PICTURE.fullmatch(name) for name in found.pictures)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"other.json": b"{}"}, "it has no scene.json"),
        ({"scene.json": b'{"taxiway":"scene","version":9}'}, "version 9"),
        ({"scene.json": b'{"taxiway":"scene","version":1,"presets":{"9":{}}}'}, "1 to 8, got '9'"),
        ({"scene.json": b" " * (MOST_TEXT_BYTES + 1)}, "is larger than"),
        ({"scene.json": b'{"x":' + b"[" * 100_000}, "nested too deeply"),
        ({"scene.json": text(), f"pictures/{NAME}": b"\xff\xd8no"}, "a picture in it"),
        ({"scene.json": text(), f"pictures/{NAME}": bytes(10**6)}, "is larger than"),
        (
            {
                "scene.json": text(),
                f"pictures/{NAME}": encode_jpeg(np.zeros((1100, 1000, 3), np.uint8), 5),
            },
            "a picture in it",
        ),
        ({str(number): b"" for number in range(1001)}, "more than 1000 files"),
    ],
    ids=[str(number) for number in range(9)],
)
def test_a_strangers_scene_is_refused_with_the_reason(files: dict[str, bytes], words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        unpacked(zipped(files))


def test_other_files_in_it_are_left_alone() -> None:
    files = {"scene.json": text(), "../../evil.sh": b"x", "pictures/../a.jpg": JPEG}
    assert unpacked(zipped(files)) == scenes.Scene(presets=PRESETS, pictures={})


@given(
    st.binary(max_size=100)
    | st.dictionaries(
        st.sampled_from(["taxiway", "version", "bpm", "changes", "modulators"]),
        st.sampled_from(["movement", 1, 1e9, {}, {"1": {"kind": "lfo", "targets": {"z/9": 3}}}]),
    ).map(lambda found: json.dumps({"taxiway": "movement", "version": 1, **found}).encode())
)
def test_what_is_no_movement_is_one_sentence(data: bytes) -> None:
    try:
        unpacked(zipped({"scene.json": text(), "movement.json": data, "timeline.json": data}))
    except InvalidArgument as error:
        assert str(error).endswith(".")


async def test_what_moves_comes_back_switched_off(tmp_path: Path) -> None:
    async with on_session(FakeEngine(), folder=tmp_path) as session:
        session.movement.tempo.set(98)
        session.movement.put(2, "noise", {"seconds": 3}, True)
        session.movement.route(2, "truncation", 0.5)
        text = to_text(session.movement)
        session.kept._keep_movement()
        while not (tmp_path / "movement.json").exists():
            await asyncio.sleep(0.005)
    async with on_session(FakeEngine(), folder=tmp_path) as session:
        while not session.movement.modulators:
            await asyncio.sleep(0.005)
        assert to_text(session.movement) == text
        assert not session.movement.goes_on
        strange = {"truncation": 9.0, "z/999999": 0.1, "nothing": 0.2}
        found = MovementFile(modulators={"1": ModulatorText("lfo", {}, strange)})
        restore(session.movement, found)
        assert list(session.movement.modulators) == [1]
        session.movement.put(1, None, {}, True)
        await asyncio.sleep(0.05)
        assert session.controls.overlay == {}
    scene = packed(PRESETS, {}, "rainbow", {scenes.MOVEMENT: text})
    assert unpacked(scene).movement.bpm == 98  # type: ignore[union-attr]
    assert unpacked(SCENE).movement is None


async def test_an_import_replaces_presets_with_pictures_of_new_names(tmp_path: Path) -> None:
    async with on_session(FakeEngine(), folder=tmp_path) as session:
        kept = session.kept
        kept.store(1)
        with pytest.raises(InvalidArgument, match="Preset 3 of this scene: 'z' takes 512 numbers"):
            put(session, unpacked(SCENE))
        assert list(kept.presets) == [1]
        fits = {5: State(values={"truncation": 0.2}, picture=NAME)}
        kept.put_all(fits, {NAME: JPEG})
        assert list(kept.presets) == [5]
        picture = kept.presets[5].picture
        assert picture != NAME
        assert await kept.picture(picture) == JPEG


async def test_a_timeline_goes_with_its_scene_and_comes_back_at_rest(tmp_path: Path) -> None:
    async with on_session(FakeEngine(), folder=tmp_path) as session:
        timeline = session.timeline
        timeline.add(2.0, "even")
        session.set({"truncation": 0.2})
        timeline.add(3.0, "smooth")
        timeline.tracks = {"truncation": Track([(0.0, 0.5), (1.5, 1.0)])}
        timeline.loop(True)
        file = await taken(session)
        with zipfile.ZipFile(io.BytesIO(file)) as opened:
            assert opened.namelist()[:2] == ["scene.json", "timeline.json"]
            assert len(opened.namelist()) == 2 + 2
        # Elsewhere, where another timeline plays.
        timeline.remove(0)
        timeline.erase("")
        timeline.add(1.0, "smooth")
        timeline.add(1.0, "smooth")
        timeline.play()
        put(session, unpacked(file))
        assert not timeline.goes_on
        assert [(key.seconds, key.curve) for key in timeline.keys] == [
            (2.0, "even"),
            (3.0, "smooth"),
        ]
        assert timeline.keys[1].state.values["truncation"] == 0.2
        assert timeline.loops
        assert timeline.values(1.5)["truncation"] == 1.0
        for key in timeline.keys:
            assert (await session.kept.picture(key.state.picture)).startswith(b"\xff\xd8")
        # One without a timeline leaves this one alone; one that does not fit changes nothing.
        put(session, unpacked(packed({}, {}, "rainbow")))
        assert len(timeline.keys) == 2
        for wrong in (
            {"keys": [{"state": {"values": {"z": [1.0, 2.0]}}}]},
            {"tracks": {"truncation": [[0.0, "x"]]}},
        ):
            data = json.dumps({"taxiway": "timeline", "version": 1, **wrong}).encode()
            with pytest.raises(InvalidArgument, match="'z' takes 512|'truncation' takes"):
                put(session, unpacked(packed(PRESETS, {}, "rainbow", {scenes.TIMELINE: data})))
            assert session.kept.presets == {}
