"""What came by OSC: a line for everything, where that is wanted; and what does nothing, and why."""

from collections import Counter
from collections.abc import Callable
from difflib import get_close_matches

from taxiway.live.messages.moves import Message
from taxiway.servers.osc.subscribers import Address
from taxiway.web.notices import shortened
from taxiway.web.rate_limit import RateLimit

LINES = 20
"""A second, in the terminal and in the studio each; what is beyond is counted in the next line."""
LOOKS, REMEMBERED_SECONDS = 4, 10.0
"""A second, for addresses that were meant; for so long what was found is not looked for again."""
MOST_ARGUMENTS = 4
AGAIN_SECONDS = 1.0
"""So often is told how many times what was told came again."""
OTHERS = "Other messages did nothing either."
ALIKE = 0.6
"""How alike two addresses are of which the one is named for the other, from 0 to 1."""


class Monitor:
    """Tells people what programs send, each thing once and then how often it came again.

    `report` takes a sender, a sentence that is news, and how many messages it is true of; `later`
    has something done after so many seconds.
    """

    def __init__(
        self,
        report: Callable[[str, str, int], None],
        clock: Callable[[], float],
        print_line: Callable[[str], None] | None = None,
        later: Callable[[float, Callable[[], None]], object] = lambda seconds, work: None,
    ) -> None:
        self._report, self._print = report, print_line
        self._clock, self._later = clock, later
        self._told: dict[tuple[Address, str], str] = {}
        self._again: Counter[tuple[Address, str]] = Counter()
        self._others: Counter[Address] = Counter()
        self._news, self._lines = (RateLimit(LINES, LINES, clock) for _ in range(2))
        self._near = RateLimit(LOOKS, LINES, clock)
        self._found: dict[str, tuple[float, str | None]] = {}
        self._unprinted = 0

    def received(self, messages: list[Message], source: Address) -> None:
        """A line for each message, where somebody wants them."""
        for message in messages if self._print else ():
            values = [written(value) for value in message.arguments[:MOST_ARGUMENTS]]
            if more := len(message.arguments) - MOST_ARGUMENTS:
                values += [f"and {more} more"] if more > 0 else []
            self._line(" ".join([name_of(source), shortened(message.address), *values]))

    def unknown(self, address: str, source: Address, known: Callable[[], list[str]]) -> None:
        """Nothing has that address; `known` lists those that there are."""
        # A flood of what was told already, or is told to nobody, must cost nothing.
        if self.again(address, source):
            return
        sentence = f"{shortened(address)} is no address here"
        if not self._news.spend():
            self._count_other(f"{sentence}.", source)
            return
        near = self._meant(address, known)
        self._tell(address, f"{sentence}; {near} is." if near else f"{sentence}.", source)

    def say(self, sentence: str, source: Address) -> None:
        """Something that came from `source` did nothing: why, in a sentence."""
        if self.again(sentence, source):
            return
        if self._news.spend():
            self._tell(sentence, sentence, source)
        else:
            self._count_other(sentence, source)

    def again(self, about: str, source: Address) -> bool:
        """Count once more what was told of a sender a moment ago; False if it was not."""
        sentence = self._told.get((source, about))
        if sentence is None:
            return False
        self._again[source, about] += 1
        if self._print:
            self._line(f"{name_of(source)} {sentence}")
        return True

    def _tell(self, about: str, sentence: str, source: Address) -> None:
        self._report(name_of(source), sentence, 1)
        self._begin_counting()
        self._told[source, about] = sentence
        if self._print:
            self._line(f"{name_of(source)} {sentence}")

    def _count_other(self, sentence: str, source: Address) -> None:
        self._begin_counting()
        has_place = source in self._others or len(self._others) < LINES
        self._others[source if has_place else next(iter(self._others))] += 1
        if self._print:
            self._line(f"{name_of(source)} {sentence}")

    def _begin_counting(self) -> None:
        if not self._told and not self._others:
            self._later(AGAIN_SECONDS, self._tell_again)

    def _tell_again(self) -> None:
        for (source, about), times in self._again.items():
            self._report(name_of(source), self._told[source, about], times)
        for source, times in self._others.items():
            self._report(name_of(source), OTHERS, times)
        self._told, self._again, self._others = {}, Counter(), Counter()

    def _meant(self, address: str, known: Callable[[], list[str]]) -> str | None:
        """The address that was meant, perhaps; what was found lately is remembered."""
        at, near = self._found.get(address, (-REMEMBERED_SECONDS, None))
        if self._clock() - at < REMEMBERED_SECONDS:
            return near
        # To look for one takes as long as hearing hundreds of messages, and holds up all others.
        if not self._near.spend():
            return None
        near = nearest(address, known())
        self._found = {**self._found, address: (self._clock(), near)}
        if len(self._found) > LINES:
            del self._found[next(iter(self._found))]
        return near

    def _line(self, line: str) -> None:
        if self._print is None:
            return
        if not self._lines.spend():
            self._unprinted += 1
            return
        if self._unprinted:
            self._print(f"OSC and {self._unprinted} lines more")
            self._unprinted = 0
        self._print(f"OSC {line}")


def name_of(source: Address) -> str:
    """A sender as people write it."""
    host, port = source
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def written(value: object) -> str:
    """An argument, in short."""
    return f"{value:.6g}" if isinstance(value, float) else shortened(str(value))


def nearest(address: str, known: list[str]) -> str | None:
    """The address that was meant, perhaps; `/Z/12` is like `/z/12`."""
    plain = address.lower().rstrip("/")[:100]
    head, _, tail = plain.rpartition("/")
    if tail.isdecimal() and f"{head}/0" in known:
        return plain
    found = get_close_matches(plain, [each for each in known if not each.endswith("/0")], 1, ALIKE)
    return found[0] if found else None
