"""The sources of one model: each sets its inputs, from a thread of its own, the newest wins."""

import asyncio
import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from msgspec import Struct
from PIL import Image

from taxiway.core.command import Values
from taxiway.core.datatypes import Text
from taxiway.core.datatypes.picture import Picture
from taxiway.core.errors import InvalidArgument, TaxiwayError, Unavailable
from taxiway.core.events import Event, MovementStopped
from taxiway.core.source import Given, Signals, Source
from taxiway.live.members import Members, sentence
from taxiway.live.session import LiveSession

log = logging.getLogger("taxiway.live")

INPUT = Text(default="", description="The input that gets the pictures; the first, if empty.")
END_SECONDS = 2.0
"""How long a source may take to end."""
RATE_SECONDS = 1.0
MOST_RATE = 1000


class InputStatus(Struct, kw_only=True, rename="camel"):
    """How one source of a model does; `needs` and `error` are sentences, empty where all is well.

    `state` is `off`, `on`, or `failed` until it is started again; of what was `given`, `dropped`
    was overtaken before the model could take it.
    """

    name: str
    title: str
    needs: str
    settings: list[dict[str, Any]] = []
    values: dict[str, Any] = {}
    state: str = "off"
    message: str = ""
    error: str = ""
    rate: float = 0.0
    given: int = 0
    dropped: int = 0


