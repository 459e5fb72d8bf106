"""Films of sessions: each frame shows what was set by its time, whatever it took to draw."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from command_line import taxiway
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Image, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.model import ModelSpec
from taxiway.core.session_file import change_line, head_line
from taxiway.core.tool import QuietJob, Stopped
from taxiway.film import frames
from taxiway.film.media import playing
from taxiway.jobs.worker import HeldModel
from taxiway.tools.replay import Replay


class Grey:
    """As light as it is told to be."""

    options: ClassVar[dict[str, AnyDataType]] = {}
    commands: ClassVar[dict[str, Command]] = {
        "say": Command(name="say", inputs={"words": Text()}, outputs={"said": Text()}),
        "paint": Command(
            name="paint",
            inputs={"light": Number(default=40, min=0, max=255), "size": Number(default=32)},
            outputs={"image": Image()},
        ),
    }

    def setup(self, device: str, options: Values) -> None:
        pass

    def predict(self, command: str, batch: list[Values]) -> list[Any]:
        if batch[0]["light"] == 13:
            return [InvalidArgument("13 brings no luck.", "light")]
        size = (int(batch[0]["size"]),) * 2
        return [{"image": np.full((*size, 3), batch[0]["light"], np.uint8)}]


@pytest.fixture
def model() -> HeldModel:
    return HeldModel(ModelSpec(name="grey", family="tools.test_replay:Grey"))


def take(path: Path, *changes: tuple[float, dict[str, Any]], command: str = "paint") -> Path:
    lines = [change_line(at, values) for at, values in changes]
    path.write_bytes(head_line(command) + b"".join(lines))
    return path


def film(model: HeldModel, session: Path, out: Path, **more: Any) -> Values:
    values = Replay.command.decode({"session": b"", "fps": 10, **more})
    return Replay().run(model, {**values, "session": session}, QuietJob(out))


def lights(path: Path) -> list[int]:
    with playing(path) as opened:
        return [round(frame.to_ndarray(format="rgb24").mean()) for frame in opened.decode(video=0)]


def test_each_frame_shows_what_was_set_by_its_time(model: HeldModel, tmp_path: Path) -> None:
    session = take(
        tmp_path / "take.jsonl",
        (0, {"light": 100, "size": None}),
        (0.2, {"light": 150}),
        (0.25, {"light": 160}),
        (0.26, {"light": 200}),
        (0.5, {"light": None}),
        (0.8, {}),
    )
    done = film(model, session, tmp_path)
    assert done == {"file": "film.mp4", "frames": 8, "drawn": 4}
    wanted = [100, 100, 150, 200, 200, 40, 40, 40]
    assert lights(tmp_path / "film.mp4") == pytest.approx(wanted, abs=3)


def test_each_frame_of_a_timeline_is_its_own(model: HeldModel, tmp_path: Path) -> None:
    changes = [(k / 60, {"light": 20 + k}) for k in range(132)]
    session = take(tmp_path / "take.jsonl", *changes, (2.2, {}))
    for fps, step in ((60, 1), (30, 2), (20, 3)):
        done = film(model, session, tmp_path, fps=fps)
        assert (done["frames"], done["drawn"]) == (2.2 * fps, 132 / step)
        assert lights(tmp_path / "film.mp4") == pytest.approx(list(range(20, 152, step)), abs=2)
    assert film(model, session, tmp_path, fps=25)["frames"] == 55


def test_a_session_without_length_is_one_frame(model: HeldModel, tmp_path: Path) -> None:
    assert film(model, take(tmp_path / "take.jsonl"), tmp_path)["frames"] == 1


@pytest.mark.parametrize(
    ("changes", "command", "more", "said"),
    [
        ([(0, {"light": 13})], "paint", {}, "13 brings no luck"),
        ([(0, {"light": "x"})], "paint", {}, "'light' takes a number"),
        ([(1e6, {})], "paint", {}, "A film has 1 to 2000000 frames, got 10000000"),
        ([(0, {})], "say", {}, "'grey' gives no pictures"),
        ([(0, {})], "paint", {"file": "../film.mp4"}, "'file' takes a plain name such as"),
        ([(0, {})], "paint", {"file": "film.avi"}, "A film is .mp4"),
    ],
)
def test_what_cannot_be_filmed_is_a_sentence(
    model: HeldModel,
    tmp_path: Path,
    changes: Any,
    command: str,
    more: dict[str, Any],
    said: str,
) -> None:
    session = take(tmp_path / "take.jsonl", *changes, command=command)
    with pytest.raises(InvalidArgument, match=said):
        film(model, session, tmp_path, **more)
    assert [path.name for path in tmp_path.iterdir()] == ["take.jsonl"]


def test_it_goes_on_where_it_was_stopped(model: HeldModel, tmp_path: Path) -> None:
    changes = [(k / 10, {"light": 20 * k}) for k in range(10)]
    session = take(tmp_path / "take.jsonl", *changes, (1, {}))
    values = {**Replay.command.decode({"session": b"", "fps": 10}), "session": session}
    with pytest.raises(Stopped):
        Replay().run(model, values, QuietJob(tmp_path, 6))
    assert {path.name for path in tmp_path.iterdir()} == {"take.jsonl", "film.mp4.frames"}
    take(session, *[(at, {**set, **({"light": 7} if at == 0.2 else {})}) for at, set in changes])
    assert film(model, session, tmp_path)["drawn"] == 1 + 3
    assert lights(tmp_path / "film.mp4") == pytest.approx([0, 20, 7, *range(60, 180, 20)], abs=3)
    assert {path.name for path in tmp_path.iterdir()} == {"take.jsonl", "film.mp4"}


def test_a_disk_that_is_nearly_full_keeps_no_frames(
    model: HeldModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "LEAST_FREE", 2**62)
    session = take(tmp_path / "take.jsonl", (0, {}), (1, {"light": 9}), (3, {}))
    values = {**Replay.command.decode({"session": b"", "fps": 10}), "session": session}
    with pytest.raises(Stopped):
        Replay().run(model, values, QuietJob(tmp_path, 20))
    assert [path.name for path in tmp_path.iterdir()] == ["take.jsonl"]


def test_it_is_a_command(tmp_path: Path) -> None:
    changes = [(0, {"seed": 3, "size": 64}), (0.1, {"seed": 4}), (0.2, {})]
    take(tmp_path / "take.jsonl", *changes, command="")  # type: ignore[arg-type]
    done = taxiway(
        "replay", "painter", "take.jsonl", "--out", "film.mp4", "--fps", "20", cwd=tmp_path
    )
    refused = taxiway(
        *("replay", "painter", "take.jsonl", "--out", "a.mp4", "--option", "x=1"), cwd=tmp_path
    )
    assert "'painter' has no option 'x'" in refused.stderr
    assert done.returncode == 0, done.stderr
    assert len(lights(tmp_path / "film.mp4")) == 4
