"""MIDI's bytes as signals."""

from hypothesis import given
from hypothesis import strategies as st

from taxiway.core.midi import MidiReader, Signal, messages_of
from taxiway.live.mapping.bindings import ticks

BYTES = st.lists(st.integers(0, 255), max_size=6)
NUMBERS = st.integers(0, 127)


def read(*messages: tuple[int, ...]) -> list[Signal]:
    reader = MidiReader()
    return [signal for message in messages for signal in reader.read(message, 0.0)]


def test_each_kind_of_message_has_its_name() -> None:
    assert read((0xB0, 7, 127), (0xB2, 64, 0)) == [("midi:1:cc:7", 1), ("midi:3:cc:64", 0)]
    assert read((0x99, 36, 127), (0x89, 36, 64), (0x9F, 60, 0)) == [
        ("midi:10:note:36", 1),
        ("midi:10:note:36", 0),
        ("midi:16:note:60", 0),
    ]
    assert read((0xC2, 5), (0xE0, 0, 64), (0xD0, 127)) == [
        ("midi:3:program", 5),
        ("midi:1:bend", 8192 / 16383),
        ("midi:1:pressure", 1),
    ]
    assert read((0xB0, 123, 0), (0xA0, 1, 1), (0xF0, 1), (0xFE,), (), (7,)) == []


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=4, max_size=10), st.integers(0, 31))
def test_a_fine_part_is_believed_once_it_came_with_its_coarse_one(
    values: list[tuple[int, int]], number: int
) -> None:
    pairs = [((0xB0, number, high), (0xB0, number + 32, low)) for high, low in values]
    heard = read(*(message for pair in pairs for message in pair))
    high, low = values[-1]
    assert heard[-1] == (f"midi:1:cc:{number}", (high * 128 + low) / 16383)
    assert heard[:2] == [
        (f"midi:1:cc:{number}", values[0][0] / 127),
        (f"midi:1:cc:{number + 32}", values[0][1] / 127),
    ]


def test_a_knob_that_has_the_number_of_a_fine_part_is_a_knob() -> None:
    apart = [(0xB0, number, 1) for _ in range(9) for number in (7, 7, 39, 39)]
    assert ("midi:1:cc:39", 1 / 127) in read(*apart)[-2:]


@given(st.integers(0, 16382), st.integers(0, 16383), st.sampled_from(["nrpn", "rpn"]))
def test_a_chosen_parameter_is_one_signal_of_fourteen_bits(
    parameter: int, value: int, kind: str
) -> None:
    name = f"midi:2:{kind}:{parameter}"
    messages = messages_of(name, value / 16383)
    heard = read(*(tuple(message) for _ in range(4) for message in messages))
    assert heard[-1] == (name, value / 16383)
    assert {each for each, _ in heard} == {name}
    assert read(*map(tuple, messages), (0xB1, 101, 127), (0xB1, 100, 127), (0xB1, 6, 1))[-1] == (
        "midi:2:cc:6",
        1 / 127,
    )


def test_a_chosen_parameter_is_turned_by_steps() -> None:
    chosen = ((0xB0, 99, 9), (0xB0, 98, 82))
    up, down = ("midi:1:nrpn:1234:step", 1 / 127), ("midi:1:nrpn:1234:step", 1)
    assert read(*chosen, (0xB0, 96, 127), (0xB0, 97, 0)) == [up, down]
    assert [ticks("twos", value) for _, value in (up, down)] == [1, -1]
    # Its lamp is told as the parameter itself; and without one these are knobs.
    assert read(*map(tuple, messages_of(up[0], 1.0)))[0] == ("midi:1:nrpn:1234", 1)
    assert read((0xB0, 96, 127)) == [("midi:1:cc:96", 1)]


@given(st.text(max_size=20) | st.from_regex(r"midi:\d{1,2}:[a-z]+:\d{1,5}", fullmatch=True))
def test_a_signal_is_messages_that_are_heard_as_it_or_none(name: str) -> None:
    for message in messages_of(name, 1.0):
        assert 0x80 <= message[0] < 0x100
        assert all(0 <= each < 128 for each in message[1:])


def test_signals_come_back_as_they_went() -> None:
    for name in ("midi:1:cc:7", "midi:16:note:60", "midi:3:program", "midi:1:bend"):
        heard = read(*map(tuple, messages_of(name, 1.0)))
        assert heard == [(name, 1.0)]
    assert messages_of("osc:/x", 1) == messages_of("midi:17:cc:1", 1) == []
    assert messages_of("midi:1:cc:123", 1) == messages_of("midi:x", 1) == []


def test_the_clock_gives_beats_and_the_tempo() -> None:
    reader = MidiReader()
    reader.read([0xFA], 0)
    heard = [each for k in range(49) for each in reader.read([0xF8], 1 + k * 0.5 / 24)]
    assert [name for name, _ in heard].count("midi:beat") == 6
    assert heard[0] == ("midi:beat", 1)
    assert [round(bpm, 6) for name, bpm in heard if name == "midi:tempo"] == [120, 120]


@given(st.lists(st.tuples(BYTES, st.floats(0, 1e6)), max_size=30))
def test_any_bytes_are_signals_within_bounds_or_none(
    messages: list[tuple[list[int], float]],
) -> None:
    reader = MidiReader()
    for message, time in messages:
        for name, value in reader.read(message, time):
            most = 255 if name.endswith("program") else 1e6 if name == "midi:tempo" else 2.1
            assert name.startswith("midi:")
            assert 0 <= value <= most or name == "midi:tempo"
