"""OSC addresses as inputs of the model."""

from typing import Any

import numpy as np
import pytest

from session_fakes import GENERATE
from taxiway.core.command import Command
from taxiway.core.datatypes import Boolean, Number
from taxiway.core.errors import InvalidArgument
from taxiway.live.messages.moves import Message, changes


def changed(*messages: Message, **current: Any) -> dict[str, Any]:
    return changes(GENERATE, current, messages)


def test_scalars_go_by_their_name() -> None:
    assert changed(Message("/truncation", [0.5]), Message("/seed", [7])) == {
        "truncation": 0.5,
        "seed": 7,
    }


def test_many_numbers_are_the_vector() -> None:
    z = np.arange(512.0)
    assert np.array_equal(changed(Message("/z", z.tolist()))["z"], z)


def test_whole_rows_are_a_vector_for_each_layer() -> None:
    assert changed(Message("/w", [0.5] * 2048))["w"].shape == (4, 512)


def test_one_number_of_a_vector_leaves_the_others_and_the_old_vector() -> None:
    z = np.ones(512, np.float32)
    moved = changed(Message("/z/3", [5.0]), Message("/z/511", [6.0]), z=z)["z"]
    assert (moved[3], moved[511], moved.sum()) == (5, 6, 521)
    assert z.sum() == 512


def test_one_number_of_a_vector_that_is_not_set_begins_at_zero() -> None:
    assert changed(Message("/z/0", [2]))["z"].sum() == 2
    assert changed(Message("/z", [1.0]), Message("/z/500", [2]))["z"].sum() == 2


def test_one_number_moves_in_every_layer() -> None:
    moved = changed(Message("/w/1", [5.0]), w=np.zeros((4, 512), np.float32))["w"]
    assert moved[:, 1].tolist() == [5] * 4


def test_a_switch_may_come_as_a_number() -> None:
    command = Command(name="do", inputs={"on": Boolean()}, outputs={})
    assert changes(command, {}, [Message("/on", [1.0])]) == {"on": True}
    assert changes(command, {}, [Message("/on", [0])]) == {"on": False}


def test_other_addresses_are_left_out() -> None:
    assert changed(Message("/ping"), Message("/"), Message("/fader/1", [0.1])) == {}
    assert changed(Message("/truncation/x", [0.5])) == {}
    assert changed(Message("/truncation/", [0.5])) == {"truncation": 0.5}


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (Message("/truncation"), "'truncation' takes one value, got 0."),
        (Message("/z", ["a"]), "'z' takes numbers."),
        (Message("/z/512", [1.0]), "'z' has numbers 0 to 511, got '512'."),
        (Message("/z/-1", [1.0]), "'z' has numbers 0 to 511, got '-1'."),
        (Message("/z/²", [1.0]), "'z' has numbers 0 to 511, got '²'."),
        (Message("/z/1", [1.0, 2.0]), "'z/1' takes one number, got 2."),
    ],
)
def test_what_does_not_fit_is_named(message: Message, words: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        changed(message)
    assert str(caught.value) == words


def test_short_names_of_inputs_are_addresses_too() -> None:
    assert changed(Message("/psi", [0.5])) == {"truncation": 0.5}
    own = Command(name="do", inputs={"psi": Number(), "truncation": Number()}, outputs={})
    assert changes(own, {}, [Message("/psi", [2])]) == {"psi": 2}
    assert changes(Command(name="do", inputs={}, outputs={}), {}, [Message("/psi", [2])]) == {}
