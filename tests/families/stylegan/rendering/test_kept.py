"""Answers that are kept: the very same, for the very same inputs, and not too many of them."""

from typing import Any

import numpy as np
import pytest

from players import FIXTURES
from taxiway.families.stylegan.rendering.kept import KeptNetwork
from taxiway.families.stylegan.rendering.opening import open_model


class Counting:
    """Adds its inputs up, and counts how often."""

    def __init__(self) -> None:
        self.calls = 0

    def run(self, inputs: Any) -> dict[str, Any]:
        self.calls += 1
        return {"sum": inputs["a"] + inputs.get("b", 0)}


def of(*numbers: float) -> np.ndarray:
    return np.array(numbers, np.float32)


def test_the_same_inputs_are_computed_once() -> None:
    network = Counting()
    kept = KeptNetwork(network, 4)
    first = kept.run({"a": of(1, 2), "b": 3})
    again = kept.run({"b": 3, "a": of(1, 2)})
    assert network.calls == 1
    assert again["sum"] is first["sum"]
    assert again["sum"].tolist() == [4, 5]


@pytest.mark.parametrize(
    "other",
    [
        {"a": of(1, 2.0000002)},
        {"a": of(1, 2)[None]},
        {"a": of(1, 2).astype(np.float64)},
        {"a": of(1, 2), "b": 0},
        {"a": of(1, 2), "noise_mode": "const"},
    ],
    ids=str,
)
def test_what_differs_in_the_least_is_computed_anew(other: dict[str, Any]) -> None:
    network = Counting()
    kept = KeptNetwork(network, 4)
    kept.run({"a": of(1, 2)})
    kept.run(other)
    assert network.calls == 2


def test_noise_that_is_drawn_anew_is_never_kept() -> None:
    network = Counting()
    kept = KeptNetwork(network, 4)
    for _ in range(3):
        kept.run({"a": of(1), "noise_mode": "random"})
    assert network.calls == 3


def test_the_oldest_that_nobody_asked_for_is_let_go() -> None:
    network = Counting()
    kept = KeptNetwork(network, 2)
    for number in (1, 2, 1, 3, 1):
        kept.run({"a": of(number)})
    assert network.calls == 3
    kept.run({"a": of(2)})
    assert network.calls == 4


def test_an_answer_cannot_be_changed() -> None:
    answer = KeptNetwork(Counting(), 2).run({"a": of(1)})
    with pytest.raises(ValueError, match="read-only"):
        answer["sum"][0] = 9


def test_a_model_that_is_played_draws_and_maps_what_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    renderer, command, *_ = open_model(str(FIXTURES / "stylegan2-ada_32.pkl"), "cpu", "float32")
    ran: list[str] = []
    for kept, name in ((renderer._mapping, "mapping"), (renderer._synthesis, "synthesis")):
        run = kept._network.run
        monkeypatch.setattr(
            kept,
            "_network",
            type("Told", (), {"run": lambda self, i, r=run, n=name: (ran.append(n), r(i))[1]})(),
        )

    def asked(**values: Any) -> np.ndarray:
        ran.clear()
        return renderer.answer([command.decode({"noise_mode": "const", **values})])[0]

    first = asked(seed=1, truncation=0.5)
    assert ran == ["mapping", "synthesis"]
    assert (asked(seed=1, truncation=0.5) == first).all()
    assert ran == []
    other = asked(seed=1, truncation=0.6)
    assert ran == ["synthesis"]
    assert (other != first).any()
    asked(seed=2, truncation=0.5)
    assert ran == ["mapping", "synthesis"]
    asked(seed=2, truncation=0.5, noise_mode="random")
    assert ran == ["synthesis"]
