"""Chains: the newest output of one running model becomes an input of another, live."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from taxiway.core.command import Command
from taxiway.core.datatypes import AnyDataType, AnyType, Image, Vector
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.core.events import Event, OutputReady
from taxiway.live.broadcast import Viewer
from taxiway.live.pictures import picture_name
from taxiway.live.readers import UNWANTED_SECONDS
from taxiway.live.session import LiveSession

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
        target = self._session_of(link.target)
        giver = await self._engine.command_of(link.source)
        taker = await self._engine.command_of(link.target)
        link = fitted(link, giver, taker)
        if link.source in self._fed_by(link.target):
            raise InvalidArgument(f"'{link.target}' already feeds '{link.source}'.", "target")
        if link not in self._tasks:
            feed = Feed(session, target, link, giver)
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
    """Carries one link: the newest of an output is set as an input, as if by a hand."""

    def __init__(
        self, source: LiveSession, target: LiveSession, link: Link, giver: Command
    ) -> None:
        self._source, self._target, self._link = source, target, link
        # A picture comes as pixels from the broadcast; any other output as it is published.
        is_image = isinstance(giver.outputs[link.output], Image)
        self._is_picture = is_image and link.output == picture_name(giver)
        self._changed = asyncio.Event()
        self._waiting: Any = None
        self._last: Any = None

    async def run(self) -> None:
        """Feed for ever; cancel it to end. The source is read only while the target is wanted."""
        while True:
            await self._target.until_wanted(UNWANTED_SECONDS)
            if self._target.wanted:
                with self._reading() as viewer:
                    while self._target.wanted:
                        await self._changed.wait()
                        self._changed.clear()
                        self._take(viewer)
                        self._feed()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Viewer | None]:
        source, notify = self._source, self._changed.set
        viewer = source.broadcast.join(notify) if self._is_picture else None
        stop_reading = source.readers.add(lambda: viewer is None)
        stop_listening = source.events.listen(self._on_event)
        self._offer(source.last_output.get(self._link.output))
        try:
            yield viewer
        finally:
            stop_listening()
            stop_reading()
            if viewer:
                source.broadcast.leave(viewer)

    def _take(self, viewer: Viewer | None) -> None:
        encoded_frame = viewer.take() if viewer else None
        if viewer and encoded_frame:
            viewer.acknowledge(encoded_frame.frame.index)
            self._waiting = encoded_frame.frame.pixels

    def _on_event(self, event: Event) -> None:
        if isinstance(event, OutputReady) and not self._is_picture:
            self._offer(event.outputs.get(self._link.output))

    def _offer(self, value: Any) -> None:
        self._waiting = value
        self._changed.set()

    def _feed(self) -> None:
        """Set the newest value, which replaces any older, unless it was set already."""
        value, self._waiting = self._waiting, None
        if value is None or value is self._last:
            return
        self._last = value
        try:
            self._target.set({self._link.input: value}, "chain")
        except TaxiwayError as error:
            self._target.report(str(error))
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
