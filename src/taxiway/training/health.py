"""What goes wrong in trainings, said in words: once each time it begins."""

from collections.abc import Iterator, Mapping

PATIENCE = 5.0
"""kimg for which something must have been so."""


class Notices:
    """Remembers what has been said; a trainer's warnings go through it."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._said: set[str] = set()

    def lasting(
        self, text: str, wrong: bool, kimg: float, figures: Mapping[str, float]
    ) -> Iterator[str]:
        """The text, filled with the figures, when it has been wrong for long enough."""
        if not wrong:
            self._since.pop(text, None)
        began = self._since.setdefault(text, kimg) if wrong else kimg
        yield from self.once(text, wrong and kimg - began >= PATIENCE, figures)

    def once(self, text: str, wrong: bool, figures: Mapping[str, float]) -> Iterator[str]:
        """The text, filled with the figures, when it begins to be wrong."""
        if not wrong:
            self._said.discard(text)
        elif text not in self._said:
            self._said.add(text)
            yield text.format(**figures)
