"""Chains: the newest output of one running model becomes an input of another, live."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from taxiway.core.command import Command
from taxiway.core.datatypes import AnyDataType, AnyType, Image, Vector
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.core.events import Event, OutputReady
from taxiway.live.session import LiveSession
from taxiway.live.tiles import plays_live

if TYPE_CHECKING:
    from taxiway.engine import Engine

log = logging.getLogger("taxiway.live")


class Link(Struct, frozen=True, kw_only=True):
    """From an output of one model to an input of another; an empty name takes the first fit."""

    source: str
    target: str
    output: str = ""
    input: str = ""


class Chains:
    """All links, each carried by a task; `session_of` gives a model's session or NotFound."""

    def __init__(self, engine: "Engine", session_of: Callable[[str], LiveSession]) -> None:
        self._engine = engine
        self._session_of = session_of
        self._tasks: dict[Link, asyncio.Task[None]] = {}

    @property
    def links(self) -> list[Link]:
        """What is linked, oldest first."""
        return list(self._tasks)

    async def add(self, link: Link) -> Link:
        """Link two models, waiting for both to be set up; returns the link with its names.

        Raises NotFound, Unavailable, or InvalidArgument where no types match or a model would
        feed itself.
        """
        session = self._session_of(link.source)
        self._session_of(link.target)
        giver = await self._engine.command_of(link.source)
        taker = await self._engine.command_of(link.target)
        link = fitted(link, giver, taker)
        if link.source in self._fed_by(link.target):
            raise InvalidArgument(f"'{link.target}' already feeds '{link.source}'.", "target")
        if link not in self._tasks:
            feed = Feed(self._engine, session, link, giver)
            self._tasks[link] = asyncio.create_task(feed.run())
        return link

    def remove(self, link: Link) -> None:
        """Unlink. Raises NotFound."""
        if link not in self._tasks:
            raise NotFound(f"'{link.source}' does not feed '{link.input}' of '{link.target}'.")
        self._tasks.pop(link).cancel()

    def forget(self, model: str) -> None:
        """Unlink a model from everything."""
        for link in self.links:
            if model in (link.source, link.target):
                self.remove(link)

    def close(self) -> None:
        """Unlink everything."""
        for link in self.links:
            self.remove(link)

    def _fed_by(self, model: str) -> set[str]:
        """The model, and all that its outputs end up in."""
        reached = {model}
        for _ in self._tasks:
            reached |= {link.target for link in self._tasks if link.source in reached}
        return reached


class Feed:
    """Carries one link: pictures played live as they are rendered, and every answer to a query."""

    def __init__(self, engine: "Engine", session: LiveSession, link: Link, giver: Command) -> None:
        self._engine, self._session, self._link = engine, session, link
        # Only an instrument renders unasked; of the others the queries' answers are passed on.
        self._is_live = plays_live(giver) and isinstance(giver.outputs[link.output], Image)
        self._stirred = asyncio.Event()
        self._waiting: Any = None
        self._last: Any = None

    async def run(self) -> None:
        """Feed for ever; cancel it to end."""
        unlisten = self._engine.events.listen(self._on_event)
        viewer = self._session.broadcast.join(self._stirred.set) if self._is_live else None
        self._offer(self._engine.running[self._link.source].last_output)
        try:
            while True:
                await self._stirred.wait()
                self._stirred.clear()
                encoded_frame = viewer.take() if viewer else None
                if viewer and encoded_frame:
                    viewer.acknowledge(encoded_frame.frame.index)
                    self._waiting = encoded_frame.frame.pixels
                await self._feed()
        finally:
            unlisten()
            if viewer:
                self._session.broadcast.leave(viewer)

    def _on_event(self, event: Event) -> None:
        if not isinstance(event, OutputReady) or event.model != self._link.source:
            return
        if not (event.live and self._is_live):  # which was seen as a frame before
            self._offer(event.outputs)

    def _offer(self, outputs: Any) -> None:
        if self._link.output in outputs:
            self._waiting = outputs[self._link.output]
            self._stirred.set()

    async def _feed(self) -> None:
        """Ask the target with its last inputs and the newest value, which replaces any older."""
        value, self._waiting = self._waiting, None
        if value is None or value is self._last:
            return
        self._last = value
        target = self._engine.running.get(self._link.target)
        held = target.last_inputs if target else {}
        try:
            await self._engine.query(self._link.target, {**held, self._link.input: value})
        except TaxiwayError:
            pass  # it is the target's current error now, which its clients were told
        except Exception:
            log.exception("A chain failed")


def fitted(link: Link, giver: Command, taker: Command) -> Link:
    """The link with the first output and input of matching types that its names allow.

    Raises NotFound for a name that is not there, InvalidArgument where nothing matches.
    """
    for output, given in _named(link.source, "output", giver.outputs, link.output):
        for input, taken in _named(link.target, "input", taker.inputs, link.input):
            if matches(given, taken):
                return Link(source=link.source, target=link.target, output=output, input=input)
    raise InvalidArgument(
        f"Nothing that '{link.source}' gives is of a type that '{link.target}' takes "
        f"{'there' if link.input else 'as an input'}.",
        "input",
    )


def matches(given: AnyDataType, taken: AnyDataType) -> bool:
    """Whether an output's value is one that an input takes."""
    if isinstance(taken, Vector) and isinstance(given, Vector):
        return taken.length == given.length
    return isinstance(taken, AnyType) or type(taken) is type(given)


def _named(
    model: str, kind: str, fields: dict[str, AnyDataType], name: str
) -> Iterator[tuple[str, AnyDataType]]:
    if name and name not in fields:
        raise NotFound(f"'{model}' has no {kind} '{name}'. There are: {', '.join(fields)}.")
    return ((known, field) for known, field in fields.items() if name in ("", known))
