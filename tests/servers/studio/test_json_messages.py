"""The text messages, and any text at all."""

import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.core.frame import Mark
from taxiway.servers.studio import json_messages
from taxiway.servers.studio.binary_messages import Malformed
from taxiway.servers.studio.json_messages import CancelTiles, ModelAction, Pick, Seed, Set

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
ALMOST = st.fixed_dictionaries(
    {"type": st.sampled_from(["set", "seed", "pick", "cancel_tiles", "model", "other"]) | JSON},
    optional=dict.fromkeys(
        ("seq", "time", "values", "seed", "field_seed", "x", "y", "action"), JSON
    ),
)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (
            '{"type":"set","seq":3,"time":1.5,"values":{"truncation":0.7,"label":null}}',
            Set(seq=3, time=1.5, values={"truncation": 0.7, "label": None}),
        ),
        ('{"type":"seed","seq":4294967295,"time":0,"seed":5}', Seed(seq=2**32 - 1, seed=5)),
        (
            '{"type":"pick","seq":1,"time":2,"field_seed":7,"x":1.25,"y":-3}',
            Pick(seq=1, time=2.0, field_seed=7, x=1.25, y=-3.0),
        ),
        ('{"type":"cancel_tiles","future":[1]}', CancelTiles()),
        ('{"type":"model","action":"stop"}', ModelAction("stop")),
    ],
)
def test_what_a_page_says_is_read(text: str, word: json_messages.Word) -> None:
    assert json_messages.read(text) == word


def test_what_carries_a_counter_gives_it_as_a_mark() -> None:
    assert json_messages.read('{"type":"seed","seq":9,"time":2.5,"seed":1}').mark == Mark(9, 2.5)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"set"',
        "{}",
        '{"type":"fly"}',
        '{"type":["set"]}',
        '{"type":"set","seq":1}',
        '{"type":"set","seq":-1,"values":{}}',
        '{"type":"set","seq":4294967296,"values":{}}',
        '{"type":"set","seq":1.5,"values":{}}',
        '{"type":"set","values":[]}',
        '{"type":"set","time":NaN,"values":{}}',
        '{"type":"set","time":1e999,"values":{}}',
        '{"type":"set","values":{"a":1e999}}',
        '{"type":"seed","seed":"5"}',
        '{"type":"pick","field_seed":1,"x":null,"y":0}',
        '{"type":"model","action":"explode"}',
        '{"type":"set","values":{"a":' + "[" * 30_000 + "]" * 30_000 + "}}",
    ],
)
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="Not a message of the studio"):
        json_messages.read(text)


@given(st.text(max_size=60) | ALMOST.map(json.dumps))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Malformed):
        json_messages.read(text)


def test_what_the_server_says_is_json_even_where_a_model_speaks_nonsense() -> None:
    hello = json_messages.Hello(
        model={"name": "m"},
        info=None,
        live=True,
        state="running",
        message="",
        device=None,
        facts={"loss": math.nan},
        values={},
        origin={"seed": 5},
    )
    assert json.loads(json_messages.write(hello)) == {
        "type": "hello",
        "walk": False,
        "blackout": False,
        "version": 1,
        "model": {"name": "m"},
        "info": None,
        "live": True,
        "owns": False,
        "state": "running",
        "message": "",
        "device": None,
        "facts": {"loss": None},
        "values": {},
        "origin": {"seed": 5},
        "theirs": [],
    }
    assert json.loads(json_messages.write(json_messages.Error("No.", "z", 3))) == {
        "type": "error",
        "message": "No.",
        "input": "z",
        "seq": 3,
    }
