"""Workspaces of running models: all that is set up, taken into one file, and set up again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from msgspec import Struct

from taxiway.core.errors import TaxiwayError
from taxiway.live import workspace
from taxiway.live.chains import Chains
from taxiway.live.session import LiveSession
from taxiway.live.workspace import Place, Text


class Played(Struct):
    """A model that runs, with what it was started with."""

    session: LiveSession
    options: dict[str, Any]
    command: str | None
    report: Callable[[str], None]


class Workspaces:
    """Saves what `played` gives; `start` begins to start a model by its card's name."""

    def __init__(
        self,
        played: Callable[[], Sequence[Played]],
        start: Callable[[str, dict[str, Any], str | None], Awaitable[Any]],
        ready: Callable[[str], Awaitable[None]],
        chains: Chains,
    ) -> None:
        self._played, self._start, self._ready, self._chains = played, start, ready, chains
        self._working: set[asyncio.Task[None]] = set()

    async def save(self) -> bytes:
        """All that runs, as one file."""
        places = [
            await workspace.taken(each.session, each.options, each.command)
            for each in self._played()
        ]
        return workspace.packed(places, self._chains.links)

    async def reopen(self, data: bytes) -> list[str]:
        """Start the models of a workspace that do not run, and set all of them up once they do.

        What else runs stays. Gives a sentence for each model that cannot be started; what goes
        wrong later is reported where it happens. Raises InvalidArgument for what is no workspace.
        """
        found, said = workspace.unpacked(data), list[str]()
        for place in found.models:
            try:
                await self._start(place.name, place.options, place.command)
            except TaxiwayError as error:
                said.append(str(error))
        task = asyncio.create_task(self._set_up(found))
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return said

    async def close(self) -> None:
        """Set nothing up any more."""
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    async def _set_up(self, found: Text) -> None:
        await asyncio.gather(*map(self._apply, found.models))
        there = {each.session.spec.name: each for each in self._played()}
        for link in found.chains:
            if link.target not in there:
                continue
            try:
                await self._chains.add(link)
            except TaxiwayError as error:
                there[link.target].report(str(error))

    async def _apply(self, place: Place) -> None:
        each = next((one for one in self._played() if one.session.spec.name == place.name), None)
        if each is None:
            return
        try:
            await self._ready(place.name)
        except TaxiwayError as error:
            each.report(str(error))
            return
        for sentence in workspace.apply(each.session, place):
            each.report(sentence)
            each.session.report(sentence)
