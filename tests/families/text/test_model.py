"""GPT-2 as a model: the names that sketches send and read, and what it refuses."""

from typing import Any

import pytest

from paths import FIXTURES
from taxiway.core.command import Values
from taxiway.core.errors import InvalidArgument
from taxiway.core.model import Finished
from taxiway.families.text.model import GPT2


@pytest.fixture(scope="module")
def model() -> GPT2:
    made = GPT2()
    made.setup("cpu", {"checkpoint": str(FIXTURES / "text_tiny.safetensors")})
    return made


def ask(model: GPT2, command: str, *wires: dict[str, Any]) -> list[Values]:
    calls = [model.commands[command].decode(wire) for wire in wires]
    *_, last = model.predict(command, calls)
    assert isinstance(last, list)
    return last


def test_both_generations_get_their_names(model: GPT2) -> None:
    (local,) = ask(model, "generate", {"prompt": "the", "seed": 20})
    assert local.keys() == {"generated_text", "text", "encountered_end"}
    assert local["text"] == local["generated_text"]
    assert local["text"].startswith("the")
    (hosted,) = ask(model, "generate_batch", {"prompt": "the"})
    assert hosted.keys() == {"generated_text", "encountered_end"}
    assert len(hosted["generated_text"]) == 3 + 64 or hosted["encountered_end"]


def test_its_numbers_are_runways(model: GPT2) -> None:
    said = {each["name"]: each for each in model.commands["generate_batch"].describe()["inputs"]}
    numbers = {
        name: [said[name].get(key) for key in ("min", "max", "step", "default")]
        for name in ("max_characters", "top_p", "seed")
    }
    assert numbers == {
        "max_characters": [8, 1024, 1, 64],
        "top_p": [0.1, 1, 0.1, 0.9],
        "seed": [0, 1000, 1, 1000],
    }


def test_a_variant_s_names_mean_the_same(model: GPT2) -> None:
    usual = {"prompt": "in the", "max_characters": 20, "temperature": 0.7, "top_p": 0.5}
    variant = {"input_prompt": "in the", "length": 20, "temperature": 0.7, "top_p": 0.5}
    for command in model.commands:
        assert ask(model, command, usual) == ask(model, command, variant)


def test_calls_in_a_batch_answer_as_alone(model: GPT2) -> None:
    wires = [{"prompt": "the", "seed": 1, "length": 9}, {"prompt": "in", "seed": 2, "length": 30}]
    assert ask(model, "generate", *wires) == [ask(model, "generate", wire)[0] for wire in wires]


def test_a_short_text_is_sent_while_a_long_one_goes_on(
    model: GPT2, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taxiway.families.text.writing.PART_SECONDS", 0)
    wires = [{"prompt": "the", "length": 90, "temperature": 0}, {"prompt": "a", "length": 2}]
    calls = [model.commands["generate"].decode(wire) for wire in wires]
    parts = [part for part in model.predict("generate", calls) if isinstance(part, list)]
    whole = [[isinstance(answer, Finished) for answer in part] for part in parts]
    assert [True, True] in whole
    assert [False, True] in whole
    assert whole[-1] == [True, True]


def test_what_lies_outside_of_runways_bounds_is_taken_as_it_is_meant(model: GPT2) -> None:
    wild = {"prompt": "a", "seed": -3.7, "top_p": -1, "top_k": -5, "temperature": -1, "length": 3}
    (found,) = ask(model, "generate", wild)
    assert len(found["text"]) == 4
    for length in (0, 10_001, -8):
        asked = {"prompt": "a", "max_characters": length}
        (refused,) = ask(model, "generate", asked)
        assert isinstance(refused, InvalidArgument)
        assert "takes 1 to 10,000 characters" in str(refused)
        assert refused.name == "max_characters"
        assert ask(model, "generate", asked, wild)[1] == found, "it concerns no other"


def test_it_says_how_large_it_is_and_how_far_it_looks_back(model: GPT2) -> None:
    assert model.facts["device"] == "cpu"
    assert model.facts["notes"] == [
        "0.0 million numbers, computed by numpy; it looks back 24 tokens"
    ]
