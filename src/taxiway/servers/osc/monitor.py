"""What came by OSC: a line for everything, where that is wanted; and what does nothing, and why."""

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
ALIKE = 0.6
"""How alike two addresses are of which the one is named for the other, from 0 to 1."""


class Monitor:
    """Tells people what programs send; `report` takes a sender and a sentence that is news."""

    def __init__(
        self,
        report: Callable[[str, str], None],
        clock: Callable[[], float],
        print_line: Callable[[str], None] | None = None,
    ) -> None:
        self._report, self._print = report, print_line
        self._clock = clock
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
        # A flood of what is not told to anybody must cost nothing.
        if not self._news.spend():
            if self._print:
                self._line(f"{name_of(source)} {shortened(address)} is no address here.")
            return
        near = self._meant(address, known)
        sentence = f"{shortened(address)} is no address here"
        self._tell(f"{sentence}; {near} is." if near else f"{sentence}.", source)

    def say(self, sentence: str, source: Address) -> None:
        """Something that came from `source` did nothing: why, in a sentence."""
        if self._news.spend():
            self._tell(sentence, source)
        elif self._print:
            self._line(f"{name_of(source)} {sentence}")

    def _tell(self, sentence: str, source: Address) -> None:
        self._report(name_of(source), sentence)
        if self._print:
            self._line(f"{name_of(source)} {sentence}")

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
