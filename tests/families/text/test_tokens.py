"""The encoding, held against the package `tokenizers`."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from families.text import tiny
from taxiway.core.errors import UnreadableCheckpoint
from taxiway.families.text.tokens import Tokens, pieces

MOST = tiny.config()["vocab_size"]
WORDS = st.sampled_from(
    ["the ", " in", "'s", "it'll", "  ", "\n\n", "1½²", "é", "日本", "✨", "\t", "\x1c", "\x85"]
)


@pytest.fixture(scope="module")
def both() -> tuple[Tokens, Any]:
    from tokenizers import Tokenizer

    data = tiny.tokenizer()
    whole = {"version": "1.0", **json.loads(data), "decoder": {"type": "ByteLevel"}}
    for part in (whole["pre_tokenizer"], whole["decoder"]):
        part |= {"trim_offsets": True, "add_prefix_space": False, "use_regex": True}
    more = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    whole["added_tokens"] = [{**each, **more} for each in whole["added_tokens"]]
    return Tokens(data, MOST), Tokenizer.from_str(json.dumps(whole))


@settings(max_examples=150, deadline=None)
@given(text=st.one_of(st.text(max_size=40), st.lists(WORDS, max_size=12).map("".join)))
def test_tokens_are_those_of_the_package(both: tuple[Tokens, Any], text: str) -> None:
    ours, theirs = both
    ids = ours.encode(text)
    assert ids == theirs.encode(text).ids
    assert b"".join(map(ours.bytes_of, ids)).decode() == text


def test_a_hub_s_tokenizer_reads_the_same(saved: tuple[Path, Any, Any]) -> None:
    folder, _, theirs = saved
    ours = Tokens((folder / "tokenizer.json").read_bytes(), 300)
    for text in ("The sea was quiet; where's  the café?\n\n 12", " said she", "日本 ✨"):
        assert ours.encode(text) == theirs.encode(text).ids


def test_words_keep_the_space_before_them() -> None:
    assert pieces("It's  12 o'clock !\n") == [
        "It",
        "'s",
        " ",
        " 12",
        " o",
        "'",
        "clock",
        " !",
        "\n",
    ]
    assert pieces("") == []


def test_the_end_has_no_bytes_and_half_a_character_has_some() -> None:
    tokens = Tokens(tiny.tokenizer(), MOST)
    assert tokens.bytes_of(MOST - 1) == b""
    assert tokens.bytes_of(10**6) == b""
    assert tokens.encode("\ud83d") == tokens.encode("?")
    assert [tokens.bytes_of(each) for each in tokens.encode("é€")] == [
        "é".encode(), b"\xe2", b"\x82", b"\xac"]  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"model": {"type": "WordPiece", "vocab": {}, "merges": []}}, "WordPiece"),
        ({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}, "255 of the 256 bytes"),
        ({"pre_tokenizer": {"type": "Whitespace"}}, "not GPT-2's byte-level BPE"),
        ({"pre_tokenizer": None}, "with nothing"),
        ({"normalizer": {"type": "Lowercase"}}, "not GPT-2's byte-level BPE"),
        ({"added_tokens": [{"id": 5000, "content": "x"}]}, "other tokens"),
        ({"added_tokens": 3}, "is not GPT-2's"),
        ({"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True}}, "byte-level BPE"),
    ],
)
def test_another_tokenizer_is_refused_in_a_sentence(parts: dict[str, Any], said: str) -> None:
    with pytest.raises(UnreadableCheckpoint, match=said):
        Tokens(tiny.tokenizer(**parts), MOST)


def test_merges_to_no_token_are_refused() -> None:
    model = json.loads(tiny.tokenizer())["model"]
    for merges in (["x y"], ["a b c"], [["q", "z"]], ["ab"]):
        with pytest.raises(UnreadableCheckpoint, match="merges"):
            Tokens(tiny.tokenizer(model={**model, "merges": merges}), MOST)
    with pytest.raises(UnreadableCheckpoint, match="is not GPT-2's"):
        Tokens(b"{", MOST)
