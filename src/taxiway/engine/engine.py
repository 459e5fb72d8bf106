"""The engine: models by name, each in a process of its own; what every protocol asks."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from itertools import count
from typing import Any, Self

from taxiway.core import slots
from taxiway.core.command import Command, Values, first_command
from taxiway.core.datatypes import Wire, names
from taxiway.core.errors import NotFound, TaxiwayError
from taxiway.core.events import (
    Answer,
    CallEnded,
    Events,
    InputsIgnored,
    OutputReady,
    PartReady,
    QueryFailed,
)
from taxiway.core.images import ImageFormat
from taxiway.core.model import ModelSpec
from taxiway.engine.batch import OnPart
from taxiway.engine.executor import StandIn, kind_for
from taxiway.engine.messages import array_bytes
from taxiway.engine.parts import NewestPart, Part, Reports, streamed
from taxiway.engine.running import Running
from taxiway.engine.timing import Meter, Times, measured

ENCODED_AT_ONCE = 256 * 256 * 3
"""Bytes of pixels up to which a JPEG (0.2 ms) costs less than the way to a thread and back."""


class Engine:
    """Runs models and answers calls; lives on one event loop.

    `executor` says where models run: `process`, each in one of its own, or `thread`, in this one;
    those whose spec names another machine run there.

    `queue_limit` bounds the calls that wait for one model; a model nobody asked for
    `idle_seconds` goes to sleep (never, for None). A process that gives neither an answer nor a
    part of one for `query_seconds` is replaced, and its calls fail; a thread is left to itself, and
    its model set up anew in another. A process that
    took more memory than `worker_bytes` is replaced between two calls, and none fails.

    `meters` are told of every call that ends.
    """

    def __init__(
        self,
        events: Events | None = None,
        queue_limit: int = 256,
        idle_seconds: float | None = None,
        executor: str = "process",
        query_seconds: float | None = None,
        worker_bytes: int | None = None,
    ) -> None:
        self.events = events or Events()
        self.running: dict[str, Running] = {}
        self.meters: list[Meter] = []
        self._queue_limit = queue_limit
        self._idle_seconds = idle_seconds
        self._query_seconds = query_seconds
        self._worker_bytes = worker_bytes
        self._here = executor
        self._calls = count(1)
        self._watchers: dict[str, list[Callable[[], bool]]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def add(self, spec: ModelSpec, idle_seconds: float | None = None) -> None:
        """Know a model without starting it: it sleeps until a call or `wake` starts it.

        `idle_seconds` stands in for the engine's own. A model of that name must not be there.
        """
        idle = self._idle_seconds if idle_seconds is None else idle_seconds
        executor = slots.load("engine.executors", kind_for(spec.on, self._here))
        self.running[spec.name] = Running(
            spec,
            self.events,
            self._queue_limit,
            idle,
            executor,
            self._query_seconds,
            self._worker_bytes,
        )

    async def start(self, spec: ModelSpec) -> None:
        """Begin to start a model (`ready` waits for it), or restart one whose spec differs."""
        running = self.running.get(spec.name)
        if running is not None and running.spec != spec:
            await running.stop()
            running = None
        if running is None:
            self.add(spec)
        self.running[spec.name].start()

    def wake(self, name: str) -> None:
        """Begin to start a model that sleeps; nothing for one that was stopped, or has failed."""
        self._find(name).wake()

    async def remove(self, name: str) -> None:
        """Stop a model and forget it."""
        await self.stop(name)
        del self.running[name]

    async def ready(self, name: str) -> None:
        """Wait until the model runs. Raises Unavailable if it failed or was stopped."""
        await self._find(name).ready()

    async def sleep(self, name: str) -> None:
        """Free a model's memory as `stop` does; any call wakes it again."""
        await self._find(name).sleep()

    async def stop(self, name: str) -> None:
        """Stop a model; its memory is free when this returns."""
        await self._find(name).stop()

    async def close(self) -> None:
        """Stop everything that does not sleep."""
        awake = [one for one in self.running.values() if one.state != "asleep"]
        await asyncio.gather(*(running.stop() for running in awake))

    async def command_of(self, name: str, command: str | None = None) -> Command:
        """A command of a model; for None the one of its spec, or its first.

        What a model can be asked is known once it was set up for the first time, and waited for.
        Raises NotFound, or Unavailable if the model failed or was stopped before.
        """
        running = self._find(name)
        if not running.commands:
            await running.ready()
        return first_command(running.commands, command or running.spec.command)

    async def query(
        self,
        name: str,
        wire: Mapping[str, Wire],
        command: str | None = None,
        format_header: str | None = None,
        on_part: OnPart | None = None,
    ) -> dict[str, Wire]:
        """Wire values in, wire values out; sets the model's current output or error.

        `on_part` is called with what a model that answers in parts yields, encoded; who is slow
        gets the newest. Raises InvalidArgument, NotFound, Busy, Cancelled, Unavailable or
        ModelFailed.
        """
        running = self._find(name)
        with measured(self.meters, name, "query") as times:
            return await self._query(running, wire, command, format_header, on_part, times)

    async def _query(
        self,
        running: Running,
        wire: Mapping[str, Wire],
        command: str | None,
        format_header: str | None,
        on_part: OnPart | None,
        times: Times,
    ) -> dict[str, Wire]:
        name, asked_at = running.spec.name, time.monotonic()
        try:
            chosen = await self.command_of(name, command)
            if unknown := chosen.unknown(wire):
                self.events.emit(InputsIgnored(name, unknown))
            async with running.pictures.decoded(chosen, wire) as inputs:
                formats = chosen.formats(inputs, format_header)
                began = time.perf_counter()
                async with self._parts(name, chosen, formats, on_part) as give:
                    # From afar a picture comes as it is asked for, and who watches has it decoded.
                    near = self._is_watched(name) and not running.is_far
                    wanted = None if near else formats
                    outputs = await running.call(chosen, inputs, None, give, wanted, times)
                answer = Answer(
                    command=chosen.name,
                    wire=wire,
                    inputs=inputs,
                    outputs=outputs,
                    render_ms=(time.perf_counter() - began) * 1000,
                    asked_at=asked_at,
                )
            began = time.perf_counter()
            result = await _encoded(chosen.encode, outputs, formats)
            times.encode = time.perf_counter() - began
        except TaxiwayError as error:
            self.report(name, str(error))
            raise
        self._notify(running, OutputReady(name, result, answer))
        return result

    async def publish(self, name: str, outputs: Values) -> None:
        """Make decoded outputs, which `run` gave and which were played, the current output.

        Unless another became current while they were encoded: then these are of the past.
        """
        running = self._find(name)
        before = running.last_output
        encoded = await _encoded((await self.command_of(name)).encode, outputs, {})
        if running.last_output is before:
            self._notify(running, OutputReady(name, encoded))

    def report(self, name: str, error: str) -> None:
        """Make a sentence the model's current error."""
        self._find(name).last_error = error
        self.events.emit(QueryFailed(name, error))

    async def run(
        self,
        name: str,
        values: Mapping[str, Any],
        command: str | None = None,
        live: str | None = None,
        on_part: OnPart | None = None,
        rests: bool = False,
    ) -> Values:
        """Decoded outputs (pictures as uint8 [H, W, 3]); the current output stays as it is.

        `live` is the key of a caller who only wants the newest: its call still waiting gets
        Superseded, and the parts of its answer are events as a query's are. On a thin way its
        pictures are less than they are, unless it `rests`. `on_part` is called
        with every part, decoded. Raises as `query` does.
        """
        running = self._find(name)
        with measured(self.meters, name, "live" if live else "run") as times:
            chosen = await self.command_of(name, command)
            async with running.pictures.decoded(chosen, values) as inputs:
                if live is None:
                    return await running.call(chosen, inputs, None, on_part, None, times)
                async with self._parts(name, chosen, {}, None) as give:
                    return await running.call(chosen, inputs, live, give, None, times, rests)

    def stream(
        self, name: str, values: Mapping[str, Any], command: str | None = None
    ) -> AsyncIterator[Part]:
        """What `run` gives, part by part as the model yields them; the last is the answer.

        A model that answers at once has that one part. Leaving the loop cancels the call.
        """
        return streamed(lambda on_part: self.run(name, values, command, on_part=on_part))

    def watch(self, name: str, is_watched: Callable[[], bool]) -> Callable[[], None]:
        """Have a model's answers with all their pixels, as long as `is_watched` says so.

        Otherwise their pictures may be encoded already (`EncodedPicture`), where that is cheaper.
        The result stops it.
        """
        watchers = self._watchers.setdefault(name, [])
        watchers.append(is_watched)
        return lambda: watchers.remove(is_watched)

    def _is_watched(self, name: str) -> bool:
        return any(is_watched() for is_watched in self._watchers.get(name, ()))

    def let_stand_in(self, name: str, stand_in: StandIn) -> Callable[[], None]:
        """Have something answer in a model's place, instead of what did so; the result ends it."""
        running = self._find(name)
        running.stand_in = stand_in

        def leave() -> None:
            if running.stand_in is stand_in:
                running.stand_in = None

        return leave

    def forget(self, caller: str) -> None:
        """Tell models that remember what callers showed them that one has gone."""
        for running in self.running.values():
            running.forget(caller)

    def cancel(self, name: str) -> None:
        """Stop what a model works on; those who wait for it get Cancelled."""
        self._find(name).cancel()

    def _parts(
        self,
        name: str,
        command: Command,
        formats: Mapping[str, ImageFormat],
        on_part: OnPart | None,
    ) -> Reports:
        """Where the parts of one call go: they become events, the newest as fast as it can be."""
        call = next(self._calls)

        async def report(newest: NewestPart) -> None:
            encoded: dict[str, Wire] = {}
            while (part := await newest.take()) is not None:
                news = await _encoded(command.encode_some, part.news, formats)
                encoded.update(news)
                if on_part is not None:
                    on_part(news, part.progress)
                self.events.emit(
                    PartReady(
                        model=name,
                        command=command.name,
                        call=call,
                        outputs=dict(encoded),
                        news=part.news,
                        progress=part.progress,
                    )
                )

        return Reports(report, lambda: self.events.emit(CallEnded(name, call)))

    def _notify(self, running: Running, news: OutputReady) -> None:
        running.last_output, running.last_error = news.outputs, None
        self.events.emit(news)

    def _find(self, name: str) -> Running:
        if name not in self.running:
            raise NotFound(f"No model named '{name}' runs. Running: {names(list(self.running))}.")
        return self.running[name]


async def _encoded(
    encode: Callable[[Mapping[str, Any], Mapping[str, ImageFormat]], dict[str, Wire]],
    outputs: Mapping[str, Any],
    formats: Mapping[str, ImageFormat],
) -> dict[str, Wire]:
    if array_bytes(outputs) <= ENCODED_AT_ONCE:
        return encode(outputs, formats)
    return await asyncio.to_thread(encode, outputs, formats)
