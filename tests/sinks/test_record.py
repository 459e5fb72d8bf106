"""Films that were recorded, decoded again."""

import asyncio
import errno
import io
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taxiway.core.errors import InvalidArgument, Unavailable
from taxiway.core.frame import Frame
from taxiway.core.images import Pixels
from taxiway.core.sink import SinkDone
from taxiway.film.media import playing
from taxiway.live.outputs import Output
from taxiway.sinks.record import Record

FPS = 10


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def record(path: Path, clock: Clock, **settings: Any) -> Record:
    sink = Record({"path": str(path), "format": "MP4", "seconds": None, "fps": FPS, **settings})
    sink.clock = clock
    return sink


def frame(level: int, shape: tuple[int, ...] = (48, 64, 3)) -> Frame:
    pixels = np.full(shape, level, np.uint8)
    if shape[2] == 4:
        pixels[:, :, 3] = 255
        pixels[:, : shape[1] // 2, 3] = 0
    return Frame(pixels=pixels, index=1, time=0.0)


def frames_of(path: Path, kind: str = "rgb24") -> list[Pixels]:
    with playing(path) as film:
        assert film.streams.video[0].average_rate == FPS
        return [one.to_ndarray(format=kind) for one in film.decode(video=0)]


def play(sink: Record, clock: Clock, *levels: tuple[float, int]) -> None:
    sink.open(64, 48, FPS)
    for clock.now, level in levels:
        sink.send(frame(level))
    sink.close()


@pytest.mark.parametrize("ending", [".mp4", ".webm", ".mov"])
def test_every_picture_is_where_it_was_and_one_at_rest_lasts(tmp_path: Path, ending: str) -> None:
    clock = Clock()
    sink = record(tmp_path / f"film{ending}", clock)
    play(sink, clock, (0.0, 10), (0.1, 90), (0.5, 170), (0.6, 250))
    found = [int(one.mean()) for one in frames_of(tmp_path / f"film{ending}")]
    wanted = [10, 90, 90, 90, 90, 170, 250]
    assert len(found) == len(wanted)
    assert all(abs(a - b) < 4 for a, b in zip(found, wanted, strict=True)), found
    assert os.listdir(tmp_path) == [f"film{ending}"]
    assert sink.address == str(tmp_path / f"film{ending}")


def test_a_picture_that_came_a_hair_early_is_kept(tmp_path: Path) -> None:
    clock = Clock()
    times = [(0.09 * place, 20 * place) for place in range(10)]
    play(record(tmp_path / "film.mp4", clock), clock, *times)
    found = {round(one.mean() / 20) for one in frames_of(tmp_path / "film.mp4")}
    assert found == set(range(10))


def test_a_long_sleep_is_left_out(tmp_path: Path) -> None:
    clock = Clock()
    play(record(tmp_path / "film.mp4", clock), clock, (0.0, 10), (3600.0, 90), (3600.1, 170))
    assert len(frames_of(tmp_path / "film.mp4")) == 3


def test_what_is_transparent_stays_so_in_mov(tmp_path: Path) -> None:
    sink = record(tmp_path / "film.mov", Clock())
    sink.open(64, 48, FPS)
    sink.send(frame(200, (48, 64, 4)))
    sink.close()
    (found,) = frames_of(tmp_path / "film.mov", "rgba")
    assert not found[:, :30, 3].any()
    assert (found[:, 34:, 3] > 250).all()


def test_no_file_is_replaced_whoever_made_it(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_text("another's")
    (tmp_path / "film-2.mp4").symlink_to("nowhere")
    clock = Clock()
    sink = record(tmp_path / "film.mp4", clock)
    for _ in range(2):
        play(sink, clock, (0.0, 10))
    assert (tmp_path / "film.mp4").read_text() == "another's"
    assert sorted(os.listdir(tmp_path)) == ["film-2.mp4", "film-3.mp4", "film-4.mp4", "film.mp4"]
    assert len(frames_of(tmp_path / "film-4.mp4")) == 1


def test_it_can_be_played_while_it_is_written(tmp_path: Path) -> None:
    clock = Clock()
    sink = record(tmp_path / "film.mp4", clock)
    sink.open(64, 48, FPS)
    for place in range(80):
        clock.now = place / FPS
        sink.send(frame(place))
    (hidden,) = tmp_path.iterdir()
    assert hidden.name.startswith(".")
    # As it lies on the disk after the machine failed.
    (tmp_path / "rescued.mp4").write_bytes(hidden.read_bytes())
    assert len(frames_of(tmp_path / "rescued.mp4")) >= 20
    sink.close()
    assert len(frames_of(tmp_path / "film.mp4")) == 80


def test_it_ends_after_the_seconds_asked_for(tmp_path: Path) -> None:
    clock = Clock()
    sink = record(tmp_path / "film.mp4", clock, seconds=0.3)
    words = f"0.3 seconds are in {tmp_path / 'film.mp4'}"
    with pytest.raises(SinkDone, match=words):
        play(sink, clock, (0.0, 10), (0.1, 90), (0.2, 170), (0.3, 250))
    sink.close()
    assert len(frames_of(tmp_path / "film.mp4")) == 3


def test_nothing_is_left_of_a_film_without_pictures(tmp_path: Path) -> None:
    sink = record(tmp_path / "film.mp4", Clock())
    sink.open(64, 48, FPS)
    sink.close()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("form", ["MP4", "WebM", "MOV"])
def test_without_a_path_it_is_in_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path))
    clock = Clock()
    sink = Record({"path": " ", "format": form, "seconds": None, "fps": FPS})
    sink.clock = clock
    play(sink, clock, (0.0, 10), (0.1, 90))
    (film,) = (tmp_path / "recordings").iterdir()
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\d \d\d\.\d\d\.\d\d\.{form.lower()}", film.name)
    assert len(frames_of(film)) == 2
    assert sink.result == f"The film is {film}."


