"""MIDI's bytes as signals: names and numbers, as a mapping takes them (docs/mapping.md).

The same as the studio's `mapping/midi_reader.js`, for what is plugged into the server. Numbers go
from 0 to 1, but programs, which are numbers, and the tempo, in beats a minute.
"""

from collections.abc import Sequence

from msgspec import Struct

Signal = tuple[str, float]

MOST, MOST_FINE = 127, 16383
FINE = 32
BELIEVED = 3
"""So often a control has to be followed by its fine part before both are believed to be one."""
CLOCKS_A_BEAT = 24
MODES = 120
SLOWEST_BPM = 20.0
CLOCK, START = 0xF8, 0xFA


class _Coarse(Struct):
    """The coarse part of a control, and how often a fine one followed it."""

    value: int
    pairs: int = 0


class MidiReader:
    """Reads the messages of one device."""

    def __init__(self) -> None:
        self._coarse: dict[str, _Coarse] = {}
        self._last = ""
        self._clocks = 0
        self._beat_at: float | None = None

    def read(self, message: Sequence[int], time: float) -> list[Signal]:
        """The signals of one message, numbers from 0 to 255; `time` is in seconds."""
        status, first, second = [*message[:3], 0, 0, 0][:3]
        if status >= CLOCK:
            return self._tick(status, time)
        channel, last, self._last = (status & 15) + 1, self._last, ""
        match status >> 4:
            case 8:
                return [(f"midi:{channel}:note:{first}", 0.0)]
            case 9:
                return [(f"midi:{channel}:note:{first}", second / MOST)]
            case 11:
                return self._control(channel, first, second, last)
            case 12:
                return [(f"midi:{channel}:program", float(first))]
            case 13:
                return [(f"midi:{channel}:pressure", first / MOST)]
            case 14:
                return [(f"midi:{channel}:bend", (second * 128 + first) / MOST_FINE)]
        return []

    def _control(self, channel: int, number: int, value: int, last: str) -> list[Signal]:
        name = f"midi:{channel}:cc:{number}"
        if number >= MODES:
            return []
        if number < FINE:
            known = self._coarse.setdefault(name, _Coarse(value))
            known.pairs = 0 if last == name else known.pairs
            known.value, self._last = value, name
            # The fine part follows at once, and says all.
            return [] if known.pairs >= BELIEVED else [(name, value / MOST)]
        coarse = f"midi:{channel}:cc:{number - FINE}"
        if number < 2 * FINE and last == coarse:
            known = self._coarse[coarse]
            known.pairs += 1
            if known.pairs >= BELIEVED:
                return [(coarse, (known.value * 128 + value) / MOST_FINE)]
        return [(name, value / MOST)]

    def _tick(self, status: int, time: float) -> list[Signal]:
        """The clock: a beat is a press and a release."""
        if status == START:
            self._clocks, self._beat_at = 0, None
        if status != CLOCK:
            return []
        self._clocks += 1
        if (self._clocks - 1) % CLOCKS_A_BEAT:
            return []
        since = None if self._beat_at is None else time - self._beat_at
        self._beat_at = time
        beat = [("midi:beat", 1.0), ("midi:beat", 0.0)]
        if since is None or not 0 < since < 60 / SLOWEST_BPM:
            return beat
        return [("midi:tempo", 60 / since), *beat]
