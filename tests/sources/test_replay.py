"""A session from a file: every change at its time, once or again and again."""

from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from taxiway.core.errors import InvalidArgument
from taxiway.core.session_file import change_line, head_line
from taxiway.live.inputs import sources
from taxiway.sources.replay import Replay

MEMBERS = sources()


class Timed(Replay):
    """Notes how long it was to wait, and does not."""

    def __init__(self, path: Path, **settings: Any) -> None:
        super().__init__(MEMBERS.decode("replay", {"path": str(path), **settings}))
        self.waits: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        return self.stopping.is_set()


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still, however long the machine takes over a line."""
    monkeypatch.setattr("taxiway.sources.replay.time", SimpleNamespace(monotonic=lambda: 1000.0))


@pytest.fixture
def take(tmp_path: Path) -> Path:
    path = tmp_path / "take.jsonl"
    lines = [change_line(at, {"truncation": at / 10}) for at in (0, 1.5, 4)]
    path.write_bytes(head_line("generate") + b"".join(lines) + change_line(6, {}))
    return path


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("speed", [1, 2, 0.5])
def test_changes_come_at_their_times(take: Path, speed: float) -> None:
    source = Timed(take, speed=speed)
    found = list(source.read())
    assert found == [{"truncation": 0.0}, {"truncation": 0.15}, {"truncation": 0.4}, {}]
    wanted = [at / speed for at in (0, 1.5, 4, 6)]
    assert source.waits == pytest.approx(wanted)


def test_it_begins_again_where_it_is_to(take: Path) -> None:
    found = list(islice(Timed(take, loop=True).read(), 6))
    assert [values.get("truncation") for values in found] == [0, 0.15, 0.4, None, 0, 0.15]


def test_a_stop_ends_it(take: Path) -> None:
    source = Timed(take, loop=True)
    reading = source.read()
    next(reading)
    source.stopping.set()
    assert list(reading) == []


def test_what_is_no_session_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=r"'path' takes a session; there is none at"):
        next(Timed(tmp_path / "none.jsonl").read())
    (tmp_path / "other.jsonl").write_text("{}\n")
    with pytest.raises(InvalidArgument, match=r"'other.jsonl' is no session"):
        next(Timed(tmp_path / "other.jsonl").read())
