"""Text that goes on: from a prompt to so many characters, part by part."""

import codecs
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from taxiway.core.model import Progress
from taxiway.families.text.network import Network, choose
from taxiway.families.text.tokens import Tokens

AT_ONCE = 32
"""Tokens of a prompt that are read in one go; in between it can be stopped."""
PART_SECONDS = 0.05


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
    """The characters after the prompt so far, and whether the text has come to its end."""

    text: str
    has_ended: bool = False


class Writer:
    """A network and its vocabulary."""

    def __init__(self, network: Network, tokens: Tokens) -> None:
        self.network, self.tokens = network, tokens
        self.context, self._ends = network.sizes.n_positions, network.sizes.ends

    def write(self, wish: Wish) -> Iterator[Written | Progress]:
        """What there is of it, about twenty times a second; the last one is all of it."""
        ids = self.tokens.encode(wish.prompt) or self._beginning()
        kept = self._fitting(ids)
        if len(kept) < len(ids):
            yield Progress(
                0, f"The prompt has {len(ids):,} tokens; its last {len(kept):,} are read."
            )
        yield from self._read_but_last(kept)
        rng, decoder = (
            np.random.default_rng(wish.seed),
            codecs.getincrementaldecoder("utf-8")("replace"),
        )
        read, fresh, text, shown = kept, kept[-1:], "", time.monotonic()
        while len(text) < wish.length:
            if self.network.read + len(fresh) > self.context:  # full: half of it is read again
                fresh = read[-(self.context // 2) :]
                self.network.forget()
            logits = self.network.logits(fresh)
            token = choose(logits, rng, wish.temperature, wish.top_k, wish.top_p)
            if token in self._ends:
                yield Written(text + decoder.decode(b"", final=True), has_ended=True)
                return
            fresh, read = [token], [*read[-self.context :], token]
            text += decoder.decode(self.tokens.bytes_of(token))
            if time.monotonic() - shown > PART_SECONDS:
                yield Written(text[: wish.length])
                shown = time.monotonic()
        yield Written(text[: wish.length])

    def _beginning(self) -> list[int]:
        """What stands before a text: the end of another, and an empty line."""
        return [*sorted(self._ends)[:1], *self.tokens.encode("\n\n")]

    def _fitting(self, ids: list[int]) -> list[int]:
        """The end of a prompt that leaves half of the context free, from the start of a word on."""
        most = self.context // 2
        if len(ids) <= most:
            return ids
        first = len(ids) - most
        starts = (at for at in range(first, len(ids)) if self._starts_word(ids[at]))
        return ids[next(starts, first) :]

    def _starts_word(self, token: int) -> bool:
        return self.tokens.bytes_of(token)[:1] in (b" ", b"\n")

    def _read_but_last(self, ids: list[int]) -> Iterator[Progress]:
        self.network.forget()
        for at in range(0, len(ids) - 1, AT_ONCE):
            self.network.logits(ids[:-1][at : at + AT_ONCE])
            if len(ids) > 2 * AT_ONCE:
                yield Progress(0, f"Reading the prompt: {at + AT_ONCE:,} of {len(ids):,} tokens.")
