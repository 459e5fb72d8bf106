"""Texts that go on: to so many characters, in parts, and past the end of the context."""

from itertools import islice
from typing import Any

import numpy as np
import pytest

from families.text import tiny
from paths import FIXTURES
from taxiway.core.model import Progress
from taxiway.families.text import files
from taxiway.families.text.network import Network
from taxiway.families.text.tokens import Tokens
from taxiway.families.text.writing import Wish, Writer, Written


@pytest.fixture(scope="module")
def writer() -> Writer:
    found = files.read(FIXTURES / "text_tiny.safetensors")
    tokens = Tokens(found.tokenizer, found.sizes.vocab_size)
    return Writer(Network(found.sizes, found.weights), tokens)


def wish(prompt: str = "the", **more: Any) -> Wish:
    plain = {"length": 60, "seed": 1, "temperature": 1.0, "top_k": 0, "top_p": 1.0}
    return Wish(prompt, **{**plain, **more})


def written(writer: Writer, asked: Wish) -> Written:
    [last] = [*writer.write([asked])][-1:]
    assert isinstance(last, list)
    assert last[0].is_whole
    return last[0]


def test_it_writes_so_many_characters_far_past_its_context(writer: Writer) -> None:
    for length in (1, 8, 300):
        found = next(
            text for seed in range(9)
            if not (text := written(writer, wish(length=length, seed=seed, top_p=0.9))).has_ended
        )  # fmt: skip
        assert len(found.text) == length


def test_a_seed_holds_and_another_writes_another(writer: Writer) -> None:
    texts = [written(writer, wish(seed=seed)).text for seed in (1, 2, 1)]
    assert texts[0] == texts[2] != texts[1]


def test_parts_are_beginnings_of_the_whole(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taxiway.families.text.writing.PART_SECONDS", 0)
    parts = [part[0] for part in writer.write([wish(length=30)]) if isinstance(part, list)]
    assert len(parts) > 5
    for part in parts:
        assert parts[-1].text.startswith(part.text.rstrip("�"))
    assert [*islice(writer.write([wish()]), 2)]  # and what is left unfinished hurts nobody
    assert written(writer, wish(length=30)) == parts[-1]


def test_the_end_of_a_text_ends_it(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    end = np.zeros(tiny.config()["vocab_size"], np.float32)
    end[-1] = 50
    seen = list[int]()
    each = writer.network.each

    def ending(*given: Any) -> list[Any]:
        seen.append(1)
        return [end] if len(seen) > 4 else each(*given)

    monkeypatch.setattr(writer.network, "each", ending)
    found = written(writer, wish(prompt=""))
    assert found.has_ended
    assert len(found.text) < 60


def test_a_long_prompt_is_read_from_the_start_of_a_word_and_that_is_said(writer: Writer) -> None:
    asked = wish(prompt="never read " * 50 + "a the in the in", length=20)
    first = next(iter(writer.write([asked])))
    assert isinstance(first, Progress)
    assert first.message.startswith("The prompt has ")
    assert first.message.endswith(" are read.")
    same = wish(prompt="never read " * 60 + "a the in the in", length=20)
    assert written(writer, asked) == written(writer, same)


@pytest.mark.parametrize("prompt", ["", "日本 ✨ \ud800 é", "\n\n", "<|endoftext|>", "x" * 500])
def test_any_prompt_is_written_on(writer: Writer, prompt: str) -> None:
    found = written(writer, wish(prompt=prompt, length=40, top_p=0.5))
    assert len(found.text) == 40 or found.has_ended
    found.text.encode()


def test_texts_that_are_written_together_are_those_of_each_alone(writer: Writer) -> None:
    """In their order and by their seeds, whoever else is there, also past the context."""
    wishes = [
        wish("the", length=200, seed=3), wish("a", length=9, seed=4), wish("the", length=150),
        wish("", length=40, temperature=0.0), wish("never read " * 60, length=20, top_k=5),
    ]  # fmt: skip
    alone = [written(writer, each) for each in wishes]
    for order in ([0, 1, 2, 3, 4], [4, 2, 0], [3, 1]):
        *_, together = writer.write([wishes[place] for place in order])
        assert together == [alone[place] for place in order]


def test_so_many_are_together_as_there_is_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    found = files.read(FIXTURES / "text_tiny.safetensors")
    network = Network(found.sizes, found.weights)
    tokens = Tokens(found.tokenizer, found.sizes.vocab_size)
    one = network.begin().kept.nbytes
    for bytes_, count in ((10 * one, 8), (3 * one, 3), (one // 2, 1)):
        monkeypatch.setattr("taxiway.families.text.writing.MOST_BYTES", bytes_)
        assert Writer(network, tokens).at_once == count
