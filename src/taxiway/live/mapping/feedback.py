"""What faders with motors, rings and lights are to show, so that hardware follows the controls.

At most 30 times a second, what changed only; and a fader is not told what it moved itself, or its
motor would fight the hand. A key and an endless encoder have none, so their lights are told always.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from taxiway.core.errors import TaxiwayError
from taxiway.live.mapping.bindings import Binding
from taxiway.live.mapping.targets import KEYS, current, kind_of, source_of

if TYPE_CHECKING:
    from taxiway.live.mapping.mapping import SignalMapping
    from taxiway.live.session import LiveSession

Show = Callable[[Sequence[tuple[str, float]]], None]
PERIOD_SECONDS = 1 / 30


class Feedback:
    """Tells whoever listens, while somebody does, first how all stands."""

    def __init__(self, session: "LiveSession", mapping: "SignalMapping") -> None:
        self._session, self._mapping = session, mapping
        self._listeners: dict[Show, dict[str, float]] = {}
        self._changed = asyncio.Event()

    def listen(self, show: Show) -> Callable[[], None]:
        """Call `show` with signals as they would come in, names and numbers; the result ends it."""
        self._listeners[show] = {}
        self.look()

        def end() -> None:
            self._listeners.pop(show, None)

        return end

    def look(self) -> None:
        """Something changed."""
        self._changed.set()

    async def run(self) -> None:
        """Tell for ever."""
        stops = [
            self._session.controls.follow(lambda values, at: self.look()),
            self._session.events.listen(lambda event: self.look()),
        ]
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                if self._listeners:
                    self._tell()
                await asyncio.sleep(PERIOD_SECONDS)
        finally:
            for stop in stops:
                stop()

    def _tell(self) -> None:
        now = {
            each.signal: found for each in self._mapping.bindings if (found := self._state(each))
        }
        for show, told in list(self._listeners.items()):
            news = [
                (name, value) for name, (value, is_its) in now.items() if told.get(name) != value
            ]
            told.update(news)
            if wanted := [(name, value) for name, value in news if not now[name][1]]:
                show(wanted)

    def _state(self, binding: Binding) -> tuple[float, bool] | None:
        """What would come in for the value that stands there, and whether its own fader set it."""
        if not binding.signal.startswith("midi:"):
            return None
        with suppress(TaxiwayError):
            address = self._session.addresses.find(binding.to)
            value = current(self._session, address, binding.to)
            if value is not None and not address.is_trigger:
                has_motor = not binding.relative and kind_of(binding.signal) not in KEYS
                is_its = has_motor and address.by() == source_of(binding)
                return round(binding.comes_in(value), 5), is_its
        return None
