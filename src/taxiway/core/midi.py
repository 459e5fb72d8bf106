"""MIDI's bytes as signals, names and numbers as a mapping takes them (docs/mapping.md), and back.

The same as the studio's `mapping/midi_reader.js` and `midi_writer.js`, for what is plugged into the
server. Numbers go from 0 to 1, but programs, which are numbers, and the tempo, in beats a minute.
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
DATA, FINE_DATA = 6, 38
SELECTING = {99: ("nrpn", 7), 98: ("nrpn", 0), 101: ("rpn", 7), 100: ("rpn", 0)}
"""Controllers that choose a parameter, of which the next data is: what kind, and which bits."""
STEPS = {96: 1, 97: 127}
"""Controllers that turn a chosen parameter one up or down, and that in two's complement."""
NO_PARAMETER = 0x3FFF


class _Coarse(Struct):
    """The coarse part of a control, and how often a fine one followed it."""

    value: int
    pairs: int = 0


class MidiReader:
    """Reads the messages of one device."""

    def __init__(self) -> None:
        self._coarse: dict[str, _Coarse] = {}
        self._chosen: dict[int, tuple[str, int]] = {}
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
        if number >= MODES:
            return []
        if number in SELECTING:
            self._choose(channel, number, value)
            return []
        name = f"midi:{channel}:cc:{number}"
        kind, parameter = self._chosen.get(channel, ("", NO_PARAMETER))
        if parameter != NO_PARAMETER and number in (DATA, FINE_DATA):
            if number == DATA:
                return self._begun(f"midi:{channel}:{kind}:{parameter}", value, last)
            return self._completed(f"midi:{channel}:{kind}:{parameter}", value, last) or []
        if parameter != NO_PARAMETER and number in STEPS:
            return [(f"midi:{channel}:{kind}:{parameter}:step", STEPS[number] / MOST)]
        if number < FINE:
            return self._begun(name, value, last)
        coarse = f"midi:{channel}:cc:{number - FINE}"
        found = self._completed(coarse, value, last) if number < 2 * FINE else None
        return found or [(name, value / MOST)]

    def _choose(self, channel: int, number: int, value: int) -> None:
        kind, shift = SELECTING[number]
        known, parameter = self._chosen.get(channel, (kind, NO_PARAMETER))
        parameter = parameter if known == kind else NO_PARAMETER
        self._chosen[channel] = kind, (parameter & ~(MOST << shift)) | (value << shift)

    def _begun(self, name: str, value: int, last: str) -> list[Signal]:
        """A coarse part came."""
        known = self._coarse.setdefault(name, _Coarse(value))
        known.pairs = 0 if last == name else known.pairs
        known.value, self._last = value, name
        # The fine part follows at once, and says all.
        return [] if known.pairs >= BELIEVED else [(name, value / MOST)]

    def _completed(self, name: str, value: int, last: str) -> list[Signal] | None:
        """Perhaps the fine part of a coarse one came; None where it is something else."""
        if last != name:
            return None
        known = self._coarse[name]
        known.pairs += 1
        if known.pairs < BELIEVED:
            return None
        return [(name, (known.value * 128 + value) / MOST_FINE)]

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


def messages_of(name: str, value: float) -> list[list[int]]:
    """The messages that a signal of a value would come as; none where there is no such signal.

    `value` goes from 0 to 1, and is a number for programs.
    """
    maker, channel, kind, number = [*name.split(":"), "", "", ""][:4]
    if maker != "midi" or not (channel.isdecimal() and 1 <= int(channel) <= 16):
        return []
    which, at = (int(number) if number.isdecimal() else 0), int(channel) - 1
    coarse = round(min(max(value, 0.0), 1.0) * MOST)
    fine = round(min(max(value, 0.0), 1.0) * MOST_FINE)
    match kind:
        case "note" if which <= MOST:
            return [[0x90 | at, which, coarse]]
        case "cc" if which < MODES:
            return [[0xB0 | at, which, coarse]]
        case "nrpn" | "rpn" if which <= MOST_FINE:
            high, low = (99, 98) if kind == "nrpn" else (101, 100)
            pairs = ((high, which >> 7), (low, which & MOST), (DATA, fine >> 7))
            return [[0xB0 | at, *pair] for pair in (*pairs, (FINE_DATA, fine & MOST))]
        case "bend":
            return [[0xE0 | at, fine & MOST, fine >> 7]]
        case "program":
            return [[0xC0 | at, round(min(max(value, 0.0), float(MOST)))]]
    return []
