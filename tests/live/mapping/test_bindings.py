"""A mapping as a file: text in, records out, and nothing else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.core.errors import InvalidArgument
from taxiway.live.mapping.bindings import (
    LARGEST_FILE,
    MOST_BINDINGS,
    Binding,
    checked,
    curved,
    parse,
    read,
    write,
    written,
)

WORDS = st.characters(exclude_categories=["Cs"])
NUMBERS = st.floats(-1e9, 1e9, allow_nan=False)
BINDINGS = st.builds(
    Binding,
    signal=st.text(WORDS, min_size=2, max_size=100),
    to=st.from_regex(r"/[!-~]{1,99}", fullmatch=True),
    range=st.tuples(NUMBERS, NUMBERS).filter(lambda pair: pair[0] != pair[1]),
    gives=st.tuples(NUMBERS, NUMBERS),
    curve=st.sampled_from(["linear", "slow", "fast", "s", "toggle"]),
    smoothing=st.floats(0, 10),
    pickup=st.booleans(),
    note=st.text(WORDS, max_size=200),
)


@given(st.lists(BINDINGS, max_size=5))
def test_what_is_written_is_read_again(bindings: list[Binding]) -> None:
    text = written(bindings)
    assert text.count("\n") == len(bindings)
    assert parse(text) == bindings


@given(st.text() | st.from_regex(r'\{"(from|to|range|gives|curve|smoothing)": .*\}'))
def test_any_text_is_bindings_or_a_sentence(text: str) -> None:
    try:
        parse(text)
    except InvalidArgument as error:
        assert str(error).startswith("Line ")


@given(BINDINGS, st.floats())
def test_what_is_given_stays_between_its_ends(binding: Binding, incoming: float) -> None:
    low, high = sorted(binding.gives)
    value = binding.value(incoming)
    assert value != value or low - 1e-6 <= value <= high + 1e-6


def test_a_line_is_short_where_all_is_usual_and_lasts() -> None:
    binding = Binding(signal="midi:1:cc:7", to="/truncation", gives=(0, 1.5))
    assert written([binding]) == '{"from":"midi:1:cc:7","to":"/truncation","gives":[0,1.5]}\n'
    assert parse('\n{"from": "osc:/1/fader1", "to": "/z/0"}\n\n') == [
        Binding(signal="osc:/1/fader1", to="/z/0")
    ]


def test_the_curves_begin_and_end_alike() -> None:
    for curve in ("linear", "slow", "fast", "s", "toggle"):
        assert (curved(curve, 0), curved(curve, 1)) == (0, 1)  # type: ignore[arg-type]
    assert curved("slow", 0.5) < curved("s", 0.4) < 0.5 < curved("fast", 0.5)
    down = Binding(signal="xx", to="/a", range=(-1, 1), gives=(10, 0))
    assert [down.value(at) for at in (-2, -1, 0, 1, 9)] == [10, 10, 5, 0, 0]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nothing", "Line 2 of the mapping: "),
        ('{"from": "xx", "to": "/a", "eval": "1"}', "unknown field `eval`"),
        ('{"from": "xx"}', "`to`"),
        ('{"from": "xx", "to": "a"}', "to"),
        ('{"from": "xx", "to": "/a", "range": [1, 1]}', "two different numbers"),
        ('{"from": "xx", "to": "/a", "gives": [0, 1e300]}', "up to 1e9"),
        ('{"from": "xx", "to": "/a", "curve": "x"}', "curve"),
        ('{"from": "xx", "to": "/a", "smoothing": 11}', "smoothing"),
        ("[" * 100_000, "Line 2"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(line: str, words: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse('{"from": "xx", "to": "/a"}\n' + line)
    assert words in str(caught.value)


def test_files_are_read_and_kept_whole(tmp_path: Path) -> None:
    path = tmp_path / "maps" / "stage.jsonl"
    assert read(path) == []
    bindings = [Binding(signal="midi:1:cc:7", to="/psi", note="the big knob")]
    write(path, bindings)
    assert read(path) == bindings
    path.write_text("x")
    with pytest.raises(InvalidArgument, match=r"Line 1 of the mapping: .* It is in '.*stage"):
        read(path)
    path.write_bytes(b"\xff")
    with pytest.raises(InvalidArgument, match="is no text"):
        read(path)
    path.write_bytes(b" " * (LARGEST_FILE + 1))
    with pytest.raises(InvalidArgument, match="larger than 1 MB"):
        read(path)
    with pytest.raises(InvalidArgument, match="cannot be read"):
        read(tmp_path)
    with pytest.raises(InvalidArgument, match="cannot be kept"):
        write(path / "no.jsonl", bindings)


def test_there_is_an_end_to_it() -> None:
    line = {"from": "xx", "to": "/a"}
    assert len(checked([line] * MOST_BINDINGS)) == MOST_BINDINGS
    for wrong in ([line] * (MOST_BINDINGS + 1), [1], [{"from": "xx"}]):
        with pytest.raises(InvalidArgument):
            checked(wrong)
    with pytest.raises(InvalidArgument, match="512 lines at most"):
        parse('{"from": "xx", "to": "/a"}\n' * (MOST_BINDINGS + 1))
