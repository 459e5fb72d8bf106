"""Texts that go on: from prompts to so many characters, part by part, several at once."""

import codecs
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taxiway.core.model import Progress
from taxiway.families.text.network import Network, choose
from taxiway.families.text.tokens import Tokens

AT_ONCE = 32
"""Tokens of a prompt that are read in one go; in between it can be stopped."""
PART_SECONDS = 0.05
MOST, MOST_BYTES = 8, 2**30
"""Texts that are written together, and what they remember all in all."""


@dataclass(frozen=True)
class Wish:
    """What is to be written: `length` characters after the prompt, fewer where the text ends."""

    prompt: str
    length: int
    seed: int
    temperature: float
    top_k: int
    top_p: float


@dataclass(frozen=True)
class Written:
    """The characters after the prompt so far, and whether the text has come to its end.

    It is whole once it has ended, or has all that was asked for.
    """

    text: str
    has_ended: bool = False
    is_whole: bool = False


class Writer:
    """A network and its vocabulary."""

    def __init__(self, network: Network, tokens: Tokens) -> None:
        self.network, self.tokens = network, tokens
        self.context, self.ends = network.sizes.n_positions, network.sizes.ends
        one = network.begin().kept.nbytes
        self.at_once = min(MOST, max(1, MOST_BYTES // one))
        """How many texts are written together."""

    def write(self, wishes: Sequence[Wish]) -> Iterator[list[Written] | Progress]:
        """What there is of up to `at_once` texts, about twenty times a second; the last is all.

        Each is what it would be alone, to the letter.
        """
        texts = [Text(self, wish) for wish in wishes]
        for text in texts:
            yield from text.read_prompt()
        shown = time.monotonic()
        while going := [text for text in texts if not text.written.is_whole]:
            self._go_on(going)
            if time.monotonic() - shown > PART_SECONDS:
                yield [text.written for text in texts]
                shown = time.monotonic()
        yield [text.written for text in texts]

    def _go_on(self, texts: list["Text"]) -> None:
        """Write a token further in each."""
        for text in texts:
            text.make_room()
        ready = [text for text in texts if len(text.fresh) == 1]
        memories, tokens = [text.memory for text in ready], [text.fresh[0] for text in ready]
        found = dict(zip(map(id, ready), self.network.each(memories, tokens), strict=True))
        for text in texts:
            alone = found.get(id(text))
            text.take(self.network.logits(text.memory, text.fresh) if alone is None else alone)

    def beginning(self) -> list[int]:
        """What stands before a text: the end of another, and an empty line."""
        return [*sorted(self.ends)[:1], *self.tokens.encode("\n\n")]

    def fitting(self, ids: list[int]) -> list[int]:
        """The end of a prompt that leaves half of the context free, from the start of a word on."""
        most = self.context // 2
        if len(ids) <= most:
            return ids
        first = len(ids) - most
        starts = (at for at in range(first, len(ids)) if self._starts_word(ids[at]))
        return ids[next(starts, first) :]

    def _starts_word(self, token: int) -> bool:
        return self.tokens.bytes_of(token)[:1] in (b" ", b"\n")


class Text:
    """One text in the making; `fresh` are its tokens that are yet to be read."""

    def __init__(self, writer: Writer, wish: Wish) -> None:
        self._writer, self._wish = writer, wish
        self.memory, self.fresh = writer.network.begin(), list[int]()
        self.written = Written("", is_whole=wish.length <= 0)
        self._read, self._text = list[int](), ""
        self._rng = np.random.default_rng(wish.seed)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def read_prompt(self) -> Iterator[Progress]:
        """All of it but the last token; says where that takes long, or not all is read."""
        writer = self._writer
        ids = writer.tokens.encode(self._wish.prompt) or writer.beginning()
        kept = writer.fitting(ids)
        if len(kept) < len(ids):
            yield Progress(
                0, f"The prompt has {len(ids):,} tokens; its last {len(kept):,} are read."
            )
        self._read, self.fresh, before = kept, kept[-1:], kept[:-1]
        for at in range(0, len(before), AT_ONCE):
            writer.network.logits(self.memory, before[at : at + AT_ONCE])
            if len(kept) > 2 * AT_ONCE:
                yield Progress(0, f"Reading the prompt: {at + AT_ONCE:,} of {len(kept):,} tokens.")

    def make_room(self) -> None:
        """Where the context is full, half of it is to be read again."""
        if self.memory.read + len(self.fresh) > self._writer.context:
            self.fresh = self._read[-(self._writer.context // 2) :]
            self.memory.forget()

    def take(self, logits: NDArray[np.float32]) -> None:
        """Draw the next token from its logits [V]."""
        writer, wish = self._writer, self._wish
        token = choose(logits, self._rng, wish.temperature, wish.top_k, wish.top_p)
        if token in writer.ends:
            self._text += self._decoder.decode(b"", final=True)
            self.written = Written(self._text, has_ended=True, is_whole=True)
            return
        self.fresh, self._read = [token], [*self._read[-writer.context :], token]
        self._text += self._decoder.decode(writer.tokens.bytes_of(token))
        is_whole = len(self._text) >= wish.length
        self.written = Written(self._text[: wish.length], is_whole=is_whole)