def test_a_film_that_could_not_be_ended_is_left_to_be_rescued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = record(tmp_path / "film.mp4", Clock())
    sink.open(64, 48, FPS)
    sink.send(frame(90))
    assert sink._growing is not None
    sink._growing.file.write(b"a film's beginning")
    monkeypatch.setattr(sink._film, "close", lambda: os.close(-1))
    with pytest.raises(Unavailable, match="Bad file descriptor: what was written until then is"):
        sink.close()
    (hidden,) = tmp_path.iterdir()
    assert hidden.name.endswith("-film.mp4")
    assert sink.result == ""


class Full(io.FileIO):
    """On a disk that has room for so many bytes, the last of them of half a write."""

    room = 0

    def write(self, data: Any) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = min(self.room, len(data))
        self.room -= taken
        return super().write(data[:taken])


@pytest.mark.parametrize(
    ("ending", "room"), [(".mp4", 0), (".webm", 0), (".mov", 0), (".mp4", 250_000)]
)
def test_a_full_disk_ends_the_film_and_what_there_is_can_be_rescued(
    tmp_path: Path, ending: str, room: int
) -> None:
    """FFmpeg ended the process with it where there was no room for the beginning of an MP4."""
    clock, noise = Clock(), np.random.default_rng(0)
    sink = record(tmp_path / f"film{ending}", clock)
    sink.open(64, 48, FPS)
    assert sink._growing is not None
    sink._growing.file.close()
    (hidden,) = tmp_path.iterdir()
    sink._growing.file = Full(hidden, "r+")
    sink._growing.file.room = room

    def fill() -> None:
        while True:
            pixels = noise.integers(0, 256, (48, 64, 3), np.uint8)
            sink.send(Frame(pixels=pixels, index=1, time=0.0))
            clock.now += 1 / FPS

    with pytest.raises(Unavailable, match="No space left") as said:
        fill()
    sink.close()
    assert sink.result == ""
    assert (hidden.name in str(said.value)) == hidden.exists() == bool(room)
    if room:
        assert hidden.stat().st_size == room
        with playing(hidden) as film:
            assert next(film.decode(video=0)).width == 64


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=r"'path' takes a file .mp4, .mov, .webm, got"):
        record(tmp_path / "film.avi", Clock()).open(64, 48, FPS)


async def test_a_change_of_size_begins_another_film_and_a_stop_loses_nothing(
    tmp_path: Path,
) -> None:
    sink = Record(
        {"path": str(tmp_path / "film.mp4"), "format": "MP4", "seconds": None, "fps": FPS}
    )
    output = Output(sink, FPS)
    for number, shape in enumerate(((48, 64, 3), (33, 21, 3)), 1):
        output.offer(frame(90, shape))
        async with asyncio.timeout(60):
            while output.sent < number and not output.is_over:
                await asyncio.sleep(0.002)
    output.end()
    assert await output.ended()
    assert not output.error
    assert frames_of(tmp_path / "film.mp4")[0].shape == (48, 64, 3)
    assert frames_of(tmp_path / "film-2.mp4")[0].shape == (34, 22, 3)


async def test_a_short_film_that_cannot_be_ended_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first bytes are written at the end."""
    sink = record(tmp_path / "film.mp4", Clock())
    output = Output(sink, FPS)
    output.offer(frame(90))
    async with asyncio.timeout(60):
        while not output.sent:
            await asyncio.sleep(0.002)
    monkeypatch.setattr(sink._film, "close", lambda: os.close(-1))
    output.end()
    assert await output.ended()
    assert output.error == "Bad file descriptor."
    assert list(tmp_path.iterdir()) == []