class Input:
    """One source at work, from its start to its end. `report` takes a sentence when it failed."""

    def __init__(
        self,
        name: str,
        source: Source,
        session: LiveSession,
        picture: tuple[str, Picture] | None,
        report: Callable[[str], None],
    ) -> None:
        self.source = source
        self.error = ""
        self.given = self.dropped = 0
        self.is_over = False
        self._name, self._session, self._picture, self._report = name, session, picture, report
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._slot: Values = {}
        self._times: deque[float] = deque(maxlen=MOST_RATE)
        self._deaf = (
            session.mapping.feedback.listen(lambda told: source.show(Signals(told)))
            if type(source).show is not Source.show
            else lambda: None
        )
        self._thread = threading.Thread(target=self._run, name=f"source {name}", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Take nothing more; returns at once."""
        self._deaf()
        self.source.stopping.set()

    async def ended(self, seconds: float = END_SECONDS) -> bool:
        """Wait until it has ended; whether it did within that time."""
        await asyncio.to_thread(self._thread.join, seconds)
        return not self._thread.is_alive()

    def rate(self) -> float:
        """How many came in the last second."""
        now = time.monotonic()
        return sum(now - at < RATE_SECONDS for at in tuple(self._times)) / RATE_SECONDS

    def _run(self) -> None:
        try:
            for given in self.source.read():
                if self.source.stopping.is_set():
                    break
                self._offer(given)
        except Exception as error:
            # Another package's source may raise whatever it likes.
            log.debug("The source %s failed", self._name, exc_info=True)
            self._fail(sentence(error, self.source))
        finally:
            try:
                self.source.close()
            except Exception as error:
                said = sentence(error, self.source)
                log.warning("The source %s could not be closed: %s", self._name, said)
            self.is_over = True

    def _offer(self, given: Given) -> None:
        if isinstance(given, Signals):
            self._offer_signals(given)
            return
        values = self._values(given)
        with self._lock:
            is_first = not self._slot
            self.dropped += bool(self._slot.keys() & values.keys())
            self._slot = {**self._slot, **values}
        self.given += 1
        self._times.append(time.monotonic())
        if is_first:
            self._soon(self._apply)

    def _offer_signals(self, signals: Signals) -> None:
        if not signals:
            return
        self.given += len(signals)
        self._times.append(time.monotonic())
        self._soon(lambda: self._hear(signals))

    def _hear(self, signals: Signals) -> None:
        if not self.source.stopping.is_set():
            self._session.mapping.hear(signals, f"source {self._name}")

    def _values(self, given: Given) -> Values:
        if isinstance(given, Mapping):
            return dict(given)
        if not isinstance(given, np.ndarray):
            raise TypeError(f"read() yields values by name, or pictures, got {given!r:.60}")
        if self._picture is None:
            raise InvalidArgument("It gave a picture, and the model takes none.")
        name, field = self._picture
        # [H, W, 3] as the input has it: grey, with alpha, or as it is
        return {name: field.pixels(Image.fromarray(given))}

    def _apply(self) -> None:
        with self._lock:
            values, self._slot = self._slot, {}
        if self.source.stopping.is_set():
            return
        try:
            self._session.set(values, f"source {self._name}")
        except TaxiwayError as error:
            self._fail(str(error))

    def _fail(self, error: str) -> None:
        self.source.stopping.set()
        self.error = error
        self._soon(lambda: self._report(f"The source '{self._name}' stopped: {error}"))

    def _soon(self, work: Callable[[], None]) -> None:
        """Do something on the session's thread, unless that has ended."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(work)


class Inputs:
    """Every source there is, for one session: start them, stop them, ask how they do.

    `report` takes a sentence for the person at the machine when one ends by itself.
    """

    def __init__(
        self,
        session: LiveSession,
        members: Members[Source] | None = None,
        report: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self.members = sources() if members is None else members
        self._session, self._report = session, report
        self._inputs: dict[str, Input] = {}
        self._stop_listening = session.events.listen(self._on_event)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, MovementStopped):
            for running in self._inputs.values():
                if running.source.moves:
                    running.end()

    async def start(self, name: str, settings: Mapping[str, Any]) -> InputStatus:
        """Start a source, or start it anew with other settings.

        Raises NotFound listing what there is, InvalidArgument naming a setting, or Unavailable with
        what is missing.
        """
        values = self.members.decode(name, settings)
        kind = self.members.kinds[name]
        picture = self._picture(name, values["input"]) if kind.frames else None
        if missing := await self.members.missing(name):
            raise Unavailable(missing)
        await self.stop(name)
        try:
            source = kind(values)
        except Exception as error:
            raise Unavailable(sentence(error, kind)) from None
        self._inputs[name] = Input(name, source, self._session, picture, self._report)
        return await self.one(name)

    async def stop(self, name: str) -> None:
        """Stop a source. Raises NotFound, or Unavailable if it does not end."""
        self.members.find(name)
        if name in self._inputs:
            self._inputs[name].end()
            if not await self._inputs[name].ended():
                raise Unavailable(f"The source '{name}' does not end; try again later.")
            del self._inputs[name]

    async def close(self) -> None:
        """Stop every source; one that does not end is left behind."""
        self._stop_listening()
        for running in self._inputs.values():
            running.end()
        await asyncio.gather(*(running.ended() for running in self._inputs.values()))
        self._inputs.clear()

    async def status(self) -> list[InputStatus]:
        """Every source there is, by name."""
        names = sorted({*self.members.kinds, *self.members.broken})
        return [await self.one(name) for name in names]

    async def one(self, name: str) -> InputStatus:
        """How one does. Raises NotFound."""
        if name in self.members.broken:
            return InputStatus(name=name, title=name, needs=self.members.broken[name])
        status = InputStatus(
            name=name,
            title=self.members.find(name).title,
            needs=await self.members.missing(name, again=False),
            settings=self.members.declaration(name).describe()["inputs"],
        )
        if running := self._inputs.get(name):
            status.values = running.source.settings_given
            status.state = "failed" if running.error else "off" if running.is_over else "on"
            status.error = running.error
            status.rate = running.rate()
            status.given, status.dropped = running.given, running.dropped
        return status

    def _picture(self, name: str, wanted: str) -> tuple[str, Picture]:
        """The input that gets the pictures of a source."""
        model, command = self._session.spec.name, self._session.command
        if command is None:
            raise Unavailable(f"'{model}' has not been started yet; start it first.")
        inputs = {
            each: field for each, field in command.inputs.items() if isinstance(field, Picture)
        }
        if not inputs:
            raise InvalidArgument(f"'{name}' gives pictures, and '{model}' takes none.")
        if wanted and wanted not in inputs:
            there_are = ", ".join(inputs)
            raise InvalidArgument(f"'input' takes one of {there_are}, got '{wanted}'.", "input")
        chosen = wanted or next(iter(inputs))
        return chosen, inputs[chosen]


def sources() -> Members[Source]:
    """Every source there is."""
    return Members("sources", lambda kind: {"input": INPUT} if kind.frames else {})
