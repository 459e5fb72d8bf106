"""GPT-2's byte-level pair encoding, from a tokenizer.json: text to tokens and back.

Ours rather than the package `tokenizers`, which brings a client of the hub and all that that
needs; the tests hold it against that one.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import Any

import msgspec
from msgspec import Struct, field

from taxiway.core.errors import UnreadableCheckpoint

CONTRACTION = re.compile("'(?:[stmd]|re|ve|ll)")
PIECE = re.compile(r" ?L+| ?N+| ?O+|[ S]+(?![LNO])|[ S]+")
"""A word, a number, signs or white space, by the kinds of characters that `kind` tells."""
KEPT = 1 << 16
"""Pieces whose tokens are remembered."""


class Part(Struct, rename={"kind": "type"}):
    """A pre-tokenizer, or one of several in a row."""

    kind: str = ""
    add_prefix_space: bool = False
    use_regex: bool = True
    pretokenizers: list["Part"] = []


class Pairs(Struct, rename={"kind": "type"}):
    """The vocabulary, and the pairs that are merged, first ones first."""

    vocab: dict[str, int]
    merges: list[str | tuple[str, str]]
    kind: str = "BPE"


class Added(Struct):
    """A token beside those of the vocabulary, such as the end of a text."""

    id: int
    content: str


class Description(Struct):
    """What there is in a tokenizer.json that matters here."""

    model: Pairs
    pre_tokenizer: Part | None = None
    normalizer: Any = None
    added_tokens: list[Added] = field(default_factory=list)


class Tokens:
    """A vocabulary."""

    def __init__(self, data: bytes, most: int) -> None:
        """Of a tokenizer.json, for a network that knows `most` tokens.

        Raises UnreadableCheckpoint where it is damaged, of another kind, or too large for it.
        """
        try:
            said = msgspec.json.decode(data, type=Description)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise UnreadableCheckpoint(f"The tokenizer.json is not GPT-2's: {error}.") from None
        check(said)
        vocabulary = said.model.vocab
        added = {each.id: each.content for each in said.added_tokens}
        if max([*vocabulary.values(), *added], default=most) >= most:
            raise UnreadableCheckpoint(f"The tokenizer.json has other tokens than the {most} of "
                                       "the network.")  # fmt: skip
        letters, values = alphabet(), {letter: byte for byte, letter in enumerate(alphabet())}
        if missing := [letter for letter in letters if letter not in vocabulary]:
            raise UnreadableCheckpoint(f"The tokenizer.json lacks {len(missing)} of the 256 bytes.")
        self._letters, self._ids, self._ends = letters, vocabulary, frozenset(added)
        pairs = (each.split(" ") if isinstance(each, str) else each for each in said.model.merges)
        self._ranks = {tuple(pair): rank for rank, pair in enumerate(pairs)}
        self._bytes = {
            number: bytes(values[letter] for letter in token)
            for token, number in vocabulary.items()
            if number not in added and all(letter in values for letter in token)
        }
        self._merged = lru_cache(KEPT)(self._merge)

    def encode(self, text: str) -> list[int]:
        """The tokens of a text; what cannot be UTF-8 (half a pair of surrogates) becomes "?"."""
        text = text.encode("utf-8", "replace").decode()
        return [number for piece in pieces(text) for number in self._merged(piece)]

    def bytes_of(self, token: int) -> bytes:
        """The bytes that a token stands for, perhaps a part of a character; none of a mark's."""
        return self._bytes.get(token, b"")

    def _merge(self, piece: str) -> tuple[int, ...]:
        """The tokens of a piece: its bytes, of which the pair that was learnt first is joined."""
        parts = [self._letters[byte] for byte in piece.encode()]
        while len(parts) > 1:
            pairs = list(pairwise(parts))
            best = min(pairs, key=lambda pair: self._ranks.get(pair, 1 << 60))
            if best not in self._ranks:
                break
            joined, at = list[str](), 0
            while at < len(parts):
                pair = tuple(parts[at : at + 2])
                joined.append("".join(pair) if pair == best else parts[at])
                at += 2 if pair == best else 1
            parts = joined
        return tuple(self._ids[part] for part in parts)


def check(said: Description) -> None:
    """Raise UnreadableCheckpoint for a tokenizer of another kind than GPT-2's."""
    first = said.pre_tokenizer or Part()
    steps = first.pretokenizers if first.kind == "Sequence" else [first]
    plain = all(
        step.kind == "ByteLevel" and step.use_regex and not step.add_prefix_space for step in steps
    )
    if said.model.kind != "BPE" or said.normalizer is not None or not plain or len(steps) != 1:
        raise UnreadableCheckpoint(
            f"The tokenizer.json is of the kind {said.model.kind} with {first.kind or 'nothing'}, "
            "not GPT-2's byte-level BPE."
        )
    there = said.model.vocab
    for each in said.model.merges:
        pair = each.split(" ") if isinstance(each, str) else each
        if len(pair) != 2 or "".join(pair) not in there:
            raise UnreadableCheckpoint(f"The tokenizer.json merges {pair!r:.60} to no token.")


def pieces(text: str) -> list[str]:
    """A text in the pieces that are encoded each for itself."""
    kinds, found, at = "".join(map(kind, text)), list[str](), 0
    while at < len(text):
        match = CONTRACTION.match(text, at) or PIECE.match(kinds, at)
        assert match is not None  # of every kind of character there is a piece
        found.append(text[at : match.end()])
        at = match.end()
    return found


@lru_cache(KEPT)
def kind(character: str) -> str:
    """L of a letter, N of a number, O of another sign, S of white space that is no " "."""
    if character == " ":
        return " "
    if character.isspace() and character not in "\x1c\x1d\x1e\x1f":
        return "S"
    category = unicodedata.category(character)[0]
    return category if category in "LN" else "O"


def alphabet() -> list[str]:
    """The letter that stands for each of the 256 bytes: itself where it can be printed."""
    printed = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte) if byte in printed else chr(next(others)) for byte in range(256)]
