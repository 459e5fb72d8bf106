"""What is plugged into this machine and speaks MIDI, for the mapping (docs/mapping.md)."""

import errno
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from taxiway.core.command import Values
from taxiway.core.datatypes import AnyDataType, Boolean, Text
from taxiway.core.errors import NotFound
from taxiway.core.extras import lacking, need
from taxiway.core.midi import MidiReader, messages_of
from taxiway.core.source import Signals, Source

SEQUENCER = Path("/dev/snd/seq")
POLL_SECONDS = 0.004
LOOK_SECONDS = 2.0
"""Between two looks at what is plugged in."""


class Midi(Source):
    """Every device whose name has `device` in it; one that comes later is heard as well."""

    title = "MIDI"
    paths: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "device": Text(default="", description="A part of its name; all, if empty."),
        "feedback": Boolean(description="Tell its motors and lights how the controls stand."),
    }

    def __init__(self, settings: Values) -> None:
        super().__init__(settings)
        self._waiting: dict[str, float] = {}
        self._shown: dict[str, float] = {}

    @classmethod
    def probe(cls) -> str | None:
        return lacking("rtmidi2", "MIDI") or sequencer_problem() or None

    def read(self) -> Iterator[Signals]:
        need("rtmidi2", "MIDI")
        opened: dict[str, tuple[Any, MidiReader]] = {}
        outs: dict[str, Any] = {}
        looked = -LOOK_SECONDS
        try:
            while not self.wait(POLL_SECONDS):
                now = time.monotonic()
                if now - looked >= LOOK_SECONDS:
                    looked = now
                    self._look(opened)
                    self._look_out(outs)
                for port, reader in opened.values():
                    while (message := port.get_message()) is not None:
                        yield Signals(reader.read(message, now))
                self._send(outs)
        finally:
            for port in [*(port for port, _ in opened.values()), *outs.values()]:
                port.close_port()

    def show(self, signals: Signals) -> None:
        if self.settings_given["feedback"]:
            self._waiting.update(signals)

    def _send(self, outs: Mapping[str, Any]) -> None:
        """Send what waits, of each signal the newest."""
        while self._waiting:
            name, value = self._waiting.popitem()
            self._shown[name] = value
            for message in messages_of(name, value):
                for port in outs.values():
                    port.send_raw(*message)

    def _look_out(self, outs: dict[str, Any]) -> None:
        """Find what can be told; who is plugged in later is told how all stands."""
        if not self.settings_given["feedback"]:
            return
        import rtmidi2

        there = rtmidi2.MidiOut("Taxiway").ports
        for name in [name for name in outs if name not in there]:
            outs.pop(name).close_port()
        for name in there:
            if self.settings_given["device"] in name and name not in outs:
                outs[name] = rtmidi2.MidiOut("Taxiway")
                outs[name].open_port(there.index(name))
                self._waiting.update(self._shown)

    def _look(self, opened: dict[str, tuple[Any, MidiReader]]) -> None:
        """Listen to what is plugged in now, and let go of what is not. Raises NotFound."""
        import rtmidi2

        wanted = self.settings_given["device"]
        try:
            there = rtmidi2.MidiIn("Taxiway").ports
        except RuntimeError as error:
            raise NotFound(f"MIDI cannot be heard here: {error}") from None
        for name in [name for name in opened if name not in there]:
            opened.pop(name)[0].close_port()
        for name in there:
            if wanted in name and name not in opened:
                port = rtmidi2.MidiIn("Taxiway")
                port.ignore_types(midi_sysex=True, midi_time=False, midi_sense=True)
                port.open_port(there.index(name))
                opened[name] = port, MidiReader()


def sequencer_problem(path: Path = SEQUENCER) -> str:
    """What this machine lacks for MIDI, in a sentence; only Linux may."""
    if sys.platform != "linux":
        return ""
    if not path.exists():
        return (
            f"MIDI needs ALSA's sequencer, and there is no {path}: load it with 'sudo modprobe "
            "snd-seq'. In the studio the browser hears MIDI without it."
        )
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    except OSError as error:
        if error.errno == errno.EACCES:
            return (
                f"You may not open {path}: add yourself to its group with 'sudo usermod -aG audio "
                "$USER', and log in again."
            )
        return f"{path} cannot be opened: {error.strerror}."
    return ""


SLOT = Midi
