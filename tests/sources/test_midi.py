"""MIDI on the server, with a stand-in for rtmidi2."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from interop.engineio_clients import until
from session_fakes import FakeEngine, on_session
from taxiway.core.errors import NotFound
from taxiway.live.inputs import Inputs
from taxiway.live.mapping.bindings import Binding
from taxiway.live.members import Members
from taxiway.sources import midi
from taxiway.sources.midi import Midi, sequencer_problem


class FakeMidiIn:
    """Devices that are plugged in by a test, and what they say."""

    plugged: ClassVar[dict[str, list[list[int]]]] = {}
    closed: ClassVar[list[str]] = []
    fails = False

    def __init__(self, name: str) -> None:
        if self.fails:
            raise RuntimeError("there is no sequencer.")
        self._name = ""

    @property
    def ports(self) -> list[str]:
        return list(self.plugged)

    def ignore_types(self, **which: bool) -> None:
        assert which == {"midi_sysex": True, "midi_time": False, "midi_sense": True}

    def open_port(self, number: int) -> None:
        self._name = self.ports[number]

    def get_message(self) -> list[int] | None:
        waiting = self.plugged.get(self._name)
        return waiting.pop(0) if waiting else None

    def close_port(self) -> None:
        self.closed.append(self._name)


class FakeMidiOut(FakeMidiIn):
    """What devices are told."""

    told: ClassVar[dict[str, list[tuple[int, ...]]]] = {}

    def send_raw(self, *message: int) -> None:
        self.told.setdefault(self._name, []).append(message)


@pytest.fixture(autouse=True)
def rtmidi2(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes = SimpleNamespace(MidiIn=FakeMidiIn, MidiOut=FakeMidiOut)
    monkeypatch.setitem(sys.modules, "rtmidi2", fakes)  # type: ignore[arg-type]
    monkeypatch.setattr(midi, "need", lambda *names: None)
    monkeypatch.setattr(midi, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(FakeMidiIn, "plugged", {"Knobs 8": [], "Drums": [[0x99, 36, 127]]})
    monkeypatch.setattr(FakeMidiIn, "closed", [])
    monkeypatch.setattr(FakeMidiOut, "told", {})
    monkeypatch.setattr(Midi, "probe", classmethod(lambda kind: None))


async def test_what_is_plugged_in_moves_what_the_mapping_says() -> None:
    async with on_session(FakeEngine()) as session:
        session.mapping.change(
            [
                Binding(signal="midi:1:cc:7", to="/truncation"),
                Binding(signal="midi:10:note:36", to="/blackout"),
            ]
        )
        members: Members[Any] = Members("sources", lambda kind: {})
        inputs = Inputs(session, members)
        await inputs.start("midi", {"device": "Knobs"})
        FakeMidiIn.plugged["Knobs 8"] += [[0xB0, 7, 127], [0xB0, 7, 64]]
        await until(lambda: session.controls.values().get("truncation") == 64 / 127)
        assert session.mapping.heard["midi:1:cc:7"].by == "source midi"
        # Of another name nothing is heard, and what comes later is.
        assert not session.is_black
        FakeMidiIn.plugged["More Knobs"] = [[0x99, 36, 127]]
        await until(lambda: session.is_black)
        del FakeMidiIn.plugged["Knobs 8"]
        await until(lambda: FakeMidiIn.closed == ["Knobs 8"])
        assert (await inputs.one("midi")).given == 3
        await inputs.stop("midi")
        assert sorted(FakeMidiIn.closed) == ["Knobs 8", "More Knobs"]


async def test_motors_follow_what_others_move_and_not_the_hand() -> None:
    async with on_session(FakeEngine()) as session:
        session.mapping.change([Binding(signal="midi:1:cc:7", to="/truncation", gives=(0, 2))])
        members: Members[Any] = Members("sources", lambda kind: {})
        inputs = Inputs(session, members)
        told = FakeMidiOut.told
        await inputs.start("midi", {"device": "Knobs", "feedback": True})
        session.set({"truncation": 2.0}, 1)
        await until(lambda: (0xB0, 7, 127) in told.get("Knobs 8", []))
        FakeMidiIn.plugged["Knobs 8"] += [[0xB0, 7, 64]]
        await until(lambda: session.controls.values()["truncation"] == 2 * 64 / 127)
        FakeMidiIn.plugged["More Knobs"] = []
        await until(lambda: told.get("More Knobs") == [(0xB0, 7, 127)])
        session.set({"truncation": 0.0}, 1)
        await until(lambda: told["More Knobs"][-1] == (0xB0, 7, 0))
        assert "Drums" not in told
        assert (0xB0, 7, 64) not in told["Knobs 8"]
        await inputs.stop("midi")
        assert FakeMidiIn.closed.count("Knobs 8") == 2


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(midi.sys, "platform", "linux")
    assert "modprobe snd-seq" in sequencer_problem(tmp_path / "no")
    assert sequencer_problem(tmp_path).endswith("cannot be opened: Is a directory.")
    (tmp_path / "seq").touch()
    assert sequencer_problem(tmp_path / "seq") == ""

    def refuse(*given: Any) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(midi.os, "open", refuse)
    assert "usermod -aG audio" in sequencer_problem(tmp_path / "seq")
    monkeypatch.setattr(FakeMidiIn, "fails", True)
    with pytest.raises(NotFound, match=r"MIDI cannot be heard here: there is no sequencer\."):
        next(Midi({"device": ""}).read())
