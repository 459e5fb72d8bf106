"""What is played, kept as a file and played again: the same, change for change."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from session_fakes import FakeEngine, on_session
from taxiway.core.errors import InvalidArgument, Unavailable
from taxiway.core.frame import Frame
from taxiway.core.session_file import changes, read_head
from taxiway.latent.sample import z_of_seed
from taxiway.live.inputs import Inputs
from taxiway.live.outputs import Outputs
from taxiway.sinks import session as module
from taxiway.sinks.session import Session

FRAME = Frame(pixels=np.zeros((4, 4, 3), np.uint8), index=1, time=0.0)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def made(path: Path) -> tuple[Session, Clock]:
    sink, clock = Session({"path": str(path), "fps": 30}), Clock()
    sink.clock = clock
    return sink, clock


def test_a_full_disk_says_where_what_was_written_is(tmp_path: Path) -> None:
    sink, _ = made(tmp_path / "take.jsonl")
    sink.open(4, 4, 30)
    assert sink._growing is not None
    (hidden,) = tmp_path.iterdir()
    sink._growing.file.close()
    sink._growing.file = open("/dev/full", "wb", buffering=0)  # noqa: SIM115
    sink.change({"truncation": 0.5}, 101.0)
    with pytest.raises(Unavailable, match=f"No space left.*{hidden.name}"):
        sink.send(FRAME)
    sink.close()
    assert read_head(hidden).command == ""


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.005)


def test_every_change_is_a_line_with_its_time(tmp_path: Path) -> None:
    sink, clock = made(tmp_path / "take.jsonl")
    sink.play("generate")
    sink.change({"truncation": 0.5, "label": None}, 90.0)
    sink.change({"truncation": 0.6}, 95.0)
    sink.open(4, 4, 30)
    sink.send(FRAME)
    for place in range(3):
        sink.change({"truncation": place / 10}, 101.0 + place / 100)
    sink.send(FRAME)
    sink.change({"z": np.array([0.5, 3], np.float32)}, 103.0)
    clock.now = 104.5
    sink.close()
    assert read_head(tmp_path / "take.jsonl").command == "generate"
    found = [(change.t, change.set) for change in changes(tmp_path / "take.jsonl")]
    assert found == [
        (0, {"truncation": 0.6, "label": None}),
        (1, {"truncation": 0.0}),
        (1.01, {"truncation": 0.1}),
        (1.02, {"truncation": 0.2}),
        (3, {"z": [0.5, 3]}),
        (4.5, {}),
    ]
    assert sink.address == str(tmp_path / "take.jsonl")


def test_another_take_begins_with_all_that_is_set_and_replaces_none(tmp_path: Path) -> None:
    sink, clock = made(tmp_path / "take.jsonl")
    sink.change({"truncation": 0.5}, 90.0)
    for _ in range(2):
        sink.open(4, 4, 30)
        sink.send(FRAME)
        sink.change({"label": 3}, clock.now)
        sink.close()
    assert sorted(os.listdir(tmp_path)) == ["take-2.jsonl", "take.jsonl"]
    first = next(changes(tmp_path / "take-2.jsonl"))
    assert first.set == {"truncation": 0.5, "label": 3}


def test_a_disk_that_cannot_keep_up_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 10)
    sink, _ = made(tmp_path / "take.jsonl")
    sink.open(4, 4, 30)
    for place in range(20):
        sink.change({"truncation": place}, 100.0)
    with pytest.raises(Unavailable, match=r"More is changed than this disk can write\."):
        sink.send(FRAME)
    sink.close()


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=r"'path' takes a file whose name ends in \.jsonl"):
        made(tmp_path / "take.json")[0].open(4, 4, 30)


async def test_a_session_is_played_again_exactly(tmp_path: Path) -> None:
    path = tmp_path / "take.jsonl"
    hand: list[tuple[dict[str, Any], float]] = []
    async with on_session(FakeEngine()) as session:
        outputs = Outputs(session)
        session.set({"truncation": 0.3})
        await outputs.start("session", {"path": str(path)})
        await until(lambda: outputs._feeds["session"].output.sent)
        for seed in range(5):
            session.set({"z": z_of_seed(seed), "truncation": seed / 7})
            await asyncio.sleep(0.01)
        session.set({"w": np.full((4, 512), 0.1, np.float32)})
        session.set({"truncation": None})
        played = session.controls.values()
        await outputs.stop("session")
        session.set({"truncation": 0.9})
        await outputs.close()
    written = [change.set for change in changes(path)]
    assert written[0]["truncation"] == 0.3
    assert len(written) == 9
    async with on_session(FakeEngine()) as again:
        again.controls.follow(lambda values, at: hand.append((dict(values), at)))
        again.set({"size": 64})
        inputs = Inputs(again)
        await inputs.start("replay", {"path": str(path)})
        await until(lambda: inputs._inputs["replay"].is_over)
        await until(lambda: again.controls.values().keys() == played.keys())
        found = again.controls.values()
        await inputs.close()
    assert found.keys() == played.keys() == {"w"}
    assert np.array_equal(found["w"], played["w"])
    sets = [values["z"] for values, _ in hand if values.get("z") is not None]
    # Of those that a machine in a hurry sets at once only the newest counts.
    kept = [z_of_seed(seed) for seed in range(5)]
    assert all(any(np.array_equal(z, one) for one in kept) for z in sets)
    newest = [change["z"] for change in written if change.get("z")][-1]
    assert np.array_equal(np.array(newest, np.float32), kept[-1])
