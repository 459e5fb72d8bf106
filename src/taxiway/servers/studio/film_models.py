"""The models that cut out of films for the studio: which there are, and how one is asked."""

import asyncio
from typing import TYPE_CHECKING

from msgspec import Struct

from taxiway.core.datatypes import Wire
from taxiway.core.errors import Unavailable
from taxiway.core.images import Pixels, to_data_uri
from taxiway.live.model_manager import ModelManager
from taxiway.masking.asked import SEGMENT, TAKES, Mask, asked, check, cuts_out, levels, mask_in
from taxiway.masking.project import Cut, by_colours
from taxiway.vision.cutting import Hints

if TYPE_CHECKING:
    from taxiway.engine import Engine


class Cutter(Struct):
    """A model that cuts out, as the screen offers it."""

    name: str
    title: str


class FilmModels:
    """Those that run or can be started; lives on the event loop of the engine."""

    def __init__(self, manager: ModelManager, engine: "Engine") -> None:
        self._manager, self._engine = manager, engine

    async def offered(self) -> list[Cutter]:
        """All of them, those that run first."""
        found = {
            each.name: each.title for each in self._manager.running() if self._is_one(each.name)
        }
        for card in await asyncio.to_thread(self._manager.models):
            if {*TAKES} <= {command["name"] for command in card["commands"]}:
                found.setdefault(card["name"], card["title"])
        return [Cutter(name, title) for name, title in found.items()]

    def _is_one(self, name: str) -> bool:
        running = self._engine.running.get(name)
        return running is not None and cuts_out(running.commands.values())

    async def start(self, name: str) -> None:
        """Have a model run and ready. Raises InvalidArgument, NotFound or Unavailable."""
        if not name:
            return
        if all(name != each.name for each in await self.offered()):
            check(name, ())
        if name not in self._engine.running:
            await self._manager.start(name)
        await self._engine.command_of(name)
        check(name, self._engine.running[name].commands.values())

    def cut(self, name: str) -> Cut:
        """What clicks mean by a model that runs, asked on a thread beside the event loop."""
        if not name:
            return by_colours
        loop = asyncio.get_running_loop()

        def ask(pixels: Pixels, hints: Hints, before: Mask | None) -> Mask:
            if name not in self._engine.running:
                raise Unavailable(f"'{name}' does not run: start it, or cut out by another.")
            call = self._engine.run(name, wire_of(pixels, hints, before), SEGMENT)
            return mask_in(asyncio.run_coroutine_threadsafe(call, loop).result())

        return ask


def wire_of(pixels: Pixels, hints: Hints, before: Mask | None) -> dict[str, Wire]:
    """A call's inputs as they come by the wire, pictures as data URIs."""
    found = asked(pixels, hints)
    found["image"] = to_data_uri(pixels, "PNG")
    if before is not None:
        found["mask"] = to_data_uri(levels(before), "PNG")
    return {name: value for name, value in found.items() if value is not None}
