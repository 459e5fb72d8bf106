"""Spout and Syphon, against stand-ins for their libraries."""

from pathlib import Path

import numpy as np
import pytest

from sinks.fakes import fake_spout, fake_syphon
from taxiway.core.errors import Unavailable
from taxiway.core.frame import Frame
from taxiway.sinks.spout import Spout
from taxiway.sinks.syphon import Syphon

CLEAR = Frame(pixels=np.full((5, 3, 4), (9, 8, 7, 0), np.uint8), index=1, time=0.0)
SOLID = Frame(pixels=np.full((5, 3, 3), (9, 8, 7), np.uint8), index=1, time=0.0)
SETTINGS = {"name": "Stage", "flipped": False, "fps": 30}


def test_spout_sends_what_it_gets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    notes = fake_spout(monkeypatch, tmp_path)
    assert Spout.probe() is None
    sink = Spout(SETTINGS)
    sink.open(3, 5, 30)
    sink.send(SOLID)
    sink.send(CLEAR)
    sink.close()
    calls = [name for name, *_ in notes]
    sent = ["sendImage", "setFrameSync"]
    assert calls == ["createOpenGL", "setSenderName", *sent, *sent, "releaseSender", "closeOpenGL"]
    assert notes[1] == ("setSenderName", "Stage")
    for place, opacity in ((2, 255), (4, 0)):
        _, pixels, *given = notes[place]
        assert (pixels == (9, 8, 7, opacity)).all()
        assert given == [0x1908, False, 0]


def test_spout_that_takes_nothing_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_spout(monkeypatch, tmp_path)
    sink = Spout(SETTINGS)
    sink.open(3, 5, 30)
    sink._sender.takes = False
    with pytest.raises(Unavailable, match=r"Spout took no picture"):
        sink.send(SOLID)
    sink.close()


@pytest.mark.parametrize("flipped", [False, True])
def test_syphon_publishes_what_it_gets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flipped: bool
) -> None:
    notes = fake_syphon(monkeypatch, tmp_path)
    assert Syphon.probe() is None
    sink = Syphon({**SETTINGS, "flipped": flipped})
    sink.open(3, 5, 30)
    sink.send(SOLID)
    sink.send(CLEAR)
    sink.close()
    start, solid, clear, stop = notes
    assert (start, stop) == (("start", "Stage"), ("stop",))
    assert (solid[1] == (9, 8, 7, 255)).all()
    assert (clear[1] == (9, 8, 7, 0)).all()
    assert solid[2] == clear[2] == (not flipped)


@pytest.mark.parametrize("kind", [Spout, Syphon])
def test_elsewhere_they_say_what_does_the_same(
    kind: type[Spout | Syphon], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taxiway.sinks.spout.IS_WINDOWS", False)
    monkeypatch.setattr("taxiway.sinks.syphon.IS_MAC", False)
    assert "do the same elsewhere" in (kind.probe() or "")
